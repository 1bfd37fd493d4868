import type { BinaryOp, UnaryGradOp, UnaryOp } from "../../../src/device.ts";
import type { Shape } from "../../../src/shape.ts";
import { type Case, type Check, defineCase } from "../check.ts";
import { blank, DENSE, given, type Layout, STRIDED, view } from "../operands.ts";

/** A scalar, single elements, empty arrays, sizes beside those of vector registers, and more than one block. */
const SHAPES: readonly Shape[] = [[], [1], [0], [7], [3, 5], [2, 0, 3], [4, 1, 9], [33, 31], [2, 3, 4, 5, 6], [4099]];

/** All the shapes, and some random ones. */
function* shapes(check: Check): Generator<Shape> {
  yield* SHAPES;
  for (let i = 0; i < 5; i++) yield check.numbers.shape();
}

/** Each way to lie for the first operand, with one drawn for the second. */
function* layouts(check: Check, first: readonly Layout[] = STRIDED): Generator<[Layout, Layout]> {
  for (const layout of first) yield [layout, check.numbers.pick(STRIDED)];
}

const copying: Case[] = [
  defineCase("copy", "copies between arrays that lie in any way", async (check) => {
    const outLayouts: Layout[] = ["plain", "offset", "reversed", "gaps"];
    for (const shape of shapes(check)) {
      for (const [to, from] of layouts(check, outLayouts)) {
        const operands = { out: blank(shape, "float32", to), x: check.numbers.normal(shape, from) };
        await check.agree(operands, (device, { out, x }) => device.copy(out, x), 0);
      }
    }
  }),
  defineCase("copy", "copies integers", async (check) => {
    for (const layout of STRIDED) {
      const operands = { out: blank([5, 7], "int32"), x: check.numbers.integers(-99, 99, [5, 7], layout) };
      await check.agree(operands, (device, { out, x }) => device.copy(out, x));
    }
  }),
  defineCase("copy", "turns integers into floats, and cuts floats towards zero", async (check) => {
    for (const layout of STRIDED) {
      const integers = { out: blank([3, 6]), x: check.numbers.integers(-1000, 1000, [3, 6], layout) };
      await check.agree(integers, (device, { out, x }) => device.copy(out, x), 0);
      const floats = { out: blank([3, 6], "int32"), x: check.numbers.uniform(-50, 50, [3, 6], layout) };
      await check.agree(floats, (device, { out, x }) => device.copy(out, x));
    }
    const near = { out: blank([8], "int32"), x: given([8], [0, 0.99, -0.99, 1, -1, 2.5, -2.5, 16777216]) };
    await check.agree(near, (device, { out, x }) => device.copy(out, x));
  }),
  defineCase("fill", "fills an array and nothing around it", async (check) => {
    for (const shape of shapes(check)) {
      for (const value of [0, -2.5, Number.NEGATIVE_INFINITY]) {
        await check.agree({ out: blank(shape) }, (device, { out }) => device.fill(out, value), 0);
      }
      await check.agree({ out: blank(shape, "int32") }, (device, { out }) => device.fill(out, -7));
    }
  }),
];

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Where an op is tried: values of x, its parameters, and what it is to do with NaN, infinities and far-off values. */
interface UnaryTrial {
  readonly low?: number;
  readonly high?: number;
  readonly parameters?: readonly (readonly [a: number, b: number])[];
  readonly extremes: readonly number[];
}

