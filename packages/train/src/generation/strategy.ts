import type { BeamStep, Explain } from "./explain.ts";
import type { SamplingOptions } from "./filters.ts";
import type { Growth } from "./predictor.ts";

/** How broad beam search is, and how it compares texts of different lengths. */
export interface BeamOptions {
  /** Texts that beam search keeps next to each other; 4 unless said otherwise. */
  beams?: number;
  /** A text's score is the sum of its tokens' log probabilities, divided by their number to this power. 1 unless said otherwise. */
  lengthPenalty?: number;
  /**
   * When the search ends: `true`, with as many complete texts as there are beams; `false`, when the best open text as long as
   * it is now could not become one of them any more; "never", when it could not whatever its length. `false` unless said
   * otherwise.
   */
  earlyStopping?: boolean | "never";
}

/** What a strategy may know of a generation. */
export interface SearchOptions extends SamplingOptions, BeamOptions {
  /** Continuations of each prompt. */
  readonly samples: number;
  /** Tokens to add, at most. */
  readonly tokens: number;
  /** A text ends before it would get one of these. */
  readonly stop: ReadonlySet<number>;
  /** Whether log probabilities are asked for. */
  readonly scores?: boolean;
  /** Called as soon as a sample has got a token. Says whether the text ends with it. */
  tell(sample: number, token: number): boolean;
  /** Whether a text that got these tokens has ended, for strategies whose texts are not certain until the end. */
  ended(added: readonly number[]): boolean;
  /** Random numbers in [0, 1) for a sample. */
  draw(sample: number): () => number;
  /** Who wants to know of every choice. */
  readonly explain?: Explain;
  readonly explainBeams?: (beams: readonly BeamStep[]) => void;
}

/** What was added to a prompt. */
export interface Continuation {
  readonly tokens: readonly number[];
  /** What it is compared by: for beam search always, for others the sum of `scores` where these were asked for. */
  readonly score?: number;
  /** The log probability of each token, given those before it. */
  readonly scores?: readonly number[];
}

/** The search for the continuations of one prompt. It begins with one row, the prompt, and may make several of it. */
export interface Search {
  /**
   * From the logits of each present row's next token: the rows that are there from now on, each with the row it goes on from,
   * and its new token. No rows: everything has been found.
   */
  grow(logits: readonly ArrayLike<number>[]): Growth[];
  /** For each sample what was added, the best first where they are compared. */
  results(): Continuation[];
}

/** A way of getting from a model's probabilities to a text. */
export interface Strategy {
  /** As the option `strategy` names it. */
  readonly name: string;
  /** Errors: options that make no sense for it. */
  check?(options: SearchOptions): void;
  search(prompt: readonly number[], options: SearchOptions): Search;
}
