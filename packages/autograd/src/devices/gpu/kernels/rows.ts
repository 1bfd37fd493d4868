import type { Strided } from "../../../device.ts";
import { sizeOf } from "../../../shape.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { rowGroups, SOFTMAX, SOFTMAX_GRAD } from "../wgsl/rows.ts";
import { map, type Operand, operandOf } from "./map.ts";
import { element, PLAIN, perLane, reduceLanes } from "./reduce.ts";

/** Kernels on rows, `[rows, n]`: the statistics of each row first, one number a row, then all elements at once. */

export interface Rows {
  readonly rows: number;
  readonly n: number;
}

/** Leading axes are rows. */
export function rowsOf(x: Strided): Rows {
  const n = x.shape.length === 0 ? 1 : x.shape[x.shape.length - 1];
  return { rows: x.shape.slice(0, -1).reduce((product, size) => product * size, 1), n };
}

/** A result seen as `[rows, n]`, so that strides of one number a row and one a column can be told. */
export function asRows(x: Strided): Strided {
  const { rows, n } = rowsOf(x);
  return { storage: x.storage, shape: [rows, n], strides: [n, 1], offset: x.offset };
}

export function full(x: Strided): Operand {
  return operandOf(asRows(x));
}

/** One number a row. */
export function perRow(box: Box, offset = 0): Operand {
  return { box, offset, strides: [1, 0] };
}

/** One number a column. */
export function perColumn(box: Box, offset = 0): Operand {
  return { box, offset, strides: [0, 1] };
}

const lanesOf = ({ rows, n }: Rows) => ({ outer: rows, size: n, inner: 1 });

const FORMULAS = {
  /** The smallest float in place of -Infinity, which less itself would be NaN: a row of nothing else has the sum 0. */
  expBelowMax(x: number, max: number) {
    return Math.exp(x - Math.max(max, -3.4028234663852886e38));
  },
  softmax(x: number, max: number, sum: number) {
    if (sum <= 0) return 0;
    return Math.exp(x - Math.max(max, -3.4028234663852886e38)) / sum;
  },
  product(x: number, y: number) {
    return x * y;
  },
  softmaxGrad(y: number, dy: number, dot: number) {
    return y * (dy - dot);
  },
  logSumExp(max: number, sum: number) {
    return max + Math.log(sum);
  },
  logSoftmax(x: number, max: number, sum: number) {
    return x - max - Math.log(sum);
  },
  logSoftmaxGrad(y: number, dy: number, sum: number) {
    return dy - Math.exp(y) * sum;
  },
};

/** The largest element of each row, and the sum of exp(x - largest). */
export function expSums(runtime: Runtime, x: Strided): { max: Box; sum: Box } {
  const lanes = lanesOf(rowsOf(x));
  const source = element(boxOf(x), x.offset);
  const max = reduceLanes(runtime, PLAIN.max, "max", [source], lanes);
  const sum = reduceLanes(runtime, { expBelowMax: FORMULAS.expBelowMax }, "sum", [source, perLane(max)], lanes);
  return { max, sum };
}

const isEmpty = (x: Strided) => x.shape.some((size) => size === 0);

export function softmax(runtime: Runtime, out: Strided, x: Strided): void {
  if (isEmpty(x)) return;
  if (runtime.fused) {
    const { rows, n } = rowsOf(x);
    const args = [boxOf(x), rows, n, x.offset];
    store(runtime, out, runtime.launchWgsl(SOFTMAX, rowGroups(rows), [rows * n], args)[0]);
    return;
  }
  const { max, sum } = expSums(runtime, x);
  map(runtime, { softmax: FORMULAS.softmax }, asRows(out), [full(x), perRow(max), perRow(sum)]);
  runtime.free(max, sum);
}

export function softmaxGrad(runtime: Runtime, dx: Strided, y: Strided, dy: Strided): void {
  if (isEmpty(y)) return;
  if (runtime.fused) {
    const { rows, n } = rowsOf(y);
    const args = [boxOf(y), boxOf(dy), rows, n, y.offset, dy.offset];
    store(runtime, dx, runtime.launchWgsl(SOFTMAX_GRAD, rowGroups(rows), [rows * n], args)[0]);
    return;
  }
  const sources = [element(boxOf(y), y.offset), element(boxOf(dy), dy.offset)];
  const dot = reduceLanes(runtime, { product: FORMULAS.product }, "sum", sources, lanesOf(rowsOf(y)));
  map(runtime, { softmaxGrad: FORMULAS.softmaxGrad }, asRows(dx), [full(y), full(dy), perRow(dot)]);
  runtime.free(dot);
}

export function logSoftmax(runtime: Runtime, out: Strided, x: Strided): void {
  if (isEmpty(x)) return;
  const { max, sum } = expSums(runtime, x);
  map(runtime, { logSoftmax: FORMULAS.logSoftmax }, asRows(out), [full(x), perRow(max), perRow(sum)]);
  runtime.free(max, sum);
}

export function logSoftmaxGrad(runtime: Runtime, dx: Strided, y: Strided, dy: Strided): void {
  if (isEmpty(y)) return;
  const sum = reduceLanes(runtime, PLAIN.sum, "sum", [element(boxOf(dy), dy.offset)], lanesOf(rowsOf(y)));
  map(runtime, { logSoftmaxGrad: FORMULAS.logSoftmaxGrad }, asRows(dx), [full(y), full(dy), perRow(sum)]);
  runtime.free(sum);
}

/** `log(sum(exp(row)))` of each row, into `[rows]`, from what `expSums` gave. */
export function logSumExp(runtime: Runtime, out: Strided, max: Box, sum: Box): void {
  const column = (box: Box): Operand => ({ box, offset: 0, strides: [1] });
  const rows: Strided = { storage: out.storage, shape: [sizeOf(out.shape)], strides: [1], offset: out.offset };
  map(runtime, { logSumExp: FORMULAS.logSumExp }, rows, [column(max), column(sum)]);
}
