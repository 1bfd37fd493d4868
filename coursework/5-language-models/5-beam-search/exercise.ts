type Student = typeof import("./starter.ts");

export const closed = ["generate", "generateTokens", "generateScored", "registerStrategy"];

/** A model that looks at the sum of a text's tokens alone, and what is searched for in it. */
export interface Searched {
  beams: number;
  tokens: number;
  end: number;
  lengthPenalty: number;
  /** Log probabilities of the first token. */
  first: number[];
  /** after[sum][next]: log probabilities of the next one, behind tokens whose sum, modulo their number, is this. */
  after: number[][];
}

/** The model: log probabilities of a text's next token. */
export function next(text: readonly number[], { first, after }: Pick<Searched, "first" | "after">): number[] {
  return text.length === 0 ? first : after[text.reduce((a, b) => a + b) % after.length];
}

export const exercises = {
  search({ BeamSearch }: Student, { first, after, ...options }: Searched) {
    const search = new BeamSearch(options);
    let rows: number[][] = [[]];
    for (let step = 0; step < options.tokens && rows.length > 0; step++) {
      const present = rows;
      const growth = search.grow(present.map((row) => next(row, { first, after })));
      rows = growth.map(({ from, token }) => {
        if (present[from] === undefined) throw new Error(`no row ${from} to go on from: there are ${present.length}`);
        return [...present[from], token];
      });
    }
    return search.results().map(({ tokens, score }) => ({ tokens: [...tokens], score }));
  },
};
