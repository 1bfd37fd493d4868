import type { Lanes, ReduceOp, Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { Thread } from "../gpujs.ts";
import { IS_NAN, QUOTIENT } from "../helpers.ts";
import { helper, kernel } from "../kernel.ts";
import { checkQuotient } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { element, PLAIN, reduceLanes } from "./reduce.ts";

declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;
declare function isNan(x: number): number;

export function reduce(runtime: Runtime, op: ReduceOp, out: Strided, x: Strided, lanes: Lanes): void {
  if (lanes.outer * lanes.inner === 0) return;
  store(runtime, out, reduceLanes(runtime, PLAIN[op], op, [element(boxOf(x), x.offset)], lanes));
}

/** One thread a lane. `sign` is 1 for the largest, -1 for the smallest. */
const ARG_REDUCE = kernel(
  ["array", "int", "int", "int", "float"],
  {
    argReduce(this: Thread, x: number[], at: number, size: number, inner: number, sign: number) {
      const outer = quotient(this.thread.x, inner);
      const lane = remainder(this.thread.x, inner);
      let best = 0;
      let record = sign * x[at + ~~outer * size * inner + ~~lane];
      for (let j = 0; j < size; j++) {
        const value = sign * x[at + (~~outer * size + j) * inner + ~~lane];
        // The first NaN stays: nothing is larger than it.
        if (isNan(record) < 0.5 && (value > record || isNan(value) > 0.5)) {
          record = value;
          best = j;
        }
      }
      return best;
    },
  },
  [...QUOTIENT, ...IS_NAN],
);

export function argReduce(runtime: Runtime, op: "max" | "min", out: Strided, x: Strided, lanes: Lanes): void {
  const { outer, size, inner } = lanes;
  if (outer * inner === 0) return;
  checkQuotient(op === "max" ? "argmax" : "argmin", outer * inner, inner);
  const args = [boxOf(x), x.offset, size, inner, op === "max" ? 1 : -1];
  store(runtime, out, runtime.launch(ARG_REDUCE, outer * inner, args));
}

/** One thread an element, which sums all that comes before it: n^2 / 2 additions for a lane of n, all of them at once. */
const CUMSUM = kernel(
  ["array", "int", "int", "int", "int"],
  {
    cumsum(this: Thread, x: number[], at: number, size: number, inner: number, reverse: number) {
      const outer = quotient(quotient(this.thread.x, inner), size);
      const place = remainder(quotient(this.thread.x, inner), size);
      const lane = remainder(this.thread.x, inner);
      let sum = 0;
      for (let j = 0; j < size; j++) {
        if ((reverse === 0 && j <= place) || (reverse === 1 && j >= place)) {
          sum += x[at + (~~outer * size + j) * inner + ~~lane];
        }
      }
      return sum;
    },
  },
  QUOTIENT,
);

/**
 * One step of a scan (Hillis & Steele, 1986): adds what lies `distance` before. When the distance has doubled from 1 to the
 * lane's length, each element has the sum of all that come before it, after n log n additions.
 */
const SCAN_STEP = kernel(
  ["array", "int", "int", "int", "int", "int"],
  {
    scanStep(this: Thread, x: number[], at: number, size: number, inner: number, distance: number, reverse: number) {
      const place = remainder(quotient(this.thread.x, inner), size);
      const own = x[at + this.thread.x];
      if (reverse === 0 && place >= distance) return own + x[at + this.thread.x - distance * inner];
      if (reverse === 1 && place + distance < size) return own + x[at + this.thread.x + distance * inner];
      return own;
    },
  },
  QUOTIENT,
);

/** Up to here one run is cheaper than several. */
const SHORT_SCAN = 64;

function scan(runtime: Runtime, x: Strided, { outer, size, inner }: Lanes, reverse: boolean): Box {
  let sums: Box | undefined;
  for (let distance = 1; distance < size; distance *= 2) {
    const [from, at] = sums === undefined ? [boxOf(x), x.offset] : [sums, 0];
    const next = runtime.launch(SCAN_STEP, outer * size * inner, [from, at, size, inner, distance, reverse ? 1 : 0]);
    if (sums !== undefined) runtime.free(sums);
    sums = next;
  }
  return sums!;
}

export function cumsum(runtime: Runtime, out: Strided, x: Strided, lanes: Lanes, reverse: boolean): void {
  const { outer, size, inner } = lanes;
  const threads = outer * size * inner;
  if (threads === 0) return;
  checkQuotient("cumsum", threads, inner === 1 ? size : inner);
  if (size > SHORT_SCAN) {
    store(runtime, out, scan(runtime, x, lanes, reverse));
    return;
  }
  const args = [boxOf(x), x.offset, size, inner, reverse ? 1 : 0];
  store(runtime, out, runtime.launch(CUMSUM, threads, args));
}

declare function comesBefore(a: number, b: number, sign: number): number;

/** 1 where a stands before b, 0 where they are equal or the other way round. `sign`: 1 for the largest first. */
const ORDER = [
  ...IS_NAN,
  helper(["float", "float", "float"], "float", {
    comesBefore(a: number, b: number, sign: number) {
      // As in PyTorch, NaN is larger than any number: it comes first among the largest, last among the smallest.
      if (isNan(a) > 0 || isNan(b) > 0) {
        if (sign > 0) return isNan(a) * (1 - isNan(b));
        return isNan(b) * (1 - isNan(a));
      }
      if (sign * a > sign * b) return 1;
      return 0;
    },
  }),
];

/** For each row, the index of the element that comes next after the one that `last` has for it (-1: the very first). */
const NEXT_IN_ORDER = kernel(
  ["array", "array", "int", "int", "float"],
  {
    nextInOrder(this: Thread, x: number[], last: number[], at: number, n: number, sign: number) {
      const before = last[this.thread.x];
      const start = Math.max(before, 0);
      const bound = x[at + this.thread.x * n + ~~start];
      let best = -1;
      let record = 0;
      for (let j = 0; j < n; j++) {
        const value = x[at + this.thread.x * n + j];
        if (
          before < 0 ||
          comesBefore(bound, value, sign) > 0 ||
          (comesBefore(value, bound, sign) < 0.5 && j > before)
        ) {
          if (best < 0 || comesBefore(value, record, sign) > 0) {
            best = j;
            record = value;
          }
        }
      }
      return best;
    },
  },
  [...QUOTIENT, ...ORDER],
);

/** Writes one number a row to column `step` of `[rows, k]`. */
const PUT_COLUMN = kernel(
  ["array", "array", "int", "int"],
  {
    putColumn(this: Thread, old: number[], column: number[], k: number, step: number) {
      if (remainder(this.thread.x, k) === step) return column[quotient(this.thread.x, k)];
      return old[this.thread.x];
    },
  },
  QUOTIENT,
);

/** The rank of each element of `[rows, n]` in its row: how many stand before it. */
const RANK = kernel(
  ["array", "int", "int", "float"],
  {
    rank(this: Thread, x: number[], at: number, n: number, sign: number) {
      const row = quotient(this.thread.x, n);
      const own = remainder(this.thread.x, n);
      const value = x[at + this.thread.x];
      let count = 0;
      for (let j = 0; j < n; j++) {
        const other = x[at + ~~row * n + j];
        if (comesBefore(other, value, sign) > 0 || (j < own && comesBefore(value, other, sign) < 0.5)) count += 1;
      }
      return count;
    },
  },
  [...QUOTIENT, ...ORDER],
);

/** The index of the element with rank r, for the first k ranks of each row. */
const OF_RANK = kernel(
  ["array", "int", "int"],
  {
    ofRank(this: Thread, ranks: number[], n: number, k: number) {
      const wanted = remainder(this.thread.x, k);
      const row = quotient(this.thread.x, k);
      for (let j = 0; j < n; j++) {
        if (ranks[~~row * n + j] === wanted) return j;
      }
      return 0;
    },
  },
  QUOTIENT,
);

/** Numbers 0 … length - 1 in each row: the order before anything was sorted. */
const IN_ORDER = kernel(
  ["int"],
  {
    inOrder(this: Thread, length: number) {
      return remainder(this.thread.x, length);
    },
  },
  QUOTIENT,
);

/**
 * One step of a bitonic sort (Batcher, 1968) of each row's order: elements `distance` apart are put right, within blocks that
 * run up and down in turn. Rows are padded to `length`, a power of two; what lies beyond n comes last.
 */
const SORT_STEP = kernel(
  ["array", "array", "int", "int", "int", "int", "int", "float"],
  {
    sortStep(
      this: Thread,
      x: number[],
      order: number[],
      at: number,
      n: number,
      length: number,
      block: number,
      distance: number,
      sign: number,
    ) {
      const row = quotient(this.thread.x, length);
      const place = remainder(this.thread.x, length);
      // 0 for the first of a pair, and for a block that runs up; 1 for the others.
      const second = remainder(quotient(~~place, distance), 2);
      const down = remainder(quotient(~~place, block), 2);
      const other = this.thread.x + distance - 2 * ~~second * distance;
      const own = order[this.thread.x];
      const theirs = order[~~other];
      const ownAt = Math.min(own, n - 1);
      const theirsAt = Math.min(theirs, n - 1);
      const a = x[at + ~~row * n + ~~ownAt];
      const b = x[at + ~~row * n + ~~theirsAt];
      // 1 where the own one comes first.
      let first = 0;
      if (own < n && theirs >= n) first = 1;
      if (own >= n && theirs >= n && own < theirs) first = 1;
      if (own < n && theirs < n) {
        if (comesBefore(a, b, sign) > 0) first = 1;
        if (comesBefore(b, a, sign) < 0.5 && own < theirs) first = 1;
      }
      // In a block that runs up, the first place is for the one that comes first.
      const wanted = Math.abs(second - down);
      if (first + wanted === 1) return own;
      return theirs;
    },
  },
  [...QUOTIENT, ...ORDER],
);

/** The first k of each row's order. */
const FIRST_OF_ORDER = kernel(
  ["array", "int", "int"],
  {
    firstOfOrder(this: Thread, order: number[], length: number, k: number) {
      return order[quotient(this.thread.x, k) * length + remainder(this.thread.x, k)];
    },
  },
  QUOTIENT,
);

const PICK = kernel(
  ["array", "array", "int", "int", "int"],
  {
    pick(this: Thread, x: number[], chosen: number[], at: number, n: number, k: number) {
      const place = chosen[this.thread.x];
      return x[at + quotient(this.thread.x, k) * n + ~~place];
    },
  },
  QUOTIENT,
);

/** Up to here it is cheaper to look for the elements one after another than to compare all with all. */
const FEW = 32;

/** Up to here it is cheaper to compare all with all, in one run, than to sort in many. */
const SHORT_ROW = 256;

export function topk(
  runtime: Runtime,
  values: Strided,
  indices: Strided,
  x: Strided,
  k: number,
  largest: boolean,
): void {
  const n = x.shape.length === 0 ? 1 : x.shape[x.shape.length - 1];
  const threads = sizeOf(values.shape);
  if (threads === 0) return;
  checkQuotient("topk", sizeOf(x.shape), n);
  const sign = largest ? 1 : -1;
  const choose = k <= FEW ? oneByOne : n <= SHORT_ROW ? byRank : bySorting;
  const chosen = choose(runtime, x, n, k, sign);
  store(runtime, values, runtime.launch(PICK, threads, [boxOf(x), chosen, x.offset, n, k]));
  store(runtime, indices, chosen);
}

function oneByOne(runtime: Runtime, x: Strided, n: number, k: number, sign: number): Box {
  const rows = sizeOf(x.shape) / n;
  let last = runtime.make(new Float32Array(rows).fill(-1));
  let chosen = runtime.box(rows * k);
  for (let step = 0; step < k; step++) {
    const next = runtime.launch(NEXT_IN_ORDER, rows, [boxOf(x), last, x.offset, n, sign]);
    const longer = runtime.launch(PUT_COLUMN, rows * k, [chosen, next, k, step]);
    runtime.free(last, chosen);
    last = next;
    chosen = longer;
  }
  runtime.free(last);
  return chosen;
}

function byRank(runtime: Runtime, x: Strided, n: number, k: number, sign: number): Box {
  const rows = sizeOf(x.shape) / n;
  const ranks = runtime.launch(RANK, rows * n, [boxOf(x), x.offset, n, sign]);
  const chosen = runtime.launch(OF_RANK, rows * k, [ranks, n, k]);
  runtime.free(ranks);
  return chosen;
}

function bySorting(runtime: Runtime, x: Strided, n: number, k: number, sign: number): Box {
  const rows = sizeOf(x.shape) / n;
  const length = 2 ** Math.ceil(Math.log2(n));
  runtime.assertFits(rows * length, "topk, with rows as long as the next power of two,");
  let order = runtime.launch(IN_ORDER, rows * length, [length]);
  for (let block = 2; block <= length; block *= 2) {
    for (let distance = block / 2; distance >= 1; distance /= 2) {
      const args = [boxOf(x), order, x.offset, n, length, block, distance, sign];
      const next = runtime.launch(SORT_STEP, rows * length, args);
      runtime.free(order);
      order = next;
    }
  }
  const chosen = runtime.launch(FIRST_OF_ORDER, rows * k, [order, length, k]);
  runtime.free(order);
  return chosen;
}
