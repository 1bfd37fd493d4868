import type { Device, Strided } from "../../../src/device.ts";
import { type Case, defineCase } from "../check.ts";
import { blank, given } from "../operands.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** [rows, n]. */
export const ROWS: readonly (readonly [rows: number, n: number])[] = [
  [1, 1],
  [3, 1],
  [5, 7],
  [2, 64],
  [33, 129],
  [131, 3],
  [2, 2053],
  [0, 5],
];

const FORWARD = ["softmax", "logSoftmax"] as const;
const BACKWARD = ["softmaxGrad", "logSoftmaxGrad"] as const;

const forward: Case[] = FORWARD.flatMap((kernel) => [
  defineCase(kernel, "rows of any width, small and large values", async (check) => {
    for (const shape of ROWS) {
      for (const deviation of [1, 30]) {
        const x = check.numbers.normal(shape, "offset", deviation);
        await check.agree({ out: blank(shape), x }, (device, { out, x }) => device[kernel](out, x), deviation);
      }
    }
  }),
  defineCase(kernel, "values whose exponentials overflow", async (check) => {
    for (const values of [
      [1e4, -1e4, 9999, 1e4],
      [-1e6, -1e6, -3e38],
      [1e4, 1e4 - 1, 9998],
    ]) {
      const operands = { out: blank([3, 13]), x: given([3, 13], values) };
      await check.agree(operands, (device, { out, x }) => device[kernel](out, x));
    }
  }),
  defineCase(kernel, "hidden elements, of value -Infinity", async (check) => {
    const operands = { out: blank([4, 11]), x: given([4, 11], [0.5, -inf, 1, -inf, -inf, 2]) };
    await check.agree(operands, (device, { out, x }) => device[kernel](out, x));
  }),
]);

const inPlace = defineCase("softmax", "in place", async (check) => {
  for (const shape of ROWS) {
    await check.agree({ x: check.numbers.normal(shape) }, (device, { x }) => device.softmax(x, x));
  }
});

const huge = defineCase("softmax", "values near the largest there are", async (check) => {
  for (const values of [
    [3e38, 1, 3e38, -3e38],
    [-3e38, -1e30],
  ]) {
    await check.agree({ out: blank([3, 13]), x: given([3, 13], values) }, (device, { out, x }) =>
      device.softmax(out, x),
    );
  }
});

const hidden = defineCase("softmax", "zeros for a row in which everything is hidden", async (check) => {
  for (const n of [1, 4, 9, 70]) {
    const x = check.numbers.normal([3, n]);
    for (let c = 0; c < n; c++) x.memory[x.offset + n + c] = -inf;
    await check.agree({ out: blank([3, n]), x }, (device, { out, x }) => device.softmax(out, x));
  }
});

const passing: Case = defineCase(
  "softmax",
  "passes NaN on within its row",
  async (check) => {
    const x = check.numbers.normal([3, 19]);
    x.memory[x.offset + 19 + 7] = nan;
    await check.agree({ out: blank([3, 19]), x }, (device, { out, x }) => device.softmax(out, x));
  },
  true,
);

const backward: Case[] = BACKWARD.map((kernel) =>
  defineCase(kernel, "gradients of rows, also in place on dy", async (check) => {
    for (const shape of ROWS) {
      const y = kernel === "softmaxGrad" ? check.numbers.uniform(0, 1, shape) : check.numbers.uniform(-6, -0.5, shape);
      const dy = check.numbers.normal(shape);
      const magnitude = 1 + shape[1] / 4;
      await check.agree({ dx: blank(shape), y, dy }, (device, { dx, y, dy }) => device[kernel](dx, y, dy), magnitude);
      await check.agree({ y, dy }, (device, { y, dy }) => device[kernel](dy, y, dy), magnitude);
    }
  }),
);

/** Optional operands: each is given or not. */
const CHOICES = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

