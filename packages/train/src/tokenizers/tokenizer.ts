/** Turns text into whole numbers from 0 to `size - 1`, and back. */
export interface Tokenizer {
  /** How many different tokens there are. */
  readonly size: number;
  /** The id that fills batches up, where the tokenizer has one. */
  readonly padding?: number;
  encode(text: string): Int32Array;
  decode(tokens: ArrayLike<number>): string;
  /** What `tokenizerFromJSON` makes the same tokenizer from. */
  toJSON(): TokenizerJSON;
}

/** How a tokenizer is written to a file: a format tag, its kind, and what that kind needs. */
export interface TokenizerJSON {
  format: "lectern-tokenizer-1";
  kind: string;
  [key: string]: unknown;
}

/** The list of different strings that is found under `key`. Errors: it is not there, or is none. */
export function stringsFrom(json: Readonly<Record<string, unknown>>, key: string): string[] {
  const list = json[key];
  if (!Array.isArray(list) || list.length === 0 || list.some((entry) => typeof entry !== "string" || entry === "")) {
    throw new Error(`tokenizer: "${key}" has to be a list of strings: the file is damaged`);
  }
  if (new Set(list).size !== list.length) {
    throw new Error(`tokenizer: "${key}" names a token twice: the file is damaged`);
  }
  return list as string[];
}

/** The token with an id. Errors: there is none. */
export function tokenAt(tokens: readonly string[], id: number): string {
  const token = tokens[id];
  if (token === undefined) throw new RangeError(`decode: token ${id} is outside 0 … ${tokens.length - 1}`);
  return token;
}
