import type { Lanes } from "../../../src/device.ts";
import type { DType } from "../../../src/dtypes.ts";
import { type Case, type Check, defineCase } from "../check.ts";
import { blank, given, type Operand } from "../operands.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Rows, columns and lanes in between; sizes beside those of registers and blocks. */
const LANES: readonly Lanes[] = [
  { outer: 1, size: 1, inner: 1 },
  { outer: 3, size: 7, inner: 1 },
  { outer: 4, size: 1, inner: 5 },
  { outer: 1, size: 6, inner: 9 },
  { outer: 2, size: 33, inner: 3 },
  { outer: 5, size: 64, inner: 17 },
  { outer: 1, size: 5003, inner: 1 },
  { outer: 131, size: 31, inner: 1 },
  { outer: 1, size: 257, inner: 130 },
  { outer: 0, size: 4, inner: 2 },
  { outer: 2, size: 5, inner: 0 },
];

const shapeOf = ({ outer, size, inner }: Lanes) => [outer, size, inner];
const resultShape = ({ outer, inner }: Lanes) => [outer, inner];

/** Calls `visit` for all lanes, and for some random ones. */
async function forLanes(check: Check, visit: (lanes: Lanes) => Promise<void>): Promise<void> {
  for (const lanes of LANES) await visit(lanes);
  for (let i = 0; i < 6; i++) {
    const [outer, size, inner] = [1, 2, 3].map(() => check.numbers.integer(1, 12));
    await visit({ outer, size, inner });
  }
}

/** Random values of a dtype for `[outer, size, inner]`. */
function random(check: Check, lanes: Lanes, dtype: DType): Operand {
  return dtype === "int32" ? check.numbers.integers(-50, 50, shapeOf(lanes)) : check.numbers.normal(shapeOf(lanes));
}

const DTYPES = ["float32", "int32"] as const;

const reducing: Case[] = (["sum", "max", "min"] as const).flatMap((op) => [
  ...DTYPES.map((dtype) =>
    defineCase("reduce", `${op}: lanes of ${dtype}`, (check) =>
      forLanes(check, async (lanes) => {
        const operands = { out: blank(resultShape(lanes), dtype), x: random(check, lanes, dtype) };
        await check.agree(
          operands,
          (device, { out, x }) => device.reduce(op, out, x, lanes),
          Math.max(1, lanes.size / 4),
        );
      }),
    ),
  ),
  defineCase("reduce", `${op}: infinities`, async (check) => {
    const values = op === "sum" ? [1, inf, 2, 3, 4, 5] : [-inf, inf, -inf, -inf, 2, -inf];
    for (const size of [1, 3, 19]) {
      const lanes = { outer: 6, size, inner: 1 };
      const operands = { out: blank([6, 1]), x: given([6, size, 1], values) };
      await check.agree(operands, (device, { out, x }) => device.reduce(op, out, x, lanes));
    }
  }),
  defineCase(
    "reduce",
    `${op}: passes NaN on from any place`,
    async (check) => {
      for (const inner of [1, 6]) {
        const size = 21;
        const lanes = { outer: size + 1, size, inner };
        const values = check.numbers.normal([lanes.outer, size, inner]);
        // Lane o has its NaN in place o, the last one has none.
        for (let o = 0; o < size; o++) {
          for (let i = 0; i < inner; i++) values.memory[values.offset + (o * size + o) * inner + i] = nan;
        }
        await check.agree(
          { out: blank([lanes.outer, inner]), x: values },
          (device, { out, x }) => device.reduce(op, out, x, lanes),
          4,
        );
      }
    },
    true,
  ),
]);

const sumOfNothing = defineCase("reduce", "sum: 0 over an axis of size 0", async (check) => {
  for (const dtype of DTYPES) {
    const operands = { out: blank([3, 5], dtype), x: blank([3, 0, 5], dtype) };
    await check.agree(operands, (device, { out, x }) => device.reduce("sum", out, x, { outer: 3, size: 0, inner: 5 }));
  }
});

