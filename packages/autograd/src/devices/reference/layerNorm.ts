import type { Strided } from "../../device.ts";
import { elements, output, rowsOf } from "./elements.ts";

/** Ba, Kiros & Hinton, "Layer normalization" (2016). The variance is the biased one, over n. */
export function layerNorm(
  out: Strided,
  mean: Strided,
  rstd: Strided,
  x: Strided,
  weight: Strided | undefined,
  bias: Strided | undefined,
  eps: number,
): void {
  const [rows, n] = rowsOf(x.shape);
  const xs = elements(x);
  const ys = output(out);
  const means = output(mean);
  const rstds = output(rstd);
  const w = weight && elements(weight);
  const b = bias && elements(bias);
  for (let r = 0; r < rows; r++) {
    const row = xs.subarray(r * n, (r + 1) * n);
    let sum = 0;
    for (let c = 0; c < n; c++) sum += row[c];
    const mu = sum / n;
    let squares = 0;
    for (let c = 0; c < n; c++) squares += (row[c] - mu) ** 2;
    means[r] = mu;
    rstds[r] = 1 / Math.sqrt(squares / n + eps);
    for (let c = 0; c < n; c++) ys[r * n + c] = (row[c] - mu) * rstds[r] * (w ? w[c] : 1) + (b ? b[c] : 0);
  }
}

/**
 * With h the normalised row and g = dy * weight:
 * dx = rstd * (g - mean(g) - h * mean(g * h)), dweight = sum over rows of dy * h, dbias = sum over rows of dy.
 */
export function layerNormGrad(
  dx: Strided | undefined,
  dweight: Strided | undefined,
  dbias: Strided | undefined,
  dy: Strided,
  x: Strided,
  mean: Strided,
  rstd: Strided,
  weight: Strided | undefined,
): void {
  const [rows, n] = rowsOf(x.shape);
  const [xs, dys, means, rstds] = [elements(x), elements(dy), elements(mean), elements(rstd)];
  const w = weight && elements(weight);
  const dxs = dx && output(dx);
  const dws = dweight && output(dweight).fill(0);
  const dbs = dbias && output(dbias).fill(0);
  const h = new Float64Array(n);
  const g = new Float64Array(n);
  for (let r = 0; r < rows; r++) {
    let sumG = 0;
    let sumGH = 0;
    for (let c = 0; c < n; c++) {
      const d = dys[r * n + c];
      h[c] = (xs[r * n + c] - means[r]) * rstds[r];
      g[c] = d * (w ? w[c] : 1);
      sumG += g[c];
      sumGH += g[c] * h[c];
      if (dws) dws[c] += d * h[c];
      if (dbs) dbs[c] += d;
    }
    if (!dxs) continue;
    for (let c = 0; c < n; c++) dxs[r * n + c] = rstds[r] * (g[c] - sumG / n - (h[c] * sumGH) / n);
  }
}
