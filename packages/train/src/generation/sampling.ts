/** From a model's logits to one token: on the host, for a row of a vocabulary's size is little work. */

export interface SamplingOptions {
  /** Logits are divided by this: below 1 makes likely tokens likelier. 1 unless said otherwise. */
  temperature?: number;
  /** Draw from the k most likely tokens alone (Fan et al., 2018). */
  topK?: number;
  /** Draw from the smallest set of tokens that has this probability together (Holtzman et al., 2020). */
  topP?: number;
}

/** One row of logits. */
type Row = ArrayLike<number>;

/** A token drawn by the weights that its logit gives it. @param draw gives a number in [0, 1); called once. */
export function drawToken(logits: Row, options: SamplingOptions, draw: () => number): number {
  return tokenAt(weightsOf(logits, options), draw());
}

/** The most likely token: the first of them. */
export function likeliest(logits: Row): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  assertNumber(logits[best]);
  return best;
}

/**
 * What each token is drawn in proportion to: `exp((logit - largest) / temperature)`, and 0 where top-k or top-p leave it
 * out. Of tokens that are equally likely, none is left out alone. Top-p is taken of what top-k leaves.
 */
export function weightsOf(logits: Row, { temperature = 1, topK, topP }: SamplingOptions): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) {
    assertNumber(logits[i]);
    if (logits[i] > largest) largest = logits[i];
  }
  const weights = new Float64Array(logits.length);
  for (let i = 0; i < weights.length; i++) weights[i] = Math.exp((logits[i] - largest) / temperature);
  if (topK !== undefined && topK < weights.length) {
    const least = weights.toSorted()[weights.length - topK];
    dropBelow(weights, least);
  }
  if (topP !== undefined && topP < 1) dropBelow(weights, leastOfTop(weights, topP));
  return weights;
}

function dropBelow(weights: Float64Array, least: number): void {
  for (let i = 0; i < weights.length; i++) if (weights[i] < least) weights[i] = 0;
}

/** The smallest of the largest weights that make up the share p together. */
function leastOfTop(weights: Float64Array, p: number): number {
  const ascending = weights.toSorted();
  let missing = p * ascending.reduce((sum, weight) => sum + weight, 0);
  for (let i = ascending.length - 1; i >= 0; i--) {
    missing -= ascending[i];
    if (missing <= 0) return ascending[i];
  }
  return 0;
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

function assertNumber(logit: number): void {
  if (Number.isNaN(logit)) {
    throw new Error("generate: the model's logits are not numbers (NaN): its training has diverged");
  }
}