const UNARY: Record<UnaryOp, UnaryTrial> = {
  affine: {
    parameters: [
      [2.5, -1],
      [0, 3],
      [1, 0],
    ],
    extremes: [nan, inf, -inf, 0, 3e38],
  },
  div: {
    parameters: [
      [41, 0],
      [-0.7, 0],
      [1e30, 0],
    ],
    extremes: [nan, inf, -inf, 0, 41, 3e38],
  },
  abs: { extremes: [nan, inf, -inf, 0] },
  sign: { extremes: [nan, inf, -inf, 0, 1e-30, -1e-30] },
  exp: { extremes: [nan, inf, -inf, 0, 87, 89, -87, -110, 1000, -1000] },
  log: { low: 0, high: 9, extremes: [nan, inf, 0, 1, -1, 1e-30, 1e30] },
  sqrt: { low: 0, high: 9, extremes: [nan, inf, 0, -1, 1e-30, 1e30] },
  rsqrt: { low: 0.01, high: 9, extremes: [nan, inf, 0, -1, 1e-30, 1e30] },
  reciprocal: { low: 0.1, high: 9, extremes: [nan, inf, -inf, 0, 1e-30, 1e30] },
  pow: {
    low: 0.1,
    high: 4,
    parameters: [
      [2, 0],
      [0.5, 0],
      [-1, 0],
      [3, 0],
      [0, 0],
      [1, 0],
      [2.7, 0],
      [-1.5, 0],
    ],
    extremes: [0.5, 1, 2, 100],
  },
  sin: { low: -30, high: 30, extremes: [nan, 0] },
  cos: { low: -30, high: 30, extremes: [nan, 0] },
  tanh: { extremes: [nan, inf, -inf, 0, 30, -30, 1e-4, 0.01, 1000, -1000] },
  sigmoid: { extremes: [nan, inf, -inf, 0, 30, -30, 1000, -1000] },
  relu: { extremes: [nan, inf, -inf, 0] },
  leakyRelu: {
    parameters: [
      [0.01, 0],
      [0.2, 0],
    ],
    extremes: [nan, inf, -inf, 0],
  },
  gelu: { extremes: [nan, inf, 0, 5, -5, 20, -20, 1000, -1000] },
  geluTanh: { extremes: [nan, inf, 0, 5, -5, 20, -20, 1000, -1000] },
  silu: { extremes: [nan, inf, 0, 20, -20, 80, -80, 1000, -1000] },
  softsign: { extremes: [nan, 0, 1, -1, 1e30, -1e30] },
  clamp: {
    parameters: [
      [-0.5, 1],
      [-inf, 0.5],
      [0, inf],
    ],
    extremes: [nan, inf, -inf, 0],
  },
  floor: { low: -9, high: 9, extremes: [nan, inf, -inf, 0, 1, -1, 2.5, -2.5] },
  round: { low: -9, high: 9, extremes: [nan, inf, -inf, 0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 2.4999, 4194303.5] },
};

/** The parameters of an op that has none. */
const NONE = [[0, 0]] as const;

function unaryCases(op: UnaryOp): Case[] {
  const { low = -4, high = 4, parameters = NONE, extremes } = UNARY[op];
  return [
    defineCase("unary", `${op}: any shape, also in place`, async (check) => {
      for (const [a, b] of parameters) {
        for (const shape of shapes(check)) {
          for (const layout of DENSE) {
            const x = check.numbers.uniform(low, high, shape, layout);
            await check.agree({ out: blank(shape), x }, (device, { out, x }) => device.unary(op, out, x, a, b), 2);
          }
          const x = check.numbers.uniform(low, high, shape);
          await check.agree({ x }, (device, { x }) => device.unary(op, x, x, a, b), 2);
        }
      }
    }),
    defineCase(
      "unary",
      `${op}: far-off and special values`,
      async (check) => {
        for (const [a, b] of parameters) {
          // Long enough for every value to come by in a vector and in what is left over.
          const shape = [extremes.length * 4 + 3];
          const operands = { out: blank(shape), x: given(shape, extremes) };
          await check.agree(operands, (device, { out, x }) => device.unary(op, out, x, a, b));
        }
      },
      extremes.includes(nan),
    ),
  ];
}

const INT_UNARY: readonly (readonly [UnaryOp, number, number])[] = [
  ["affine", 3, -2],
  ["affine", -7, 0],
  ["abs", 0, 0],
  ["sign", 0, 0],
  ["clamp", -4, 7],
];

