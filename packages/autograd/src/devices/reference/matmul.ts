import type { Strided } from "../../device.ts";
import { elements, output, positions, type Values } from "./elements.ts";

export function matmul(out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  const [m, n] = out.shape.slice(-2);
  const k = a.shape[a.shape.length - 1];
  const ys = output(out);
  if (!accumulate) ys.fill(0);
  const as = matrices(a);
  const bs = matrices(b);
  for (let i = 0; i < as.length; i++) {
    multiply(ys.subarray(i * m * n, (i + 1) * m * n), elements(as[i]), elements(bs[i]), m, k, n);
  }
}

/** The matrices of a batch, one by one: views of the last two axes. */
function matrices(x: Strided): Strided[] {
  const rank = x.shape.length;
  const batch = { ...x, shape: x.shape.slice(0, rank - 2), strides: x.strides.slice(0, rank - 2) };
  const [shape, strides] = [x.shape.slice(rank - 2), x.strides.slice(rank - 2)];
  return Array.from(positions(batch), (offset) => ({ storage: x.storage, shape, strides, offset }));
}

/** `y[i, j] += sum over p of a[i, p] * b[p, j]`, with j innermost so that y and b are walked as they lie in memory. */
function multiply(y: Values, a: Values, b: Values, m: number, k: number, n: number): void {
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p];
      for (let j = 0; j < n; j++) y[i * n + j] += factor * b[p * n + j];
    }
  }
}
