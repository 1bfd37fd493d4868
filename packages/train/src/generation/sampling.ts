/** From scores to one token: on the host, for a row of a vocabulary's size is little work. */
import { filtered, maximum, type SamplingOptions } from "./filters.ts";

/**
 * What each token is drawn in proportion to: the probability that the filters leave it.
 * @param text the tokens before, for `repetitionPenalty`.
 */
export function weightsOf(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  text: readonly number[] = [],
): Float64Array {
  return weightsOfScores(filtered(logits, options, text));
}

/** `exp(score - largest)`, in place. */
export function weightsOfScores(scores: Float64Array): Float64Array {
  const largest = maximum(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i] - largest);
  return scores;
}

/** The most likely token: the first of them. Errors: scores that are no numbers. */
export function likeliest(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
  if (Number.isNaN(scores[best])) {
    throw new Error("generate: the model's logits are not numbers (NaN): its training has diverged");
  }
  return best;
}

/** Inverse transform sampling: the token in whose stretch of the running sum of weights the point, in [0, 1), lies. */
export function tokenAt(weights: Float64Array, point: number): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let left = point * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    left -= weights[i];
    if (left < 0) return i;
    last = i;
  }
  // Rounding used up more than there was: the point lies at the very end.
  return last;
}

/** `log(softmax(scores))`. */
export function logProbabilities(scores: ArrayLike<number>): Float64Array {
  const largest = maximum(scores);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i] - largest);
  const shift = largest + Math.log(total);
  const logs = new Float64Array(scores);
  for (let i = 0; i < logs.length; i++) logs[i] -= shift;
  return logs;
}
