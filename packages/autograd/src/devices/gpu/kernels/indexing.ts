import type { Lanes, Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import { checkIndices } from "../checks.ts";
import type { Thread } from "../gpujs.ts";
import { QUOTIENT } from "../helpers.ts";
import { kernel } from "../kernel.ts";
import { checkQuotient } from "../layout.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";

declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;

/**
 * Indexing. A kernel computes elements of its result and cannot write anywhere else, so the scattering kernels are
 * turned round: each element of the result gathers what belongs to it. Sums are taken in the order of the index, so they
 * are the same from run to run, which atomic additions are not.
 */

const GATHER = kernel(
  ["array", "array", "int", "int", "int", "int", "int"],
  {
    gather(
      this: Thread,
      x: number[],
      index: number[],
      xAt: number,
      indexAt: number,
      size: number,
      inner: number,
      count: number,
    ) {
      const outer = quotient(quotient(this.thread.x, inner), count);
      const lane = remainder(this.thread.x, inner);
      const chosen = index[indexAt + this.thread.x];
      if (chosen < 0 || chosen >= size) return 0;
      return x[xAt + (~~outer * size + ~~chosen) * inner + ~~lane];
    },
  },
  QUOTIENT,
);

export function gather(runtime: Runtime, out: Strided, x: Strided, index: Strided, lanes: Lanes, count: number): void {
  const { outer, size, inner } = lanes;
  const threads = outer * count * inner;
  if (threads === 0) return;
  checkQuotient("gather", threads, inner === 1 ? count : inner);
  checkIndices(runtime, { op: "gather", index: boxOf(index), offset: index.offset, count: threads, size });
  const args = [boxOf(x), boxOf(index), x.offset, index.offset, size, inner, count];
  store(runtime, out, runtime.launch(GATHER, threads, args));
}

const SCATTER_ADD = kernel(
  ["array", "array", "array", "int", "int", "int", "int", "int", "int"],
  {
    scatterAdd(
      this: Thread,
      old: number[],
      index: number[],
      x: number[],
      oldAt: number,
      indexAt: number,
      xAt: number,
      size: number,
      inner: number,
      count: number,
    ) {
      const outer = quotient(quotient(this.thread.x, inner), size);
      const place = remainder(quotient(this.thread.x, inner), size);
      const lane = remainder(this.thread.x, inner);
      let sum = old[oldAt + this.thread.x];
      for (let j = 0; j < count; j++) {
        if (index[indexAt + (~~outer * count + j) * inner + ~~lane] === place) {
          sum += x[xAt + (~~outer * count + j) * inner + ~~lane];
        }
      }
      return sum;
    },
  },
  QUOTIENT,
);

export function scatterAdd(
  runtime: Runtime,
  out: Strided,
  index: Strided,
  x: Strided,
  lanes: Lanes,
  count: number,
): void {
  const { outer, size, inner } = lanes;
  const entries = outer * count * inner;
  if (entries === 0) return;
  checkIndices(runtime, { op: "scatterAdd", index: boxOf(index), offset: index.offset, count: entries, size });
  const threads = outer * size * inner;
  if (threads === 0) return;
  checkQuotient("scatterAdd", threads, inner === 1 ? size : inner);
  const args = [boxOf(out), boxOf(index), boxOf(x), out.offset, index.offset, x.offset, size, inner, count];
  store(runtime, out, runtime.launch(SCATTER_ADD, threads, args));
}

const INDEX_SELECT = kernel(
  ["array", "array", "int", "int", "int", "int", "int"],
  {
    indexSelect(
      this: Thread,
      x: number[],
      index: number[],
      xAt: number,
      indexAt: number,
      size: number,
      inner: number,
      count: number,
    ) {
      const outer = quotient(quotient(this.thread.x, inner), count);
      const j = remainder(quotient(this.thread.x, inner), count);
      const lane = remainder(this.thread.x, inner);
      const chosen = index[indexAt + ~~j];
      if (chosen < 0 || chosen >= size) return 0;
      return x[xAt + (~~outer * size + ~~chosen) * inner + ~~lane];
    },
  },
  QUOTIENT,
);

export function indexSelect(runtime: Runtime, out: Strided, x: Strided, index: Strided, lanes: Lanes): void {
  const { outer, size, inner } = lanes;
  const count = sizeOf(index.shape);
  if (count === 0) return;
  checkIndices(runtime, { op: "indexSelect", index: boxOf(index), offset: index.offset, count, size });
  const threads = outer * count * inner;
  if (threads === 0) return;
  checkQuotient("indexSelect", threads, inner === 1 ? count : inner);
  const args = [boxOf(x), boxOf(index), x.offset, index.offset, size, inner, count];
  store(runtime, out, runtime.launch(INDEX_SELECT, threads, args));
}

/**
 * The entries of an index that name the same row, as a linked list, so that a row need not look through the whole index
 * for each of its elements: `first[s]` is the first entry that names row s, `next[j]` the one after entry j; -1 is the end.
 */
const FIRST_ENTRY = kernel(["array", "int", "int"], {
  firstEntry(this: Thread, index: number[], at: number, count: number) {
    for (let j = 0; j < count; j++) {
      if (index[at + j] === this.thread.x) return j;
    }
    return -1;
  },
});

const NEXT_ENTRY = kernel(["array", "int", "int"], {
  nextEntry(this: Thread, index: number[], at: number, count: number) {
    const own = index[at + this.thread.x];
    for (let j = 0; j < count; j++) {
      if (this.thread.x + 1 + j >= count) return -1;
      if (index[at + this.thread.x + 1 + j] === own) return this.thread.x + 1 + j;
    }
    return -1;
  },
});

const INDEX_ADD = kernel(
  ["array", "array", "array", "array", "int", "int", "int", "int", "int"],
  {
    indexAdd(
      this: Thread,
      old: number[],
      first: number[],
      next: number[],
      x: number[],
      oldAt: number,
      xAt: number,
      size: number,
      inner: number,
      count: number,
    ) {
      const outer = quotient(quotient(this.thread.x, inner), size);
      const lane = remainder(this.thread.x, inner);
      let sum = old[oldAt + this.thread.x];
      let entry = first[remainder(quotient(this.thread.x, inner), size)];
      for (let j = 0; j < count; j++) {
        if (entry < 0) break;
        sum += x[xAt + (~~outer * count + ~~entry) * inner + ~~lane];
        entry = next[~~entry];
      }
      return sum;
    },
  },
  QUOTIENT,
);

export function indexAdd(runtime: Runtime, out: Strided, index: Strided, x: Strided, lanes: Lanes): void {
  const { outer, size, inner } = lanes;
  const count = sizeOf(index.shape);
  if (count === 0) return;
  checkIndices(runtime, { op: "indexAdd", index: boxOf(index), offset: index.offset, count, size });
  const threads = outer * size * inner;
  if (threads === 0) return;
  checkQuotient("indexAdd", threads, inner === 1 ? size : inner);
  const first = runtime.launch(FIRST_ENTRY, size, [boxOf(index), index.offset, count]);
  const next = runtime.launch(NEXT_ENTRY, count, [boxOf(index), index.offset, count]);
  const args = [boxOf(out), first, next, boxOf(x), out.offset, x.offset, size, inner, count];
  store(runtime, out, runtime.launch(INDEX_ADD, threads, args));
  runtime.free(first, next);
}
