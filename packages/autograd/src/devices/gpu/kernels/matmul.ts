import type { Strided } from "../../../device.ts";
import { rowMajorStrides, type Shape, sizeOf } from "../../../shape.ts";
import type { Thread } from "../gpujs.ts";
import { QUOTIENT } from "../helpers.ts";
import { ints, kernel } from "../kernel.ts";
import { carries, carrySizes, checkQuotient, threadAxes } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { DEPTH, TILED_MATMUL } from "../wgsl/matmul.ts";
import { COPY, fill } from "./elementwise.ts";
import { mapped, type Operand, operandOf } from "./map.ts";
import { element, PLAIN, reduceLanes } from "./reduce.ts";

/**
 * The matrix product, as every course on GPUs begins: one thread for each element of the result, which multiplies a row
 * of a with a column of b. x is the column, y the row, z the number of the matrix in the batch. The strides let an
 * operand be transposed, or be one matrix for the whole batch (stride 0), without a copy.
 */
const MATMUL = kernel(
  ["array", "array", ...ints(9)],
  {
    matmul(
      this: Thread,
      a: number[],
      b: number[],
      aAt: number,
      aMatrix: number,
      aRow: number,
      aInner: number,
      bAt: number,
      bMatrix: number,
      bInner: number,
      bColumn: number,
      inner: number,
    ) {
      let sum = 0;
      for (let p = 0; p < inner; p++) {
        sum +=
          a[aAt + this.thread.z * aMatrix + this.thread.y * aRow + p * aInner] *
          b[bAt + this.thread.z * bMatrix + p * bInner + this.thread.x * bColumn];
      }
      return sum;
    },
  },
  [],
  3,
);

/**
 * The same with four rows of one column for each thread: the value of b that it loads is used four times, from a register.
 * That makes 5 loads for 4 products, where one element a thread takes 2 for each: with r rows it is (r + 1) / r, and what
 * a product waits for is memory. gpu.js lets a thread give four numbers at most; the WGSL product has 4 x 4.
 *
 * y counts the blocks of four rows. Rows beyond the last one repeat it, and `fromBlocks` leaves them out.
 */
const MATMUL_BLOCKED = kernel(
  ["array", "array", ...ints(10)],
  {
    matmulBlocked(
      this: Thread,
      a: number[],
      b: number[],
      aAt: number,
      aMatrix: number,
      aRow: number,
      aInner: number,
      bAt: number,
      bMatrix: number,
      bInner: number,
      bColumn: number,
      inner: number,
      lastRow: number,
    ) {
      const row1 = Math.min(4 * this.thread.y + 1, lastRow);
      const row2 = Math.min(4 * this.thread.y + 2, lastRow);
      const row3 = Math.min(4 * this.thread.y + 3, lastRow);
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let p = 0; p < inner; p++) {
        const value = b[bAt + this.thread.z * bMatrix + p * bInner + this.thread.x * bColumn];
        sum0 += value * a[aAt + this.thread.z * aMatrix + 4 * this.thread.y * aRow + p * aInner];
        sum1 += value * a[aAt + this.thread.z * aMatrix + ~~row1 * aRow + p * aInner];
        sum2 += value * a[aAt + this.thread.z * aMatrix + ~~row2 * aRow + p * aInner];
        sum3 += value * a[aAt + this.thread.z * aMatrix + ~~row3 * aRow + p * aInner];
      }
      return [sum0, sum1, sum2, sum3];
    },
  },
  [],
  3,
  4,
);

/** Puts the four numbers that each thread gave into their rows. */
const FROM_BLOCKS = kernel(
  ["quads", ...ints(2)],
  {
    fromBlocks(this: Thread, quads: number[], columns: number, blocks: number) {
      const block = Math.floor(this.thread.y / 4);
      const at = this.thread.y - 4 * ~~block;
      return quads[((this.thread.z * blocks + ~~block) * columns + this.thread.x) * 4 + ~~at];
    },
  },
  [],
  3,
);

/** Rows that a thread computes in the blocked product. */
const BLOCK = 4;

/** A GPU allows 65,535 groups of threads along an axis; a group is 8 threads high and 1 deep. */
const MAX_ROWS = 2 ** 18;
const MAX_MATRICES = 2 ** 16 - 1;

/** 65,535 groups of threads for the smaller tiles. */
const MAX_TILED_SIDE = 32 * (2 ** 16 - 1);

/** The tiled product finds its matrices along so many axes by itself. */
const MAX_TILED_AXES = 3;

declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;

/**
 * The plain product for more matrices or longer ones: the rows of all of them are numbered through, `stretch` of them for
 * each z, and each thread works out where its own lies.
 */
const MATMUL_ROWS = kernel(
  ["array", "array", ...ints(11)],
  {
    matmulRows(
      this: Thread,
      a: number[],
      b: number[],
      aAt: number,
      aMatrix: number,
      aRow: number,
      aInner: number,
      bAt: number,
      bMatrix: number,
      bInner: number,
      bColumn: number,
      inner: number,
      rows: number,
      stretch: number,
    ) {
      const matrix = quotient(this.thread.y + this.thread.z * stretch, rows);
      const row = remainder(this.thread.y + this.thread.z * stretch, rows);
      let sum = 0;
      for (let p = 0; p < inner; p++) {
        sum +=
          a[aAt + ~~matrix * aMatrix + ~~row * aRow + p * aInner] *
          b[bAt + ~~matrix * bMatrix + p * bInner + this.thread.x * bColumn];
      }
      return sum;
    },
  },
  QUOTIENT,
  3,
);

/** Adds a product to what was there. */
const ADD_TO = kernel(["array", "array", "int"], {
  addTo(this: Thread, old: number[], product: number[], oldAt: number) {
    return old[oldAt + this.thread.x] + product[this.thread.x];
  },
});

