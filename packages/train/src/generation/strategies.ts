import type { Growth } from "./predictor.ts";
import { drawToken, likeliest, type SamplingOptions } from "./sampling.ts";

/** What a strategy may know of a generation, beside its own options. */
export interface SearchOptions extends SamplingOptions {
  /** Continuations of each prompt. */
  readonly samples: number;
  /** Tokens to add, at most. */
  readonly tokens: number;
  /** A text ends before it would get one of these. */
  readonly stop: ReadonlySet<number>;
  /** Called as soon as a sample has got a token. Says whether the text ends with it. */
  tell(sample: number, token: number): boolean;
  /** Random numbers in [0, 1) for a sample. */
  draw(sample: number): () => number;
}

/** The search for the continuations of one prompt. It begins with one row, the prompt, and may make several of it. */
export interface Search {
  /**
   * From the logits of each present row's next token: the rows that are there from now on, each with the row it goes on from,
   * and its new token. No rows: everything has been found.
   */
  grow(logits: readonly ArrayLike<number>[]): Growth[];
  /** For each sample the tokens that were added, the best first where they are compared. */
  results(): number[][];
}

/** A way of getting from a model's probabilities to a text. */
export interface Strategy {
  /** As the option `strategy` names it. */
  readonly name: string;
  /** Errors: options that make no sense for it. */
  check?(options: SearchOptions): void;
  search(prompt: readonly number[], options: SearchOptions): Search;
}

type Choose = (logits: ArrayLike<number>, draw: () => number) => number;

/** Each text for itself, one token after the other. */
class OneByOne implements Search {
  readonly #choose: Choose;
  readonly #options: SearchOptions;
  readonly #texts: number[][];
  /** Texts that are not complete: each sample's number, the row that it is, and its random numbers. */
  #open: { readonly sample: number; readonly row: number; readonly draw: () => number }[];

  constructor(choose: Choose, options: SearchOptions) {
    this.#choose = choose;
    this.#options = options;
    this.#texts = Array.from({ length: options.samples }, () => []);
    this.#open = this.#texts.map((_, sample) => ({ sample, row: 0, draw: options.draw(sample) }));
  }

  grow(logits: readonly ArrayLike<number>[]): Growth[] {
    const { stop, tokens, tell } = this.#options;
    const growth: Growth[] = [];
    this.#open = this.#open.flatMap(({ sample, row, draw }) => {
      const token = this.#choose(logits[row], draw);
      if (stop.has(token)) return [];
      const text = this.#texts[sample];
      text.push(token);
      if (tell(sample, token) || text.length === tokens) return [];
      growth.push({ from: row, token });
      return [{ sample, row: growth.length - 1, draw }];
    });
    return growth;
  }

  results(): number[][] {
    return this.#texts;
  }
}

const greedy: Strategy = {
  name: "greedy",
  search: (_prompt, options) => new OneByOne(likeliest, options),
};

const sample: Strategy = {
  name: "sample",
  search: (_prompt, options) => new OneByOne((logits, draw) => drawToken(logits, options, draw), options),
};

/** Every strategy that an option can name. A new one of the library's is one more here. */
const strategies = new Map<string, Strategy>([greedy, sample].map((strategy) => [strategy.name, strategy]));

/** Makes a strategy known under its name. Errors: the name is taken. */
export function registerStrategy(strategy: Strategy): void {
  const { name } = strategy;
  if ((strategies.get(name) ?? strategy) !== strategy) {
    throw new Error(`registerStrategy: there is a strategy "${name}" already`);
  }
  strategies.set(name, strategy);
}

export function strategyNames(): string[] {
  return [...strategies.keys()];
}

/** Errors: there is none of that name. */
export function strategyNamed(name: string): Strategy {
  const strategy = strategies.get(name);
  if (strategy !== undefined) return strategy;
  const names = strategyNames().map((known) => `"${known}"`);
  throw new RangeError(`generate: strategy is ${name}, it is ${names.join(" or ")}`);
}
