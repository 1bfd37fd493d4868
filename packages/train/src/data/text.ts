import { learnTokenizer } from "../tokenizers/kinds.ts";
import { encodeText, type Text, type Tokenizer } from "../tokenizers/tokenizer.ts";
import { ConsecutiveWindows, RandomWindows } from "./windows.ts";

export interface TextDataOptions {
  context: number;
  batch: number;
  /** Unless given, made from the whole text, one token a character; for bytes, one token a byte. */
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
  text: Text | { readonly train: Text; readonly validation: Text },
  options: TextDataOptions,
): { train: RandomWindows; validation: ConsecutiveWindows; tokenizer: Tokenizer } {
  const parts = isText(text) ? [text] : [text.train, text.validation];
  const kind = parts.every((part) => typeof part === "string") ? "char" : "byte";
  const { context, batch, tokenizer = learnTokenizer(kind, parts), validationShare = 0.1, seed } = options;
  if (!(validationShare > 0 && validationShare < 1)) {
    throw new RangeError(`data: validationShare is ${validationShare}, it lies between 0 and 1`);
  }
  const encoded = parts.map((part) => encodeText(tokenizer, part));
  const [train, validation] = isText(text) ? divided(encoded[0], validationShare) : encoded;
  return {
    train: new RandomWindows(train, { context, batch, seed }),
    validation: new ConsecutiveWindows(validation, { context, batch }),
    tokenizer,
  };
}

const isText = (text: Text | object): text is Text => typeof text === "string" || text instanceof Uint8Array;

function divided(tokens: Int32Array, validationShare: number): [Int32Array, Int32Array] {
  const border = Math.floor(tokens.length * (1 - validationShare));
  return [tokens.subarray(0, border), tokens.subarray(border)];
}
