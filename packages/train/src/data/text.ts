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

/**
 * A text as a language model learns it: the beginning to train on, the end to validate. A corpus that is divided already
 * (as `loadText` of `@lectern/datasets` gives it) stays as it is.
 */
export function textData(
  text: string | { readonly train: string; readonly validation: string },
  options: TextDataOptions,
): { train: RandomWindows; validation: ConsecutiveWindows; tokenizer: Tokenizer } {
  const whole = typeof text === "string" ? text : text.train + text.validation;
  const { context, batch, tokenizer = CharTokenizer.from(whole), validationShare = 0.1, seed } = options;
  if (!(validationShare > 0 && validationShare < 1)) {
    throw new RangeError(`data: validationShare is ${validationShare}, it lies between 0 and 1`);
  }
  const [train, validation] =
    typeof text === "string" ? divided(tokenizer.encode(text), validationShare) : encoded(tokenizer, text);
  return {
    train: new RandomWindows(train, { context, batch, seed }),
    validation: new ConsecutiveWindows(validation, { context, batch }),
    tokenizer,
  };
}

function divided(tokens: Int32Array, validationShare: number): [Int32Array, Int32Array] {
  const border = Math.floor(tokens.length * (1 - validationShare));
  return [tokens.subarray(0, border), tokens.subarray(border)];
}

function encoded(tokenizer: Tokenizer, text: { train: string; validation: string }): [Int32Array, Int32Array] {
  return [tokenizer.encode(text.train), tokenizer.encode(text.validation)];
}
