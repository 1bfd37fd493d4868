export interface BeamOptions {
  /** How many texts are kept at each step, and how many come out at most. */
  beams: number;
  /** How many tokens a text gets at most. */
  tokens: number;
  /** The token that ends a text; -1 where none does. */
  end: number;
  /** A text's score is the sum of its tokens' log probabilities, divided by their number to this power. */
  lengthPenalty: number;
}

/** A text that goes on: the row, from 0, of the open text before it, and its new token. */
export interface Growth {
  from: number;
  token: number;
}

/** A text that came out: its tokens, the end's included, and its score. */
export interface Found {
  tokens: number[];
  score: number;
}

/** Beam search for the likeliest continuation of one prompt. It begins with one open text, which has no tokens and the sum 0. */
export class BeamSearch {
  readonly options: BeamOptions;

  constructor(options: BeamOptions) {
    this.options = options;
  }

  /**
   * One step. Every open text with every next token is a candidate; of all candidates together, the `beams` with the highest
   * sums are kept. Of these, one that ends with `end`, or has `tokens` tokens, is complete; the others are the open texts from
   * now on.
   * logProbabilities[row][token]: of each open text's next token, in the order of the open texts
   * -> the open texts from now on, in their order; none when all are complete
   */
  grow(logProbabilities: readonly (readonly number[])[]): Growth[] {
    throw new Error(`TODO: grow ${logProbabilities.length} open texts`);
  }

  /** The complete texts with the highest scores, the best first, at most `beams`. */
  results(): Found[] {
    throw new Error(`TODO: give ${this.options.beams} complete texts at most`);
  }
}
