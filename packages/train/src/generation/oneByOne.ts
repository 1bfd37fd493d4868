import { FILTERS, filtered, PENALTIES } from "./filters.ts";
import type { Growth } from "./predictor.ts";
import { likeliest, logProbabilities, tokenAt, weightsOfScores } from "./sampling.ts";
import type { Continuation, Search, SearchOptions, Strategy } from "./strategy.ts";

/** A token for a text that goes on from a row of logits. */
type Choose = (logits: ArrayLike<number>, text: readonly number[], sample: number) => number;

/** Each text for itself, one token after the other. */
class OneByOne implements Search {
  readonly #choose: Choose;
  readonly #prompt: readonly number[];
  readonly #options: SearchOptions;
  readonly #found: { readonly tokens: number[]; readonly scores: number[] }[];
  /** Texts that are not complete: each sample's number, the row that it is, and all its tokens where they are looked at. */
  #open: { readonly sample: number; readonly row: number; readonly text: number[] }[];

  constructor(choose: Choose, prompt: readonly number[], options: SearchOptions) {
    this.#choose = choose;
    this.#prompt = prompt;
    this.#options = options;
    this.#found = Array.from({ length: options.samples }, () => ({ tokens: [], scores: [] }));
    this.#open = this.#found.map((_, sample) => ({ sample, row: 0, text: [...this.#prompt] }));
  }

  grow(logits: readonly ArrayLike<number>[]): Growth[] {
    const { stop, tokens, tell, scores } = this.#options;
    const growth: Growth[] = [];
    this.#open = this.#open.flatMap(({ sample, row, text }) => {
      const token = this.#choose(logits[row], text, sample);
      if (stop.has(token)) return [];
      const found = this.#found[sample];
      found.tokens.push(token);
      text.push(token);
      if (scores) found.scores.push(logProbabilities(logits[row])[token]);
      if (tell(sample, token) || found.tokens.length === tokens) return [];
      growth.push({ from: row, token });
      return [{ sample, row: growth.length - 1, text }];
    });
    return growth;
  }

  results(): Continuation[] {
    return this.#found.map(({ tokens, scores }) =>
      this.#options.scores ? { tokens, scores, score: scores.reduce((sum, score) => sum + score, 0) } : { tokens },
    );
  }
}

/** Always the likeliest token. Temperature, top-k and the like change nothing about which that is. */
export const greedy: Strategy = {
  name: "greedy",
  search(prompt, options) {
    const plain = (options.repetitionPenalty ?? 1) === 1 && options.explain === undefined;
    const choose: Choose = (logits, text, sample) => {
      if (plain) return likeliest(logits);
      const explained = options.explain?.(logits, sample);
      const token = likeliest(filtered(logits, options, text, PENALTIES, explained?.after));
      explained?.chosen(token);
      return token;
    };
    return new OneByOne(choose, prompt, options);
  },
};

/** A token that is drawn. */
export const sample: Strategy = {
  name: "sample",
  search(prompt, options) {
    const draws = Array.from({ length: options.samples }, (_, number) => options.draw(number));
    const choose: Choose = (logits, text, number) => {
      const explained = options.explain?.(logits, number);
      const scores = filtered(logits, options, text, FILTERS, explained?.after);
      const token = tokenAt(weightsOfScores(scores), draws[number]());
      explained?.chosen(token);
      return token;
    };
    return new OneByOne(choose, prompt, options);
  },
};
