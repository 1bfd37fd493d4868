import type { Strided } from "../../device.ts";
import { elements, output, rowsOf, type Values } from "./elements.ts";

/** Largest element of a row; -Infinity for an empty one. */
function largest(row: Values): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of row) max = Math.max(max, value);
  return max;
}

/** `log(sum(exp(row)))`, with the largest element taken out so that nothing overflows. */
export function logSumExp(row: Values): number {
  const max = largest(row);
  if (max === Number.NEGATIVE_INFINITY) return max;
  let sum = 0;
  for (const value of row) sum += Math.exp(value - max);
  return max + Math.log(sum);
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
    let sum = 0;
    for (let c = 0; c < n; c++) {
      y[c] = Math.exp(row[c] - max);
      sum += y[c];
    }
    for (let c = 0; c < n; c++) y[c] /= sum;
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
    const lse = logSumExp(xs.subarray(r * n, (r + 1) * n));
    for (let i = r * n; i < (r + 1) * n; i++) ys[i] = xs[i] - lse;
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