export function matmul(runtime: Runtime, out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  if (a.shape[a.shape.length - 1] === 0) {
    // Sums of nothing.
    if (!accumulate) fill(runtime, out, 0);
    return;
  }
  const factor = (x: Strided): Factor => ({ ...operandOf(x), shape: x.shape });
  const product = multiply(runtime, out.shape, factor(a), factor(b));
  if (!accumulate) {
    store(runtime, out, product);
    return;
  }
  store(runtime, out, runtime.launch(ADD_TO, size, [boxOf(out), product, out.offset]));
  runtime.free(product);
}

/** One of two matrices to multiply, or of two batches of them. */
interface Factor extends Operand {
  readonly shape: Shape;
}

const batchOf = (axes: Shape) => axes.slice(0, -2);

function multiply(runtime: Runtime, shape: Shape, a: Factor, b: Factor): Box {
  const [m, n] = shape.slice(-2);
  const inner = a.shape[shape.length - 1];
  const batch = threadAxes(batchOf(shape), [batchOf(a.strides), batchOf(b.strides)]);
  const matrices = sizeOf(batch.shape);
  const tiled = runtime.product === "tiled" && matrices <= MAX_MATRICES && Math.max(m, n) <= MAX_TILED_SIDE;
  if (batch.shape.length > (tiled ? MAX_TILED_AXES : 1)) return multiplyCopies(runtime, shape, [a, b]);
  const [aRow, aInner] = a.strides.slice(-2);
  const [bInner, bColumn] = b.strides.slice(-2);
  const [aBatch, bBatch] = batch.strides;
  if (tiled) {
    const aSteps = carries(batch.shape, aBatch);
    const bSteps = carries(batch.shape, bBatch);
    const sizes = { m, n, inner, matrices, batchSizes: carrySizes(batch.shape) };
    return multiplyTiled(
      runtime,
      sizes,
      [a.box, a.offset, aRow, aInner, ...aSteps],
      [b.box, b.offset, bInner, bColumn, ...bSteps],
    );
  }
  const args = [a.box, b.box, a.offset, aBatch[0], aRow, aInner, b.offset, bBatch[0], bInner, bColumn, inner];
  if (matrices > MAX_MATRICES || m > MAX_ROWS) {
    checkQuotient("matmul", matrices * m, m);
    const threads = [n, Math.min(matrices * m, MAX_ROWS), Math.ceil((matrices * m) / MAX_ROWS)];
    return runtime.launch(MATMUL_ROWS, threads, [...args, m, MAX_ROWS]);
  }
  if (runtime.product === "plain" || m < BLOCK || inner < BLOCK) return runtime.launch(MATMUL, [n, m, matrices], args);
  const blocks = Math.ceil(m / BLOCK);
  const quads = runtime.launch(MATMUL_BLOCKED, [n, blocks, matrices], [...args, m - 1]);
  const product = runtime.launch(FROM_BLOCKS, [n, m, matrices], [quads, n, blocks]);
  runtime.free(quads);
  return product;
}

/**
 * For batches whose matrices do not lie at one distance from each other, such as the heads of a packed tensor: copying them
 * costs less than working out, for each product, where they lie.
 */
function multiplyCopies(runtime: Runtime, shape: Shape, factors: readonly [Factor, Factor]): Box {
  const copies: Box[] = [];
  const [a, b] = factors.map((x): Factor => {
    if (threadAxes(batchOf(x.shape), [batchOf(x.strides)]).shape.length === 1) return x;
    const box = mapped(runtime, COPY, x.shape, [x]);
    copies.push(box);
    return { box, shape: x.shape, strides: rowMajorStrides(x.shape), offset: 0 };
  });
  const product = multiply(runtime, shape, a, b);
  runtime.free(...copies);
  return product;
}

/** A box, where in it the operand begins, its strides, and the carries of its batch axes. */
type TiledOperand = readonly [box: Box, ...places: number[]];

/** Fewer groups of threads than this leave a large GPU idle. */
const ENOUGH_GROUPS = 64;
const SHORTEST_CHUNK = 256;

function multiplyTiled(
  runtime: Runtime,
  sizes: { m: number; n: number; inner: number; matrices: number; batchSizes: number[] },
  [a, ...aPlaces]: TiledOperand,
  [b, ...bPlaces]: TiledOperand,
): Box {
  const { m, n, inner, matrices, batchSizes } = sizes;
  const groupsOf = (tile: number) => Math.ceil(n / tile) * Math.ceil(m / tile) * matrices;
  const tile = groupsOf(64) < ENOUGH_GROUPS ? 32 : 64;
  const parts =
    matrices === 1 ? Math.min(Math.ceil(ENOUGH_GROUPS / groupsOf(tile)), Math.ceil(inner / SHORTEST_CHUNK)) : 1;
  const chunk = parts > 1 ? Math.ceil(inner / parts / DEPTH) * DEPTH : 0;
  const depth = chunk > 0 ? Math.ceil(inner / chunk) : matrices;
  const [n0 = 1, n1 = 1] = batchSizes;
  const padded = (places: number[]) => [...places, 0, 0].slice(0, 6);
  const args = [a, b, m, n, inner, chunk, n0, n1, ...padded(aPlaces), ...padded(bPlaces)];
  const groups = [Math.ceil(n / tile), Math.ceil(m / tile), depth];
  const [product] = runtime.launchWgsl(TILED_MATMUL[tile], groups, [depth * m * n], args);
  if (chunk === 0 || depth === 1) return product;
  const lanes = { outer: 1, size: depth, inner: m * n };
  const sum = reduceLanes(runtime, PLAIN.sum, "sum", [element(product)], lanes);
  runtime.free(product);
  return sum;
}
