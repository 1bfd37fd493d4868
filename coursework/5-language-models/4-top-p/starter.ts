export interface NucleusOptions {
  /** The probability that the tokens left have together, at least: above 0, up to 1. */
  p: number;
  /** Logits are divided by it before anything else: above 0. */
  temperature: number;
}

/**
 * What each token is drawn with: softmax of logits / temperature; of it the fewest likeliest tokens that have the probability p
 * together; their probabilities divided by their sum. The others get 0. Tokens keep their places.
 * logits: n numbers -> n probabilities
 */
export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  throw new Error(`TODO: give ${logits.length} probabilities, for p ${p} and temperature ${temperature}`);
}

/**
 * Draws a token: the first one whose running sum of probabilities, over tokens 0, 1, 2, …, is above u. Where rounding leaves
 * the whole sum at u or below, it is the last token that has a probability.
 * probabilities: n numbers whose sum is 1; u: a uniform number, from 0 to below 1 -> a whole number from 0 to n - 1
 */
export function draw(probabilities: readonly number[], u: number): number {
  throw new Error(`TODO: draw one of ${probabilities.length} tokens with the number ${u}`);
}
