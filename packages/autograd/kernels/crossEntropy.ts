// Cross-entropy of rows of logits against class indices; formulas in src/device.ts. Units are rows.

import { WIDENED } from "./build";
import { loadTail, put8, storeTail, sum2 } from "./lanes";
import { sumRow } from "./reduce";
import { expRow, logSumExpRow } from "./rows";

/** sum(w * (lse - z)) over the classes; weight is 0 where all weights are 1. */
function smoothLoss(n: i32, z: usize, weight: usize, lse: f64): f64 {
  if (!weight) return lse * n - sumRow(z, n);
  let sum: f64 = 0;
  for (let c = 0; c < n; c++) sum += <f64>load<f32>(weight + c * 4) * (lse - <f64>load<f32>(z + c * 4));
  return sum;
}

export function crossEntropy(
  begin: i32, end: i32, n: i32, losses: usize, scales: usize, lse: usize, logits: usize, targets: usize,
  weight: usize, ignoreIndex: i32, smoothing: f64,
): void {
  for (let r = begin; r < end; r++) {
    const z = logits + r * n * 4;
    const norm = logSumExpRow(n, z);
    store<f32>(lse + r * 4, <f32>norm);
    const target = load<i32>(targets + r * 4);
    if (target == ignoreIndex) {
      store<f32>(losses + r * 4, 0);
      store<f32>(scales + r * 4, 0);
      continue;
    }
    const w: f32 = weight ? load<f32>(weight + target * 4) : 1;
    let loss = (1 - smoothing) * w * (norm - load<f32>(z + target * 4));
    // Without smoothing a logit of -Infinity costs nothing, where 0 * Infinity would be NaN.
    if (smoothing > 0) loss += (smoothing / n) * smoothLoss(n, z, weight, norm);
    store<f32>(losses + r * 4, <f32>loss);
    store<f32>(scales + r * 4, w);
  }
}

/**
 * dlogits = dloss * (p * ((1 - s) w[t] + s / n sum(w)) - s / n w - (1 - s) w[t] [c = t]), with p = exp(logits - lse), over
 * their sum: where logits are large, lse is rounded to more than its logarithm.
 */
export function crossEntropyGrad(
  begin: i32, end: i32, n: i32, dlogits: usize, dlosses: usize, lse: usize, logits: usize, targets: usize,
  weight: usize, ignoreIndex: i32, smoothing: f64,
): void {
  const total = weight ? sumRow(weight, n) : <f64>n;
  for (let r = begin; r < end; r++) {
    const dz = dlogits + r * n * 4;
    const target = load<i32>(targets + r * 4);
    if (target == ignoreIndex) {
      memory.fill(dz, 0, n * 4);
      continue;
    }
    const dloss = <f64>load<f32>(dlosses + r * 4);
    const hard = (1 - smoothing) * (weight ? load<f32>(weight + target * 4) : 1);
    const share = smoothing / n;
    const z = logits + r * n * 4;
    const sum = sum2(expRow(n, dz, z, load<f32>(lse + r * 4), f64x2.splat(0)));
    // The target's own, from its parts, so that what nearly cancels is computed once in double precision.
    const p = <f64>load<f32>(dz + target * 4) / sum;
    const w: f64 = weight ? load<f32>(weight + target * 4) : 1;
    const own = <f32>(dloss * (hard * (p - 1) + share * (p * total - w)));
    const a = f32x4.splat(<f32>(dloss * (hard + share * total) / sum));
    const b = f32x4.splat(<f32>(dloss * share));
    let i = 0;
    if (WIDENED && !weight) {
      for (; i + 8 <= n; i += 8) {
        const y0 = f32x4.sub(f32x4.mul(v128.load(dz + i * 4), a), b);
        put8(dz + i * 4, y0, f32x4.sub(f32x4.mul(v128.load(dz + i * 4, 16), a), b), false);
      }
    }
    for (; i < n; i += 4) {
      const count = n - i;
      const e = count >= 4 ? v128.load(dz + i * 4) : loadTail(dz + i * 4, count);
      let w = b;
      if (weight) w = f32x4.mul(b, count >= 4 ? v128.load(weight + i * 4) : loadTail(weight + i * 4, count));
      const y = f32x4.sub(f32x4.mul(e, a), w);
      if (count >= 4) v128.store(dz + i * 4, y);
      else storeTail(dz + i * 4, y, count);
    }
    store<f32>(dz + target * 4, own);
  }
}
