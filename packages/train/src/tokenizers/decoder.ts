import type { Tokenizer } from "./tokenizer.ts";

/** Turns tokens into text as they come. What `push` and `end` give makes, joined, the text of all tokens. */
export interface StreamDecoder {
  /** The text that is complete with this token: empty while a character is not whole, for a token may be half of one. */
  push(token: number): string;
  /** What was held back, when no more tokens come: half a character is U+FFFD. */
  end(): string;
}

/** A decoder for one text of this tokenizer. */
export function streamDecoder(tokenizer: Tokenizer): StreamDecoder {
  const { decodeBytes } = tokenizer;
  return decodeBytes
    ? new ByteStream((token) => decodeBytes.call(tokenizer, [token]))
    : new WindowDecoder((tokens) => tokenizer.decode(tokens));
}

/** Where tokens are bytes, UTF-8 itself says when a character is whole. */
class ByteStream implements StreamDecoder {
  readonly #bytesOf: (token: number) => Uint8Array;
  readonly #text = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(bytesOf: (token: number) => Uint8Array) {
    this.#bytesOf = bytesOf;
  }

  push(token: number): string {
    return this.#text.decode(this.#bytesOf(token), { stream: true });
  }

  end(): string {
    return this.#text.decode();
  }
}

/** What stands for a broken character. */
const REPLACEMENT = "\uFFFD";

/**
 * Any other tokenizer: the tokens since the last whole piece are decoded with that piece before them, for a token's text may
 * depend on what it follows (a word gets a space before it, but not at a text's beginning).
 */
class WindowDecoder implements StreamDecoder {
  readonly #decode: (tokens: readonly number[]) => string;
  #tokens: number[] = [];
  /** So many of the tokens have been told already. */
  #told = 0;

  constructor(decode: (tokens: readonly number[]) => string) {
    this.#decode = decode;
  }

  push(token: number): string {
    this.#tokens.push(token);
    const fresh = this.#fresh();
    if (fresh === "" || fresh.endsWith(REPLACEMENT)) return "";
    this.#tokens = this.#tokens.slice(this.#told);
    this.#told = this.#tokens.length;
    return fresh;
  }

  end(): string {
    const fresh = this.#fresh();
    this.#tokens = [];
    this.#told = 0;
    return fresh;
  }

  #fresh(): string {
    if (this.#tokens.length === this.#told) return "";
    const before = this.#told === 0 ? "" : this.#decode(this.#tokens.slice(0, this.#told));
    return this.#decode(this.#tokens).slice(before.length);
  }
}
