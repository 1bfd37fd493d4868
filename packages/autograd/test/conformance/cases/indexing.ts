import type { Lanes } from "../../../src/device.ts";
import type { DType } from "../../../src/dtypes.ts";
import { type Case, type Check, defineCase } from "../check.ts";
import { blank, given, type Operand } from "../operands.ts";

/** Lanes with the number of indices: single elements, rows, wide rows, no lanes, no indices. */
const LANES: readonly (Lanes & { readonly count: number })[] = [
  { outer: 1, size: 1, inner: 1, count: 1 },
  { outer: 3, size: 7, inner: 1, count: 4 },
  { outer: 4, size: 5, inner: 6, count: 9 },
  { outer: 1, size: 50, inner: 33, count: 101 },
  { outer: 6, size: 12, inner: 1, count: 1 },
  { outer: 2, size: 3, inner: 130, count: 70 },
  { outer: 1, size: 2003, inner: 8, count: 5 },
  { outer: 2, size: 5, inner: 3, count: 0 },
  { outer: 0, size: 5, inner: 3, count: 2 },
  { outer: 2, size: 0, inner: 3, count: 0 },
];

async function forLanes(check: Check, visit: (lanes: Lanes, count: number) => Promise<void>): Promise<void> {
  for (const { count, ...lanes } of LANES) await visit(lanes, count);
  for (let i = 0; i < 6; i++) {
    const [outer, size, inner, count] = [1, 2, 3, 4].map(() => check.numbers.integer(1, 9));
    await visit({ outer, size, inner }, count);
  }
}

function random(check: Check, shape: readonly number[], dtype: DType): Operand {
  return dtype === "int32" ? check.numbers.integers(-99, 99, shape) : check.numbers.normal(shape);
}

const full = ({ outer, size, inner }: Lanes) => [outer, size, inner];
const DTYPES = ["float32", "int32"] as const;

const taking: Case[] = DTYPES.flatMap((dtype) => [
  defineCase("gather", `an index for every element, ${dtype}`, (check) =>
    forLanes(check, async (lanes, count) => {
      const shape = [lanes.outer, count, lanes.inner];
      const index = check.numbers.integers(0, lanes.size - 1, shape);
      const operands = { out: blank(shape, dtype), x: random(check, full(lanes), dtype), index };
      await check.agree(operands, (device, { out, x, index }) => device.gather(out, x, index, lanes, count), 0);
    }),
  ),
  defineCase("indexSelect", `an index for every slice, ${dtype}`, (check) =>
    forLanes(check, async (lanes, count) => {
      const index = check.numbers.integers(0, lanes.size - 1, [count]);
      const operands = {
        out: blank([lanes.outer, count, lanes.inner], dtype),
        x: random(check, full(lanes), dtype),
        index,
      };
      await check.agree(operands, (device, { out, x, index }) => device.indexSelect(out, x, index, lanes), 0);
    }),
  ),
]);

const adding: Case[] = [
  defineCase("scatterAdd", "adds every element, also several to one place", (check) =>
    forLanes(check, async (lanes, count) => {
      const shape = [lanes.outer, count, lanes.inner];
      const index = check.numbers.integers(0, lanes.size - 1, shape);
      const operands = { out: check.numbers.normal(full(lanes)), index, x: check.numbers.normal(shape) };
      await check.agree(operands, (device, { out, index, x }) => device.scatterAdd(out, index, x, lanes, count), 4);
    }),
  ),
  defineCase("indexAdd", "adds every slice, also several to one place", (check) =>
    forLanes(check, async (lanes, count) => {
      const index = check.numbers.integers(0, lanes.size - 1, [count]);
      const x = check.numbers.normal([lanes.outer, count, lanes.inner]);
      const operands = { out: check.numbers.normal(full(lanes)), index, x };
      await check.agree(operands, (device, { out, index, x }) => device.indexAdd(out, index, x, lanes), 4);
    }),
  ),
  defineCase("indexAdd", "adds in the order of the indices", async (check) => {
    // In single precision (1 + 1e8) - 1e8 is 0, and 1e8 - 1e8 + 1 is 1.
    const lanes = { outer: 1, size: 2, inner: 1 };
    const operands = {
      out: given([1, 2, 1], [0]),
      index: given([6], [1, 0, 1, 1, 0, 0], "int32"),
      x: given([1, 6, 1], [1e8, 2 ** 27, -1e8, 1, -(2 ** 27), 3]),
    };
    await check.agree(operands, (device, { out, index, x }) => device.indexAdd(out, index, x, lanes), 0);
  }),
];

/** Indices of which one, somewhere, does not point into the axis. */
function withWrong(check: Check, shape: readonly number[], size: number, wrong: number): Operand {
  const index = check.numbers.integers(0, size - 1, shape);
  const count = shape.reduce((product, n) => product * n, 1);
  index.memory[index.offset + check.numbers.integer(0, count - 1)] = wrong;
  return index;
}

const refusing: Case[] = [-1, 5, 1_000_000].flatMap((wrong) => {
  const lanes = { outer: 2, size: 5, inner: 3 };
  const count = 7;
  const shape = [2, count, 3];
  return [
    defineCase("gather", `refuses index ${wrong} for an axis of 5`, (check) => {
      const operands = {
        out: blank(shape),
        x: check.numbers.normal([2, 5, 3]),
        index: withWrong(check, shape, 5, wrong),
      };
      return check.rejects(
        operands,
        (device, { out, x, index }) => device.gather(out, x, index, lanes, count),
        `${wrong}`,
      );
    }),
    defineCase("scatterAdd", `refuses index ${wrong} for an axis of 5`, (check) => {
      const operands = {
        out: check.numbers.normal([2, 5, 3]),
        x: check.numbers.normal(shape),
        index: withWrong(check, shape, 5, wrong),
      };
      return check.rejects(
        operands,
        (device, { out, x, index }) => device.scatterAdd(out, index, x, lanes, count),
        `${wrong}`,
      );
    }),
    defineCase("indexSelect", `refuses index ${wrong} for an axis of 5`, (check) => {
      const operands = {
        out: blank(shape),
        x: check.numbers.normal([2, 5, 3]),
        index: withWrong(check, [count], 5, wrong),
      };
      return check.rejects(
        operands,
        (device, { out, x, index }) => device.indexSelect(out, x, index, lanes),
        `${wrong}`,
      );
    }),
    defineCase("indexAdd", `refuses index ${wrong} for an axis of 5`, (check) => {
      const operands = {
        out: check.numbers.normal([2, 5, 3]),
        x: check.numbers.normal(shape),
        index: withWrong(check, [count], 5, wrong),
      };
      return check.rejects(operands, (device, { out, x, index }) => device.indexAdd(out, index, x, lanes), `${wrong}`);
    }),
  ];
});

export const indexingCases: readonly Case[] = [...taking, ...adding, ...refusing];
