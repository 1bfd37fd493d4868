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

/** A text on its way, and the row that it goes on from. */
interface Text {
  tokens: number[];
  sum: number;
  from: number;
}

/** Beam search for the likeliest continuation of one prompt. */
export class BeamSearch {
  readonly options: BeamOptions;
  #open: Text[] = [{ tokens: [], sum: 0, from: 0 }];
  readonly #complete: Text[] = [];

  constructor(options: BeamOptions) {
    this.options = options;
  }

  grow(logProbabilities: readonly (readonly number[])[]): Growth[] {
    const { beams } = this.options;
    const candidates = this.#open.flatMap((text, from) =>
      logProbabilities[from].map((log, token) => ({ tokens: [...text.tokens, token], sum: text.sum + log, from })),
    );
    const kept = candidates.sort((a, b) => b.sum - a.sum).slice(0, beams);
    this.#complete.push(...kept.filter((text) => this.#isComplete(text)));
    this.#open = kept.filter((text) => !this.#isComplete(text));
    return this.#open.map(({ tokens, from }) => ({ from, token: tokens[tokens.length - 1] }));
  }

  #isComplete({ tokens }: Text): boolean {
    return tokens[tokens.length - 1] === this.options.end || tokens.length === this.options.tokens;
  }

  results(): Found[] {
    const { beams, lengthPenalty } = this.options;
    return this.#complete
      .map(({ tokens, sum }) => ({ tokens, score: sum / tokens.length ** lengthPenalty }))
      .sort((a, b) => b.score - a.score)
      .slice(0, beams);
  }
}