const unary: Case[] = [
  ...(Object.keys(UNARY) as UnaryOp[]).flatMap(unaryCases),
  ...INT_UNARY.map(([op, a, b]) =>
    defineCase("unary", `${op}: integers`, async (check) => {
      for (const shape of shapes(check)) {
        const x = check.numbers.integers(-20, 20, shape);
        await check.agree({ out: blank(shape, "int32"), x }, (device, { out, x }) => device.unary(op, out, x, a, b));
      }
    }),
  ),
  defineCase("unary", "sin and cos: angles of many turns", async (check) => {
    for (const op of ["sin", "cos"] as const) {
      const operands = { out: blank([501]), x: check.numbers.uniform(-2000, 2000, [501]) };
      await check.agree(operands, (device, { out, x }) => device.unary(op, out, x, 0, 0), 10);
    }
  }),
  defineCase("unary", "pow: negative bases with whole exponents", async (check) => {
    for (const exponent of [1, 2, 3, -1, -2]) {
      const operands = { out: blank([37]), x: given([37], [-0.5, -1, -2, 2, -3.25]) };
      await check.agree(operands, (device, { out, x }) => device.unary("pow", out, x, exponent, 0));
    }
  }),
];

/** Values of the op's output for the first three, of its input for the rest. */
const GRAD_RANGE: Record<UnaryGradOp, readonly [low: number, high: number]> = {
  tanh: [-1, 1],
  sigmoid: [0, 1],
  relu: [-1, 1],
  gelu: [-8, 8],
  geluTanh: [-8, 8],
  silu: [-20, 20],
};

const unaryGrad: Case[] = (Object.keys(GRAD_RANGE) as UnaryGradOp[]).map((op) =>
  defineCase("unaryGrad", `${op}: any shape, also in place on dy`, async (check) => {
    const [low, high] = GRAD_RANGE[op];
    for (const shape of shapes(check)) {
      const saved = check.numbers.uniform(low, high, shape);
      const dy = check.numbers.normal(shape, "plain");
      await check.agree(
        { dx: blank(shape), saved, dy },
        (device, { dx, saved, dy }) => device.unaryGrad(op, dx, saved, dy),
        2,
      );
      await check.agree({ saved, dy }, (device, { saved, dy }) => device.unaryGrad(op, dy, saved, dy), 2);
    }
    const saved = given(
      [9],
      op === "relu" ? [0, 1, -1] : op === "tanh" || op === "sigmoid" ? [0, 1] : [0, 1000, -1000],
    );
    await check.agree({ saved, dy: given([9], [1]) }, (device, { saved, dy }) => device.unaryGrad(op, dy, saved, dy));
  }),
);

const COMPARE = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
const ARITHMETIC = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
const isCompare = (op: BinaryOp) => (COMPARE as readonly string[]).includes(op);
const resultType = (op: BinaryOp) => (isCompare(op) ? "int32" : "float32");

function binaryCase(op: BinaryOp): Case {
  return defineCase("binary", `${op}: any shape, operands that lie in any way`, async (check) => {
    const operand = (shape: Shape, layout: Layout) => {
      if (isCompare(op))
        return given(
          shape,
          check.numbers.pick([
            [1, 2, 3, 2],
            [2, 2, 1],
          ]),
          "float32",
          layout,
        );
      return op === "div" || op === "pow"
        ? check.numbers.uniform(0.3, 3, shape, layout)
        : check.numbers.normal(shape, layout);
    };
    for (const shape of shapes(check)) {
      for (const [first, second] of layouts(check)) {
        const operands = { out: blank(shape, resultType(op)), a: operand(shape, first), b: operand(shape, second) };
        await check.agree(operands, (device, { out, a, b }) => device.binary(op, out, a, b));
      }
    }
  });
}

