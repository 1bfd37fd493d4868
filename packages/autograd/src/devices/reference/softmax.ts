import type { Strided } from "../../device.ts";
import { elements, output, rowsOf, type Values } from "./elements.ts";

/** Largest element of a row; -Infinity for an empty one. */
function largest(row: Values): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of row) max = Math.max(max, value);
  return max;
}

/** `sum(exp(row - max))`: with the largest element taken out, nothing overflows. */
function sumExp(row: Values, max: number): number {
  let sum = 0;
  for (const value of row) sum += Math.exp(value - max);
  return sum;
}

/** `log(sum(exp(row)))`; -Infinity for a row of nothing else. */
export function logSumExp(row: Values): number {
  const max = largest(row);
  return max === Number.NEGATIVE_INFINITY ? max : max + Math.log(sumExp(row, max));
}

export function softmax(out: Strided, x: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  const xs = elements(x);
  const ys = output(out);
  for (let r = 0; r < rows; r++) {
    const row = xs.subarray(r * n, (r + 1) * n);
    const y = ys.subarray(r * n, (r + 1) * n);
    const max = largest(row);
    // Attention over nothing: every key is hidden.
    if (max === Number.NEGATIVE_INFINITY) {
      y.fill(0);
      continue;
    }
    const sum = sumExp(row, max);
    for (let c = 0; c < n; c++) y[c] = Math.exp(row[c] - max) / sum;
  }
}

export function softmaxGrad(dx: Strided, y: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(y.shape);
  const ys = elements(y);
  const dys = elements(dy);
  const dxs = output(dx);
  for (let r = 0; r < rows; r++) {
    let dot = 0;
    for (let i = r * n; i < (r + 1) * n; i++) dot += dys[i] * ys[i];
    for (let i = r * n; i < (r + 1) * n; i++) dxs[i] = ys[i] * (dys[i] - dot);
  }
}

export function logSoftmax(out: Strided, x: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  const xs = elements(x);
  const ys = output(out);
  for (let r = 0; r < rows; r++) {
    const row = xs.subarray(r * n, (r + 1) * n);
    const max = largest(row);
    const logSum = Math.log(sumExp(row, max));
    // Subtracted one after the other: their sum would lose logSum where max is large.
    for (let c = 0; c < n; c++) ys[r * n + c] = row[c] - max - logSum;
  }
}

export function logSoftmaxGrad(dx: Strided, y: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(y.shape);
  const ys = elements(y);
  const dys = elements(dy);
  const dxs = output(dx);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = r * n; i < (r + 1) * n; i++) sum += dys[i];
    for (let i = r * n; i < (r + 1) * n; i++) dxs[i] = dys[i] - Math.exp(ys[i]) * sum;
  }
}
