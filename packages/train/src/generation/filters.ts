/** What is done to a row of logits before a token is drawn, in the order in which `transformers` does it. */

export interface SamplingOptions {
  /**
   * Logits of tokens that the text holds already are divided by this where they are positive, and multiplied where they are
   * negative: above 1 such tokens become less likely (Keskar et al., 2019). 1 unless said otherwise.
   */
  repetitionPenalty?: number;
  /** Logits are divided by this: below 1 makes likely tokens likelier. 1 unless said otherwise. */
  temperature?: number;
  /** Draw from the k most likely tokens alone (Fan et al., 2018). */
  topK?: number;
  /** Draw from the smallest set of tokens that has this probability together (Holtzman et al., 2020). */
  topP?: number;
  /** Draw from tokens that are at least this share as likely as the likeliest (Nguyen et al., 2024). */
  minP?: number;
}

/** Changes a row of scores in place; a token with -Infinity is left out. `text`: the tokens before, the prompt's too. */
export interface Filter {
  readonly name: keyof SamplingOptions;
  apply(scores: Float64Array, value: number, text: readonly number[]): void;
  /** The value that changes nothing. */
  readonly off: number;
}

const repetitionPenalty: Filter = {
  name: "repetitionPenalty",
  off: 1,
  apply(scores, penalty, text) {
    for (const token of new Set(text))
      scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
  },
};

const temperature: Filter = {
  name: "temperature",
  off: 1,
  apply(scores, value) {
    // From the largest on, so that a temperature near 0 makes no infinities of it.
    const largest = maximum(scores);
    for (let i = 0; i < scores.length; i++) scores[i] = (scores[i] - largest) / value;
  },
};

/** Of tokens that are equally likely, none is left out alone. */
const topK: Filter = {
  name: "topK",
  off: Number.POSITIVE_INFINITY,
  apply(scores, k) {
    if (k < scores.length) leaveOutBelow(scores, kthLargest(scores, k));
  },
};

/** Of what is left. Of tokens that are equally likely, none is left out alone. */
const topP: Filter = {
  name: "topP",
  off: 1,
  apply(scores, p) {
    const largest = maximum(scores);
    let total = 0;
    for (let i = 0; i < scores.length; i++) total += Math.exp(scores[i] - largest);
    // The likeliest few are nearly always enough; more of them are sorted where they are not.
    for (let count = 256; ; count *= 8) {
      const top = count < scores.length ? likeliestScores(scores, count) : scores.toSorted();
      let missing = p * total;
      for (let i = top.length - 1; i >= 0; i--) {
        missing -= Math.exp(top[i] - largest);
        if (missing <= 0) return leaveOutBelow(scores, top[i]);
      }
      if (count >= scores.length) return;
    }
  },
};

const minP: Filter = {
  name: "minP",
  off: 0,
  apply(scores, p) {
    leaveOutBelow(scores, maximum(scores) + Math.log(p));
  },
};

export const FILTERS: readonly Filter[] = [repetitionPenalty, temperature, topK, topP, minP];

/** Those that a choice without chance needs. */
export const PENALTIES: readonly Filter[] = [repetitionPenalty];

/**
 * The scores that are left of a row of logits: -Infinity for a token that was left out.
 * @param after called with the scores after each filter that is on. Errors: logits that are no numbers.
 */
export function filtered(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  text: readonly number[],
  filters: readonly Filter[] = FILTERS,
  after?: (filter: Filter, scores: Float64Array) => void,
): Float64Array {
  const scores = new Float64Array(logits);
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) {
      throw new Error("generate: the model's logits are not numbers (NaN): its training has diverged");
    }
  }
  for (const filter of filters) {
    const value = options[filter.name] ?? filter.off;
    if (value === filter.off) continue;
    filter.apply(scores, value, text);
    after?.(filter, scores);
  }
  return scores;
}

export function maximum(values: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > largest) largest = values[i];
  return largest;
}

function leaveOutBelow(scores: Float64Array, least: number): void {
  for (let i = 0; i < scores.length; i++) if (scores[i] < least) scores[i] = Number.NEGATIVE_INFINITY;
}

/** Hoare's selection: parts the values around one of them until the k-th largest stands in its place. */
function kthLargest(values: Float64Array, k: number): number {
  const x = values.slice();
  const place = x.length - k;
  let [low, high] = [0, x.length - 1];
  while (low < high) {
    const pivot = x[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (x[i] < pivot) i++;
      while (x[j] > pivot) j--;
      if (i > j) break;
      [x[i], x[j]] = [x[j], x[i]];
      i++;
      j--;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return x[place];
}

/** The largest `count` values, or more where several are equal, in ascending order. */
function likeliestScores(scores: Float64Array, count: number): Float64Array {
  const least = kthLargest(scores, count);
  return scores.filter((score) => score >= least).sort();
}
