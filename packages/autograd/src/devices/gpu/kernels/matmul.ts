import type { Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { Thread } from "../gpujs.ts";
import { QUOTIENT } from "../helpers.ts";
import { ints, type KernelSpec, kernel } from "../kernel.ts";
import { carries, carrySizes, mergeAxes } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { DEPTH, TILED_MATMUL } from "../wgsl/matmul.ts";
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

/** A GPU allows 65,535 groups of threads along an axis; a group is 8 threads high and 1 deep. */
const MAX_ROWS = 2 ** 18;
const MAX_MATRICES = 2 ** 16 - 1;

/**
 * The same for batches whose matrices do not lie at one distance from each other (heads of a packed tensor), and for
 * very many of them: the rows of all matrices are numbered through, and each thread works out where its own are.
 */
function matmulKernel(batchRank: number): KernelSpec {
  let spec = specs.get(batchRank);
  if (spec !== undefined) return spec;
  const sizes = Array.from({ length: batchRank - 1 }, (_, i) => `n${i}`);
  const strides = (name: string) => Array.from({ length: batchRank }, (_, i) => `${name}Matrix${i}`);
  const place = (name: string) =>
    [`${name}At`, ...strides(name).map((stride, i) => `~~matrix${i} * ${stride}`)].join(" + ");
  const carried = sizes.map((size, i) => `const matrix${i + 1} = quotient(~~matrix${i}, ${size});`);
  const numbers = ["rows", "inner", "aRow", "aInner", "bInner", "bColumn", ...sizes];
  numbers.push("aAt", ...strides("a"), "bAt", ...strides("b"));
  const row = `this.thread.y + this.thread.z * ${MAX_ROWS}`;
  spec = {
    name: `matmul (${batchRank} batch axes)`,
    source: `function matmul(a, b, ${numbers.join(", ")}) {
      const matrix0 = quotient(${row}, rows);
      const row = remainder(${row}, rows);
      ${carried.join("\n      ")}
      let sum = 0;
      for (let p = 0; p < inner; p++) {
        sum += a[${place("a")} + ~~row * aRow + p * aInner] * b[${place("b")} + p * bInner + this.thread.x * bColumn];
      }
      return sum;
    }`,
    types: ["array", "array", ...ints(numbers.length)],
    helpers: QUOTIENT,
    axes: 3,
  };
  specs.set(batchRank, spec);
  return spec;
}

const specs = new Map<number, KernelSpec>();

/** Adds a product to what was there. */
const ADD_TO = kernel(["array", "array", "int"], {
  addTo(this: Thread, old: number[], product: number[], oldAt: number) {
    return old[oldAt + this.thread.x] + product[this.thread.x];
  },
});

export function matmul(runtime: Runtime, out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const product = multiply(runtime, out, a, b);
  if (!accumulate) {
    store(runtime, out, product);
    return;
  }
  store(runtime, out, runtime.launch(ADD_TO, size, [boxOf(out), product, out.offset]));
  runtime.free(product);
}

function multiply(runtime: Runtime, out: Strided, a: Strided, b: Strided): Box {
  const rank = out.shape.length;
  const [m, n] = out.shape.slice(-2);
  const inner = a.shape[rank - 1];
  const [aRow, aInner] = a.strides.slice(-2);
  const [bInner, bColumn] = b.strides.slice(-2);
  const batch = mergeAxes(out.shape.slice(0, -2), [a.strides.slice(0, -2), b.strides.slice(0, -2)]);
  const matrices = sizeOf(batch.shape);
  const [aBatch, bBatch] = batch.strides;
  if (runtime.wgsl && matrices <= MAX_MATRICES && batch.shape.length <= 3) {
    const aSteps = carries(batch.shape, aBatch);
    const bSteps = carries(batch.shape, bBatch);
    const sizes = { m, n, inner, matrices, batchSizes: carrySizes(batch.shape) };
    return multiplyTiled(
      runtime,
      sizes,
      [boxOf(a), a.offset, aRow, aInner, ...aSteps],
      [boxOf(b), b.offset, bInner, bColumn, ...bSteps],
    );
  }
  if (batch.shape.length === 1 && matrices <= MAX_MATRICES && m <= MAX_ROWS) {
    const places = [a.offset, aBatch[0], aRow, aInner, b.offset, bBatch[0], bInner, bColumn];
    return runtime.launch(MATMUL, [n, m, matrices], [boxOf(a), boxOf(b), ...places, inner]);
  }
  const rows = matrices * m;
  const threads = [n, Math.min(rows, MAX_ROWS), Math.ceil(rows / MAX_ROWS)];
  const steps = [m, inner, aRow, aInner, bInner, bColumn, ...carrySizes(batch.shape)];
  const places = [a.offset, ...carries(batch.shape, aBatch), b.offset, ...carries(batch.shape, bBatch)];
  return runtime.launch(matmulKernel(batch.shape.length), threads, [boxOf(a), boxOf(b), ...steps, ...places]);
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
