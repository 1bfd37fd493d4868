import { learnTokenizer } from "../tokenizers/kinds.ts";
import { encodeText, type Text, type Tokenizer } from "../tokenizers/tokenizer.ts";
import { ConsecutiveWindows, RandomWindows } from "./windows.ts";

/** How a text is cut into tokens, windows and batches. */
export interface TextDataOptions {
  context: number;
  batch: number;
  /** Unless given, made from the whole text, one token a character; for bytes, one token a byte. */
  tokenizer?: Tokenizer;
  /** The share of the text, at its end, that is kept for validation; 0.1 unless said otherwise. */
  validationShare?: number;
  seed?: string | number;
  /** What the text is, written into a run; a corpus' name and unit unless given. */
  description?: Readonly<Record<string, unknown>>;
}

/**
 * A text as a language model learns it: the beginning to train on, the end to validate. A corpus that is divided already
 * (as `loadText` of `@lectern/datasets` gives it) stays as it is.
 */
export function textData(
  text: Text | { readonly train: Text; readonly validation: Text; readonly name?: string },
  options: TextDataOptions,
): { train: RandomWindows; validation: ConsecutiveWindows; tokenizer: Tokenizer } {
  const parts = isText(text) ? [text] : [text.train, text.validation];
  const kind = parts.every((part) => typeof part === "string") ? "char" : "byte";
  const { context, batch, tokenizer = learnTokenizer(kind, parts), validationShare = 0.1, seed, description } = options;
  if (!(validationShare > 0 && validationShare < 1)) {
    throw new RangeError(`data: validationShare is ${validationShare}, it lies between 0 and 1`);
  }
  const encoded = parts.map((part) => encodeText(tokenizer, part));
  const [train, validation] = isText(text) ? divided(encoded[0], validationShare) : encoded;
  return {
    train: new RandomWindows(train, { context, batch, seed, description: { ...origin(text), ...description } }),
    validation: new ConsecutiveWindows(validation, { context, batch }),
    tokenizer,
  };
}

const isText = (text: Text | object): text is Text => typeof text === "string" || text instanceof Uint8Array;

/** Where a text came from, as far as it says so: then the run can be evaluated on it again. */
function origin(text: Text | { readonly name?: string }): Record<string, unknown> {
  return isText(text) ? {} : { data: text.name };
}

function divided(tokens: Int32Array, validationShare: number): [Int32Array, Int32Array] {
  const border = Math.floor(tokens.length * (1 - validationShare));
  return [tokens.subarray(0, border), tokens.subarray(border)];
}
