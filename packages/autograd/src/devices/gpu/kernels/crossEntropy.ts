import type { CrossEntropyOptions, Strided } from "../../../device.ts";
import { checkIndices } from "../checks.ts";
import type { Thread } from "../gpujs.ts";
import { QUOTIENT } from "../helpers.ts";
import { kernel } from "../kernel.ts";
import { checkQuotient } from "../layout.ts";
import type { Box, Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { element, PLAIN, perLane, perPlace, reduceLanes } from "./reduce.ts";
import { expSums, logSumExp, rowsOf } from "./rows.ts";

declare function quotient(i: number, n: number): number;
declare function remainder(i: number, n: number): number;

const FORMULAS = {
  /** A term of the smoothed part of the loss. Where logits are large, the sum's logarithm would drown in the largest. */
  costOfClass(logit: number, max: number, sum: number) {
    return max - logit + Math.log(sum);
  },
  weightedCostOfClass(logit: number, max: number, sum: number, weight: number) {
    return weight * (max - logit + Math.log(sum));
  },
  expBelow(logit: number, lse: number) {
    return Math.exp(logit - lse);
  },
};

/** One thread a row. `weights` has one number for each class, or a single 1 (then weighted is 0). */
const LOSSES = kernel(
  [
    ...(["array", "array", "array", "array", "array", "array"] as const),
    ...(["int", "int", "int", "int", "int", "int", "float", "float"] as const),
  ],
  {
    crossEntropy(
      this: Thread,
      logits: number[],
      targets: number[],
      max: number[],
      sum: number[],
      soft: number[],
      weights: number[],
      logitsAt: number,
      targetsAt: number,
      weightsAt: number,
      weighted: number,
      n: number,
      ignored: number,
      hardShare: number,
      softShare: number,
    ) {
      const target = targets[targetsAt + this.thread.x];
      if (target === ignored || target < 0 || target >= n) return 0;
      const below = max[this.thread.x] - logits[logitsAt + this.thread.x * n + ~~target];
      const cost = below + Math.log(sum[this.thread.x]);
      const hard = hardShare * weights[weightsAt + ~~target * weighted] * cost;
      if (softShare > 0) return hard + softShare * soft[this.thread.x];
      return hard;
    },
  },
  QUOTIENT,
);

const SCALES = kernel(
  ["array", "array", "int", "int", "int", "int", "int"],
  {
    crossEntropyScale(
      this: Thread,
      targets: number[],
      weights: number[],
      targetsAt: number,
      weightsAt: number,
      weighted: number,
      n: number,
      ignored: number,
    ) {
      const target = targets[targetsAt + this.thread.x];
      if (target === ignored || target < 0 || target >= n) return 0;
      return weights[weightsAt + ~~target * weighted];
    },
  },
  QUOTIENT,
);

/** The classes' weights sum up to factor * weightSum. With p = exp(logits - lse) over their sum: (1 - s) * w[t] * (p[c] - [c = t]) + s / n * (p[c] * sum(w) - w[c]), times dlosses. */
const GRADIENT = kernel(
  [
    ...(["array", "array", "array", "array", "array", "array", "array"] as const),
    ...(["int", "int", "int", "int", "int", "int", "int", "int"] as const),
    ...(["float", "float", "float"] as const),
  ],
  {
    crossEntropyGrad(
      this: Thread,
      dlosses: number[],
      lse: number[],
      sum: number[],
      logits: number[],
      targets: number[],
      weights: number[],
      weightSum: number[],
      dlossesAt: number,
      lseAt: number,
      logitsAt: number,
      targetsAt: number,
      weightsAt: number,
      weighted: number,
      n: number,
      ignored: number,
      hardShare: number,
      softShare: number,
      factor: number,
    ) {
      const row = quotient(this.thread.x, n);
      const column = remainder(this.thread.x, n);
      const target = targets[targetsAt + ~~row];
      if (target === ignored || target < 0 || target >= n) return 0;
      const share = Math.exp(logits[logitsAt + this.thread.x] - lse[lseAt + ~~row]);
      const p = share / sum[~~row];
      let miss = p;
      // What the others have: p - 1 would lose it where p is nearly 1.
      if (column === target) miss = (share - sum[~~row]) / sum[~~row];
      const hard = hardShare * weights[weightsAt + ~~target * weighted] * miss;
      const soft = softShare * (p * factor * weightSum[0] - weights[weightsAt + ~~column * weighted]);
      return dlosses[dlossesAt + ~~row] * (hard + soft);
    },
  },
  QUOTIENT,
);

/** The classes' weights: given ones, or a single 1 for all. */
interface Weights {
  readonly box: Box;
  readonly at: number;
  readonly weighted: 0 | 1;
}

function weightsOf(runtime: Runtime, { weight }: CrossEntropyOptions): Weights {
  if (weight) return { box: boxOf(weight), at: weight.offset, weighted: 1 };
  return { box: runtime.one, at: 0, weighted: 0 };
}

export function crossEntropy(
  runtime: Runtime,
  losses: Strided,
  scales: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  options: CrossEntropyOptions,
): void {
  const { rows, n } = rowsOf(logits);
  if (rows * n === 0) return;
  const { ignoreIndex: ignored, smoothing, weight } = options;
  const hint = "; rows to leave out carry the ignoreIndex";
  const index = { index: boxOf(targets), offset: targets.offset, count: rows, size: n };
  checkIndices(runtime, { op: "crossEntropy", noun: "target", ...index, ignored, hint });
  const { max, sum } = expSums(runtime, logits);
  logSumExp(runtime, lse, max, sum);

  let soft: Box | undefined;
  if (smoothing > 0) {
    const sources = [element(boxOf(logits), logits.offset), perLane(max), perLane(sum)];
    const lanes = { outer: rows, size: n, inner: 1 };
    const { costOfClass, weightedCostOfClass } = FORMULAS;
    soft = weight
      ? reduceLanes(
          runtime,
          { weightedCostOfClass },
          "sum",
          [...sources, perPlace(boxOf(weight), weight.offset)],
          lanes,
        )
      : reduceLanes(runtime, { costOfClass }, "sum", sources, lanes);
  }
  const weights = weightsOf(runtime, options);
  const lossArgs = [boxOf(logits), boxOf(targets), max, sum, soft ?? max, weights.box];
  const places = [logits.offset, targets.offset, weights.at, weights.weighted, n, ignored];
  const shares = [1 - smoothing, smoothing / n];
  store(runtime, losses, runtime.launch(LOSSES, rows, [...lossArgs, ...places, ...shares]));
  const scaleArgs = [boxOf(targets), weights.box, targets.offset, weights.at, weights.weighted, n, ignored];
  store(runtime, scales, runtime.launch(SCALES, rows, scaleArgs));
  runtime.free(max, sum, ...(soft ? [soft] : []));
}

export function crossEntropyGrad(
  runtime: Runtime,
  dlogits: Strided,
  dlosses: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  options: CrossEntropyOptions,
): void {
  const { rows, n } = rowsOf(logits);
  if (rows * n === 0) return;
  checkQuotient("crossEntropy", rows * n, n);
  const { ignoreIndex: ignored, smoothing, weight } = options;
  const weightSum = weight
    ? reduceLanes(runtime, PLAIN.sum, "sum", [element(boxOf(weight), weight.offset)], { outer: 1, size: n, inner: 1 })
    : undefined;
  const weights = weightsOf(runtime, options);
  // Where logits are large, lse is rounded to more than its logarithm: the sum makes up for it.
  const sources = [element(boxOf(logits), logits.offset), perLane(boxOf(lse), lse.offset)];
  const { expBelow } = FORMULAS;
  const sum = reduceLanes(runtime, { expBelow }, "sum", sources, { outer: rows, size: n, inner: 1 });
  const args = [boxOf(dlosses), boxOf(lse), sum, boxOf(logits), boxOf(targets), weights.box, weightSum ?? runtime.one];
  const places = [dlosses.offset, lse.offset, logits.offset, targets.offset, weights.at, weights.weighted, n, ignored];
  const shares = [1 - smoothing, smoothing / n, weight ? 1 : n];
  store(runtime, dlogits, runtime.launch(GRADIENT, rows * n, [...args, ...places, ...shares]));
  runtime.free(sum, ...(weightSum ? [weightSum] : []));
}