const finding: Case[] = (["max", "min"] as const).flatMap((op) => [
  ...DTYPES.map((dtype) =>
    defineCase("argReduce", `${op}: the first of several, lanes of ${dtype}`, (check) =>
      forLanes(check, async (lanes) => {
        const shape = shapeOf(lanes);
        const x = dtype === "int32" ? check.numbers.integers(-3, 3, shape) : check.numbers.ties(-3, 3, shape);
        for (const operand of [x, random(check, lanes, dtype)]) {
          const operands = { out: blank(resultShape(lanes), "int32"), x: operand };
          await check.agree(operands, (device, { out, x }) => device.argReduce(op, out, x, lanes));
        }
      }),
    ),
  ),
  defineCase("argReduce", `${op}: infinities`, async (check) => {
    for (const values of [[-inf], [inf], [-inf, inf, 0, inf, -inf], [3, -inf, 4, -inf]]) {
      const lanes = { outer: 2, size: 11, inner: 1 };
      const operands = { out: blank([2, 1], "int32"), x: given([2, 11, 1], values) };
      await check.agree(operands, (device, { out, x }) => device.argReduce(op, out, x, lanes));
    }
  }),
  defineCase(
    "argReduce",
    `${op}: the first NaN is the extreme one`,
    async (check) => {
      for (const values of [[nan], [1, nan, 5, nan], [inf, -inf, nan, inf], [1, 2, 3, 4, 5, 6, 7, 8, 9, nan]]) {
        const lanes = { outer: 3, size: 11, inner: 1 };
        const operands = { out: blank([3, 1], "int32"), x: given([3, 11, 1], values) };
        await check.agree(operands, (device, { out, x }) => device.argReduce(op, out, x, lanes));
      }
    },
    true,
  ),
]);

const scanning: Case[] = [false, true].flatMap((reverse) =>
  DTYPES.map((dtype) =>
    defineCase("cumsum", `${reverse ? "from the end" : "from the start"}, lanes of ${dtype}`, async (check) => {
      const run = async (lanes: Lanes) => {
        const operands = { out: blank(shapeOf(lanes), dtype), x: random(check, lanes, dtype) };
        const magnitude = Math.max(1, lanes.size / 4);
        await check.agree(operands, (device, { out, x }) => device.cumsum(out, x, lanes, reverse), magnitude);
      };
      await forLanes(check, run);
      await run({ outer: 2, size: 0, inner: 3 });
    }),
  ),
);

async function topkAgrees(check: Check, x: Operand, k: number, largest: boolean): Promise<void> {
  const operands = { values: blank([x.shape[0], k]), indices: blank([x.shape[0], k], "int32"), x };
  await check.agree(operands, (device, { values, indices, x }) => device.topk(values, indices, x, k, largest), 0);
}

const ranking: Case[] = [true, false].flatMap((largest) => {
  const which = largest ? "largest" : "smallest";
  return [
    defineCase("topk", `the k ${which} of each row, in order`, async (check) => {
      for (const [rows, n] of [
        [1, 1],
        [4, 7],
        [3, 65],
        [2, 1031],
        [0, 5],
      ]) {
        for (const k of new Set([1, Math.min(3, n), Math.min(40, n), n])) {
          await topkAgrees(check, check.numbers.normal([rows, n]), k, largest);
        }
      }
    }),
    defineCase("topk", `the k ${which}: equal ones by index`, async (check) => {
      for (const n of [5, 33, 200, 300]) {
        for (const k of [1, 4, n]) await topkAgrees(check, check.numbers.ties(0, 5, [3, n]), k, largest);
      }
      await topkAgrees(check, given([2, 9], [1]), 9, largest);
    }),
    defineCase("topk", `the k ${which}: infinities`, async (check) => {
      await topkAgrees(check, given([3, 10], [1, -inf, inf, 0, -inf, 2, inf]), 10, largest);
      await topkAgrees(check, given([2, 8], [-inf]), 3, largest);
    }),
    defineCase(
      "topk",
      `the k ${which}: NaN counts as larger than any number`,
      async (check) => {
        await topkAgrees(check, given([3, 11], [1, nan, inf, 0, -inf, nan, 2]), 11, largest);
        await topkAgrees(check, given([3, 11], [1, nan, 5, 0]), 2, largest);
        await topkAgrees(check, given([2, 301], [1, nan, 5, 0, -inf, inf, nan]), 301, largest);
      },
      true,
    ),
  ];
});

export const reductionCases: readonly Case[] = [...reducing, sumOfNothing, ...finding, ...scanning, ...ranking];
