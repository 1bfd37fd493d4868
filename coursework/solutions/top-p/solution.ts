export interface NucleusOptions {
  /** The probability that the tokens left have together, at least: above 0, up to 1. */
  p: number;
  /** Logits are divided by it before anything else: above 0. */
  temperature: number;
}

/** What each token is drawn with: of softmax(logits / temperature) the fewest likeliest tokens that reach p, renormalised. */
export function nucleus(logits: readonly number[], { p, temperature }: NucleusOptions): number[] {
  const probabilities = softmax(logits.map((logit) => logit / temperature));
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const left = new Array<number>(logits.length).fill(0);
  let before = 0;
  for (const token of order) {
    if (before >= p) break;
    left[token] = probabilities[token];
    before += probabilities[token];
  }
  return left.map((probability) => probability / before);
}

function softmax(logits: readonly number[]): number[] {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** Draws a token: the first one whose running sum of probabilities is above u. */
export function draw(probabilities: readonly number[], u: number): number {
  let total = 0;
  for (let token = 0; token < probabilities.length; token++) {
    total += probabilities[token];
    if (total > u) return token;
  }
  return probabilities.findLastIndex((probability) => probability > 0);
}
