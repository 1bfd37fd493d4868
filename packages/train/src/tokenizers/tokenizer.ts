/** A text, or the bytes of one (UTF-8, mostly): what has no whole characters, as a corpus cut at a byte, is bytes. */
export type Text = string | Uint8Array;

/** Turns text into whole numbers from 0 to `size - 1`, and back. An own one needs no more than the first three. */
export interface Tokenizer {
  /** How many different tokens there are. */
  readonly size: number;
  encode(text: string): Int32Array;
  decode(tokens: ArrayLike<number>): string;

  /** Tokens that stand for no text. */
  readonly special?: SpecialTokens;
  /** What a token is, as people say it: "character"; "token" unless given. */
  readonly unit?: string;
  /** Bytes as they are, for tokenizers whose tokens are bytes or strings of them: no byte is lost, and none is added. */
  encodeBytes?(bytes: Uint8Array): Int32Array;
  decodeBytes?(tokens: ArrayLike<number>): Uint8Array;
  /** What `tokenizerFromJSON` makes the same tokenizer from. Without it the tokenizer cannot be saved. */
  toJSON?(): TokenizerJSON | Readonly<Record<string, unknown>>;
}

/** Ids of the tokens that a tokenizer may have for a purpose. */
export interface SpecialTokens {
  /** Fills batches up. */
  readonly padding?: number;
  /** Stands for whatever has no token of its own. */
  readonly unknown?: number;
  readonly beginOfText?: number;
  readonly endOfText?: number;
}

/** How a tokenizer is written to a file: a format tag, its kind, and what that kind needs. */
export interface TokenizerJSON {
  format: "lectern-tokenizer-1";
  kind: string;
  [key: string]: unknown;
}

/** A way of cutting texts up: how a tokenizer of this kind is made, and read again. `registerTokenizer` makes it known. */
export interface TokenizerKind {
  /** What `toJSON` gives as its kind. */
  readonly kind: string;
  /** What it is called where one is chosen, as by `--tokenizer word`; the kind unless given. */
  readonly name?: string;
  /** Learns a tokenizer from texts. Without it, tokenizers of this kind can only be read. */
  from?(texts: readonly Text[], options: LearnOptions): Tokenizer;
  /** Its number of tokens cannot be chosen: the texts, or the kind itself, decide. */
  readonly fixed?: boolean;
  /** Whether a description in another format, as other programs write it, is one of this kind. */
  recognizes?(json: Readonly<Record<string, unknown>>): boolean;
  /** Errors: a description that is damaged. */
  fromJSON(json: Readonly<Record<string, unknown>>): Tokenizer;
}

/** What a tokenizer is learned with. */
export interface LearnOptions {
  /** Tokens in all, for kinds that have the choice. */
  readonly size?: number;
  /** Whether there has to be a token for what the texts do not hold. */
  readonly unknown?: boolean;
}

/** The tokens of a text or of bytes. A tokenizer that knows no bytes gets them as the text they are in UTF-8. */
export function encodeText(tokenizer: Tokenizer, text: Text): Int32Array {
  if (typeof text === "string") return tokenizer.encode(text);
  return tokenizer.encodeBytes?.(text) ?? tokenizer.encode(utf8(text));
}

/** Bytes of UTF-8 as text; what is no UTF-8 becomes U+FFFD. */
export function utf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
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
export function tokenAt<T>(tokens: ArrayLike<T>, id: number): T {
  const token = tokens[id];
  if (token === undefined) throw new RangeError(`decode: token ${id} is outside 0 … ${tokens.length - 1}`);
  return token;
}
