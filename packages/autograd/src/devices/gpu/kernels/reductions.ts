import type { Lanes, ReduceOp, Strided } from "../../../device.ts";
import type { Thread } from "../gpujs.ts";
import { IS_NAN, QUOTIENT } from "../helpers.ts";
import { kernel } from "../kernel.ts";
import { checkQuotient } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { element, PLAIN, reduceLanes } from "./reduce.ts";

declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;
declare function asInt(i: number): number;
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
      let record = sign * x[at + asInt(outer) * size * inner + asInt(lane)];
      for (let j = 0; j < size; j++) {
        const value = sign * x[at + (asInt(outer) * size + j) * inner + asInt(lane)];
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
  const args = [boxOf(x), x.offset, size, inner, op === "max" ? 1 : -1];
  store(runtime, out, runtime.launch(ARG_REDUCE, outer * inner, args));
}

/**
 * One thread an element, which sums all that comes before it: n^2 / 2 additions for a lane of n, all of them at once.
 * (A scan in log n steps does less work; lanes are short here.)
 */
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
          sum += x[at + (asInt(outer) * size + j) * inner + asInt(lane)];
        }
      }
      return sum;
    },
  },
  QUOTIENT,
);

export function cumsum(runtime: Runtime, out: Strided, x: Strided, lanes: Lanes, reverse: boolean): void {
  const { outer, size, inner } = lanes;
  const threads = outer * size * inner;
  if (threads === 0) return;
  checkQuotient("cumsum", threads, inner === 1 ? size : inner);
  const args = [boxOf(x), x.offset, size, inner, reverse ? 1 : 0];
  store(runtime, out, runtime.launch(CUMSUM, threads, args));
}

/**
 * The index of the element that comes next, in the order of topk, after the one that `chosen` ([rows, k]) has at rank
 * `step - 1`. One thread an entry of `chosen`; those of other ranks are copied. `sign`: 1 for the largest first.
 */
const NEXT_LARGEST = kernel(
  ["array", "array", "int", "int", "int", "int", "float"],
  {
    topk(this: Thread, x: number[], chosen: number[], at: number, n: number, k: number, step: number, sign: number) {
      const row = quotient(this.thread.x, k);
      const rank = remainder(this.thread.x, k);
      if (rank !== step) return chosen[this.thread.x];
      let last = -1;
      let bound = 0;
      if (step > 0) {
        last = chosen[this.thread.x - 1];
        bound = sign * x[at + asInt(row) * n + asInt(last)];
      }
      let best = -1;
      let record = 0;
      for (let j = 0; j < n; j++) {
        const value = sign * x[at + asInt(row) * n + j];
        // As in PyTorch, NaN is larger than any number: it comes first among the largest, last among the smallest.
        let afterLast = 1;
        if (last >= 0) {
          afterLast = 0;
          if (comesBefore(bound, value, sign) > 0) afterLast = 1;
          if (comesBefore(value, bound, sign) < 0.5 && j > last) afterLast = 1;
        }
        if (afterLast > 0 && (best < 0 || comesBefore(value, record, sign) > 0)) {
          best = j;
          record = value;
        }
      }
      return best;
    },
  },
  [
    ...QUOTIENT,
    ...IS_NAN,
    {
      source: `function comesBefore(a, b, sign) {
        if (isNan(a) > 0 || isNan(b) > 0) {
          if (sign > 0) return isNan(a) * (1 - isNan(b));
          return isNan(b) * (1 - isNan(a));
        }
        if (a > b) return 1;
        return 0;
      }`,
      settings: { argumentTypes: ["Float", "Float", "Float"], returnType: "Float" },
    },
  ],
);

declare function comesBefore(a: number, b: number, sign: number): number;

const PICK = kernel(
  ["array", "array", "int", "int", "int"],
  {
    pick(this: Thread, x: number[], chosen: number[], at: number, n: number, k: number) {
      return x[at + quotient(this.thread.x, k) * n + asInt(chosen[this.thread.x])];
    },
  },
  QUOTIENT,
);

/** k runs over all rows at once, each finding the next element of every row; meant for the small k of sampling. */
export function topk(
  runtime: Runtime,
  values: Strided,
  indices: Strided,
  x: Strided,
  k: number,
  largest: boolean,
): void {
  const n = x.shape.length === 0 ? 1 : x.shape[x.shape.length - 1];
  const threads = values.shape.reduce((product, size) => product * size, 1);
  if (threads === 0) return;
  checkQuotient("topk", threads, k);
  let chosen: Box = runtime.box(threads);
  for (let step = 0; step < k; step++) {
    const args = [boxOf(x), chosen, x.offset, n, k, step, largest ? 1 : -1];
    const next = runtime.launch(NEXT_LARGEST, threads, args);
    runtime.free(chosen);
    chosen = next;
  }
  store(runtime, values, runtime.launch(PICK, threads, [boxOf(x), chosen, x.offset, n, k]));
  store(runtime, indices, chosen);
}