/** By layerNorm, where a device has no kernel of its own. */
function normalize(device: Device, out: Strided, x: Strided, weight: Strided, bias: Strided): void {
  if (device.normalize !== undefined) {
    device.normalize(out, x, weight, bias, 1e-5);
    return;
  }
  const [rows] = x.shape;
  const column = () => ({ storage: device.allocate(rows, "float32"), offset: 0, shape: [rows], strides: [1] });
  device.layerNorm(out, column(), column(), x, weight, bias, 1e-5);
}

const normalising: Case[] = [
  ...CHOICES.map(([weighted, biased]) =>
    defineCase(
      "layerNorm",
      `${weighted ? "with" : "without"} weight, ${biased ? "with" : "without"} bias`,
      async (check) => {
        for (const [rows, n] of ROWS) {
          const operands = {
            out: blank([rows, n]),
            mean: blank([rows]),
            rstd: blank([rows], "float32", "plain"),
            x: check.numbers.normal([rows, n], "offset", 2, 0.5),
            weight: check.numbers.normal([n]),
            bias: check.numbers.normal([n]),
          };
          await check.agree(
            operands,
            (device, { out, mean, rstd, x, weight, bias }) =>
              device.layerNorm(out, mean, rstd, x, weighted ? weight : undefined, biased ? bias : undefined, 1e-5),
            4,
          );
        }
      },
    ),
  ),
  defineCase("normalize", "without what the gradient needs", async (check) => {
    for (const [rows, n] of ROWS) {
      const operands = {
        out: blank([rows, n]),
        x: check.numbers.normal([rows, n], "offset", 2, 0.5),
        weight: check.numbers.normal([n]),
        bias: check.numbers.normal([n]),
      };
      await check.agree(operands, (device, { out, x, weight, bias }) => normalize(device, out, x, weight, bias), 4);
    }
  }),
  defineCase("layerNorm", "rows far from zero, and rows of equal values", async (check) => {
    const far = { x: check.numbers.normal([5, 67], "offset", 1, 100) };
    const flat = { x: given([3, 9], [2.5]) };
    for (const { x } of [far, flat]) {
      const [rows] = x.shape;
      const operands = { out: blank(x.shape), mean: blank([rows]), rstd: blank([rows]), x };
      const call = check.agree(
        operands,
        (device, { out, mean, rstd, x }) => device.layerNorm(out, mean, rstd, x, undefined, undefined, 1e-5),
        100,
      );
      await call;
    }
  }),
];

/** Which of dx, dweight and dbias are wanted. */
const WANTED = [
  [true, true, true],
  [true, false, false],
  [false, true, false],
  [false, false, true],
  [false, true, true],
  [true, true, false],
] as const;

const normalisingGrad: Case[] = [true, false].map((weighted) =>
  defineCase("layerNormGrad", `those that are wanted, ${weighted ? "with" : "without"} weight`, async (check) => {
    for (const [rows, n] of ROWS) {
      for (const [forX, forWeight, forBias] of WANTED) {
        const operands = {
          dx: blank([rows, n]),
          dweight: blank([n]),
          dbias: blank([n]),
          dy: check.numbers.normal([rows, n]),
          x: check.numbers.normal([rows, n]),
          mean: check.numbers.normal([rows]),
          rstd: check.numbers.uniform(0.5, 2, [rows]),
          weight: check.numbers.normal([n]),
        };
        await check.agree(
          operands,
          (device, { dx, dweight, dbias, dy, x, mean, rstd, weight }) =>
            device.layerNormGrad(
              forX ? dx : undefined,
              forWeight ? dweight : undefined,
              forBias ? dbias : undefined,
              dy,
              x,
              mean,
              rstd,
              weighted ? weight : undefined,
            ),
          10 + rows / 4,
        );
      }
    }
  }),
);

export const rowCases: readonly Case[] = [
  ...forward,
  inPlace,
  huge,
  hidden,
  passing,
  ...backward,
  ...normalising,
  ...normalisingGrad,
];