const binary: Case[] = [
  ...[...ARITHMETIC, ...COMPARE].map(binaryCase),
  ...ARITHMETIC.map((op) =>
    defineCase("binary", `${op}: in place on a`, async (check) => {
      for (const shape of shapes(check)) {
        for (const layout of STRIDED) {
          const operands = { a: check.numbers.uniform(0.3, 3, shape), b: check.numbers.uniform(0.3, 3, shape, layout) };
          await check.agree(operands, (device, { a, b }) => device.binary(op, a, a, b));
        }
      }
    }),
  ),
  defineCase("binary", "broadcasts rows, columns and scalars", async (check) => {
    const [batch, time, width] = [3, 5, 37];
    const shape = [batch, time, width];
    const row = view(check.numbers.normal([width]), shape, [0, 0, 1]);
    const column = view(check.numbers.normal([time, 1]), shape, [0, 1, 0]);
    const plane = view(check.numbers.normal([batch, 1, width]), shape, [width, 0, 1]);
    const scalar = view(check.numbers.normal([1]), shape, [0, 0, 0]);
    const full = check.numbers.normal(shape);
    const list = [row, column, plane, scalar, full];
    for (const a of list) {
      for (const b of list) {
        for (const op of ["add", "mul", "sub"] as const) {
          await check.agree({ out: blank(shape), a, b }, (device, { out, a, b }) => device.binary(op, out, a, b));
        }
      }
    }
  }),
  ...([...COMPARE, "add", "sub", "mul", "maximum", "minimum"] as const).map((op) =>
    defineCase("binary", `${op}: integers`, async (check) => {
      for (const shape of shapes(check)) {
        for (const layout of STRIDED) {
          const operands = {
            out: blank(shape, "int32"),
            a: check.numbers.integers(-5, 5, shape),
            b: check.numbers.integers(-5, 5, shape, layout),
          };
          await check.agree(operands, (device, { out, a, b }) => device.binary(op, out, a, b));
        }
      }
    }),
  ),
  ...(["add", "sub", "mul", "div", "maximum", "minimum", ...COMPARE] as const).map((op) =>
    defineCase(
      "binary",
      `${op}: NaN, infinities and zero against each other`,
      async (check) => {
        const values = [nan, inf, -inf, 0, 1.5, -2];
        const grid = values.length ** 2;
        const a = given([grid + 3], values);
        const b = given(
          [grid + 3],
          values.flatMap((value) => values.map(() => value)),
        );
        const operands = { out: blank([grid + 3], resultType(op)), a, b };
        await check.agree(operands, (device, { out, a, b }) => device.binary(op, out, a, b));
      },
      true,
    ),
  ),
  defineCase("binary", "pow: negative bases with whole exponents", async (check) => {
    const operands = { out: blank([29]), a: given([29], [-0.5, -2, 3, -1.5]), b: given([29], [1, 2, 3, -1, -2, 0, 4]) };
    await check.agree(operands, (device, { out, a, b }) => device.binary("pow", out, a, b));
  }),
];

const choosing: Case[] = [
  defineCase("where", "chooses between arrays that lie in any way", async (check) => {
    for (const shape of shapes(check)) {
      for (const [first, second] of layouts(check)) {
        const operands = {
          out: blank(shape),
          condition: check.numbers.integers(0, 1, shape, second),
          a: check.numbers.normal(shape, first),
          b: check.numbers.normal(shape, second),
        };
        await check.agree(operands, (device, { out, condition, a, b }) => device.where(out, condition, a, b), 0);
      }
    }
  }),
  defineCase("where", "chooses between integers", async (check) => {
    const operands = {
      out: blank([5, 9], "int32"),
      condition: check.numbers.integers(0, 1, [5, 9], "repeated"),
      a: check.numbers.integers(-9, 9, [5, 9], "reversed"),
      b: check.numbers.integers(-9, 9, [5, 9]),
    };
    await check.agree(operands, (device, { out, condition, a, b }) => device.where(out, condition, a, b));
  }),
  defineCase(
    "where",
    "lets nothing of the branch not taken through",
    async (check) => {
      const condition = given([11], [1, 0, 2, -1], "int32");
      const operands = {
        out: blank([11]),
        condition,
        a: given([11], [1, nan, 3, 4]),
        b: given([11], [nan, 2, inf, -inf]),
      };
      await check.agree(operands, (device, { out, condition, a, b }) => device.where(out, condition, a, b), 0);
    },
    true,
  ),
];

export const elementwiseCases: readonly Case[] = [...copying, ...unary, ...unaryGrad, ...binary, ...choosing];
