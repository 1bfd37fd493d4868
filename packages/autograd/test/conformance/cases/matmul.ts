import { type Case, type Check, defineCase } from "../check.ts";
import { blank, given, type Operand, transposed, view } from "../operands.ts";

/** How the last two axes of an operand lie: row by row, column by column, or as a part of longer rows. */
type Side = "rows" | "columns" | "padded";
const SIDES: readonly Side[] = ["rows", "columns", "padded"];

/** [m, k, n]: vectors, odd edges of register blocks and of panels, several blocks of k, and nothing to sum. */
const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [1, 5, 1],
  [1, 130, 7],
  [1, 64, 129],
  [130, 3, 1],
  [129, 1, 5],
  [4, 8, 8],
  [5, 6, 7],
  [7, 9, 13],
  [17, 33, 9],
  [64, 64, 64],
  [65, 66, 67],
  [130, 129, 131],
  [33, 600, 17],
  [3, 0, 4],
  [0, 3, 4],
  [4, 3, 0],
];

/** A random matrix, or a batch of them, whose last two axes lie in the given way. */
function matrices(check: Check, shape: readonly number[], side: Side): Operand {
  const [batch, [rows, columns]] = [shape.slice(0, -2), shape.slice(-2)];
  if (side === "columns") return transposed(check.numbers.normal([...batch, columns, rows]));
  if (side === "rows") return check.numbers.normal(shape);
  const roomy = check.numbers.normal([...batch, rows, columns + 3]);
  return view(roomy, shape, roomy.strides, roomy.offset + 1);
}

/** Multiplies on both devices, into new memory or onto what is there. */
async function multiplies(check: Check, out: Operand, a: Operand, b: Operand, accumulate: boolean): Promise<void> {
  const k = a.shape[a.shape.length - 1];
  await check.agree({ out, a, b }, (device, { out, a, b }) => device.matmul(out, a, b, accumulate), 1 + k / 8);
}

const anyLayout: Case[] = SIDES.flatMap((left) =>
  SIDES.map((right) =>
    defineCase("matmul", `a by ${left}, b by ${right}`, async (check) => {
      const random = Array.from({ length: 8 }, () => [1, 2, 3].map(() => check.numbers.integer(1, 40)));
      for (const [m, k, n] of [...SIZES, ...random]) {
        await multiplies(check, blank([m, n]), matrices(check, [m, k], left), matrices(check, [k, n], right), false);
      }
    }),
  ),
);

const accumulating = defineCase("matmul", "adds to what is there", async (check) => {
  for (const [m, k, n] of SIZES) {
    const [a, b] = [
      matrices(check, [m, k], check.numbers.pick(SIDES)),
      matrices(check, [k, n], check.numbers.pick(SIDES)),
    ];
    await multiplies(check, check.numbers.normal([m, n]), a, b, true);
  }
});

/** All edges of a register block of up to 8 x 16. */
const edges = defineCase("matmul", "every edge of small blocks", async (check) => {
  for (let m = 1; m <= 9; m++) {
    for (let n = 1; n <= 17; n++) {
      await multiplies(check, blank([m, n]), matrices(check, [m, 3], "rows"), matrices(check, [3, n], "rows"), false);
    }
  }
});

const batches: Case[] = SIDES.flatMap((left) =>
  SIDES.map((right) =>
    defineCase("matmul", `batches, a by ${left}, b by ${right}`, async (check) => {
      for (const batch of [[3], [2, 3], [1, 2], [0], [2, 1, 2]]) {
        for (const [m, k, n] of [
          [5, 7, 9],
          [1, 16, 33],
          [20, 0, 3],
          [35, 20, 11],
        ]) {
          const a = matrices(check, [...batch, m, k], left);
          const b = matrices(check, [...batch, k, n], right);
          await multiplies(check, blank([...batch, m, n]), a, b, false);
          await multiplies(check, check.numbers.normal([...batch, m, n]), a, b, true);
        }
      }
    }),
  ),
);

const broadcast = defineCase("matmul", "batches in which one matrix is used again and again", async (check) => {
  for (const [m, k, n] of [
    [5, 7, 9],
    [40, 33, 17],
    [1, 12, 5],
  ]) {
    const shape = (rows: number, columns: number) => [2, 3, rows, columns];
    const a = check.numbers.normal(shape(m, k));
    const b = check.numbers.normal(shape(k, n));
    const oneA = view(check.numbers.normal([m, k]), shape(m, k), [0, 0, k, 1]);
    const oneB = view(check.numbers.normal([k, n]), shape(k, n), [0, 0, n, 1]);
    const inner = view(check.numbers.normal([3, k, n]), shape(k, n), [0, k * n, n, 1]);
    const outer = view(check.numbers.normal([2, m, k]), shape(m, k), [m * k, 0, k, 1]);
    const turned = view(check.numbers.normal([n, k]), shape(k, n), [0, 0, 1, k]);
    for (const [left, right] of [
      [a, oneB],
      [oneA, b],
      [oneA, oneB],
      [outer, inner],
      [a, turned],
    ]) {
      await multiplies(check, blank(shape(m, n)), left, right, false);
    }
  }
});

const heads = defineCase("matmul", "queries and keys whose heads lie inside the rows", async (check) => {
  const [batch, time, count, size] = [2, 9, 3, 5];
  // [batch, time, heads, size] seen as [batch, heads, time, size], and its transpose.
  const split = (x: Operand) => view(x, [batch, count, time, size], [time * count * size, size, count * size, 1]);
  const queries = split(check.numbers.normal([batch, time, count, size]));
  const keys = split(check.numbers.normal([batch, time, count, size]));
  await multiplies(check, blank([batch, count, time, time]), queries, transposed(keys), false);
  const scores = check.numbers.normal([batch, count, time, time]);
  await multiplies(check, blank([batch, count, time, size]), scores, keys, false);
  await multiplies(check, blank([batch, count, time, size]), transposed(scores), queries, false);
});

/** More than a GPU's axes can count, and than a 16-bit number. */
const many = defineCase("matmul", "very many matrices, and very long ones", async (check) => {
  for (const [batch, m, k, n] of [
    [[70_000], 1, 2, 1],
    [[3], 2 ** 18 + 5, 1, 1],
  ] as const) {
    const [a, b] = [matrices(check, [...batch, m, k], "rows"), matrices(check, [...batch, k, n], "rows")];
    await multiplies(check, blank([...batch, m, n]), a, b, false);
  }
});

const special = defineCase(
  "matmul",
  "a zero does not hide a NaN or an infinity",
  async (check) => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const a = given([6, 5], [0, 1, 2]);
    const b = given([5, 9], [1, nan, 2, 3, inf, 4, -inf]);
    await multiplies(check, blank([6, 9]), a, b, false);
  },
  true,
);

export const matmulCases: readonly Case[] = [
  ...anyLayout,
  accumulating,
  edges,
  ...batches,
  broadcast,
  heads,
  many,
  special,
];
