import type { CrossEntropyOptions, Strided } from "../../device.ts";
import { elements, output, rowsOf } from "./elements.ts";
import { logSumExp } from "./softmax.ts";

function checkTarget(target: number, row: number, classes: number): void {
  if (target < 0 || target >= classes) {
    throw new RangeError(
      `crossEntropy: target ${target} of row ${row} is outside 0 … ${classes - 1}; rows to leave out carry the ignoreIndex`,
    );
  }
}

/** The classes' weights, 1 where none are given. */
function classWeights(options: CrossEntropyOptions, classes: number): ArrayLike<number> {
  return options.weight ? elements(options.weight) : new Float64Array(classes).fill(1);
}

export function crossEntropy(
  losses: Strided,
  scales: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  options: CrossEntropyOptions,
): void {
  const [rows, n] = rowsOf(logits.shape);
  const [zs, ts] = [elements(logits), elements(targets)];
  const [lossValues, scaleValues, lses] = [output(losses), output(scales), output(lse)];
  const w = classWeights(options, n);
  const s = options.smoothing;
  for (let r = 0; r < rows; r++) {
    const z = zs.subarray(r * n, (r + 1) * n);
    lses[r] = logSumExp(z);
    lossValues[r] = 0;
    scaleValues[r] = 0;
    const t = ts[r];
    if (t === options.ignoreIndex) continue;
    checkTarget(t, r, n);
    let loss = (1 - s) * w[t] * (lses[r] - z[t]);
    // Without smoothing a logit of -Infinity costs nothing, where 0 * Infinity would be NaN.
    if (s > 0) for (let c = 0; c < n; c++) loss += (s / n) * w[c] * (lses[r] - z[c]);
    lossValues[r] = loss;
    scaleValues[r] = w[t];
  }
}

/** With p = softmax(logits): d loss / d logits[c] = (1 - s) * w[t] * (p[c] - [c = t]) + s / n * (p[c] * sum(w) - w[c]). */
export function crossEntropyGrad(
  dlogits: Strided,
  dlosses: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  options: CrossEntropyOptions,
): void {
  const [rows, n] = rowsOf(logits.shape);
  const [zs, ts, lses, ds] = [elements(logits), elements(targets), elements(lse), elements(dlosses)];
  const dzs = output(dlogits);
  const w = classWeights(options, n);
  const s = options.smoothing;
  let sumW = 0;
  for (let c = 0; c < n; c++) sumW += w[c];
  for (let r = 0; r < rows; r++) {
    const t = ts[r];
    for (let c = 0; c < n; c++) {
      if (t === options.ignoreIndex) {
        dzs[r * n + c] = 0;
        continue;
      }
      const p = Math.exp(zs[r * n + c] - lses[r]);
      const hard = (1 - s) * w[t] * (p - (c === t ? 1 : 0));
      const soft = (s / n) * (p * sumW - w[c]);
      dzs[r * n + c] = ds[r] * (hard + soft);
    }
  }
}
