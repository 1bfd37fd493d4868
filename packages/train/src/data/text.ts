import { CharTokenizer } from "../tokenizers/characters.ts";
import type { Tokenizer } from "../tokenizers/tokenizer.ts";
import { ConsecutiveWindows, RandomWindows } from "./windows.ts";

export interface TextDataOptions {
  context: number;
  batch: number;
  /** Made from the whole text, one token a character, unless given. */
  tokenizer?: Tokenizer;
  /** The share of the text, at its end, that is kept for validation; 0.1 unless said otherwise. */
  validationShare?: number;
  seed?: string | number;
}

/** A text as a language model learns it: the beginning to train on, the end to validate. */
export function textData(
  text: string,
  options: TextDataOptions,
): { train: RandomWindows; validation: ConsecutiveWindows; tokenizer: Tokenizer } {
  const { context, batch, tokenizer = CharTokenizer.from(text), validationShare = 0.1, seed } = options;
  if (!(validationShare > 0 && validationShare < 1)) {
    throw new RangeError(`data: validationShare is ${validationShare}, it lies between 0 and 1`);
  }
  const tokens = tokenizer.encode(text);
  const border = Math.floor(tokens.length * (1 - validationShare));
  return {
    train: new RandomWindows(tokens.subarray(0, border), { context, batch, seed }),
    validation: new ConsecutiveWindows(tokens.subarray(border), { context, batch }),
    tokenizer,
  };
}
