import type { Lanes, ReduceOp, Strided } from "../../device.ts";
import { elements, output, rowsOf } from "./elements.ts";

/** Calls `visit` for every lane of `[outer, size, inner]`: element j of lane `[o, i]` is at `start + j * inner`. */
function forEachLane(lanes: Lanes, visit: (start: number, lane: number) => void): void {
  for (let o = 0; o < lanes.outer; o++) {
    for (let i = 0; i < lanes.inner; i++) visit(o * lanes.size * lanes.inner + i, o * lanes.inner + i);
  }
}

const REDUCE: Record<ReduceOp, { initial: number; combine: (a: number, b: number) => number }> = {
  sum: { initial: 0, combine: (a, b) => a + b },
  max: { initial: Number.NEGATIVE_INFINITY, combine: Math.max },
  min: { initial: Number.POSITIVE_INFINITY, combine: Math.min },
};

export function reduce(op: ReduceOp, out: Strided, x: Strided, lanes: Lanes): void {
  const { initial, combine } = REDUCE[op];
  const xs = elements(x);
  const ys = output(out);
  forEachLane(lanes, (start, lane) => {
    let result = initial;
    for (let j = 0; j < lanes.size; j++) result = combine(result, xs[start + j * lanes.inner]);
    ys[lane] = result;
  });
}

export function argReduce(op: "max" | "min", out: Strided, x: Strided, lanes: Lanes): void {
  const xs = elements(x);
  const ys = output(out);
  forEachLane(lanes, (start, lane) => {
    let best = 0;
    for (let j = 1; j < lanes.size; j++) {
      const value = xs[start + j * lanes.inner];
      const record = xs[start + best * lanes.inner];
      const beats = op === "max" ? value > record : value < record;
      // The first NaN stays: nothing is larger, smaller or newer than it.
      if (beats || (Number.isNaN(value) && !Number.isNaN(record))) best = j;
    }
    ys[lane] = best;
  });
}

export function cumsum(out: Strided, x: Strided, lanes: Lanes, reverse: boolean): void {
  const xs = elements(x);
  const ys = output(out);
  forEachLane(lanes, (start) => {
    let sum = 0;
    for (let j = 0; j < lanes.size; j++) {
      const at = start + (reverse ? lanes.size - 1 - j : j) * lanes.inner;
      sum += xs[at];
      ys[at] = sum;
    }
  });
}

/** NaN counts as larger than any number, as in PyTorch: it comes first among the largest, last among the smallest. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

export function topk(values: Strided, indices: Strided, x: Strided, k: number, largest: boolean): void {
  const [rows, n] = rowsOf(x.shape);
  const xs = elements(x);
  const ys = output(values);
  const chosen = output(indices);
  for (let r = 0; r < rows; r++) {
    const row = xs.subarray(r * n, (r + 1) * n);
    // sort() keeps the order of equals, so that those come by index.
    const order = Array.from(row, (_, i) => i).sort((i, j) =>
      largest ? compare(row[j], row[i]) : compare(row[i], row[j]),
    );
    for (let j = 0; j < k; j++) {
      ys[r * k + j] = row[order[j]];
      chosen[r * k + j] = order[j];
    }
  }
}
