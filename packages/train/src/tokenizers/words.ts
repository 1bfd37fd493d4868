import { stringsFrom, type Tokenizer, type TokenizerJSON, type TokenizerKind, tokenAt, utf8 } from "./tokenizer.ts";

const PADDING = "<pad>";
const UNKNOWN = "<unk>";

/** Scripts that are written without spaces between words: there a character is read as a word is elsewhere. */
const UNSPACED = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"]
  .map((script) => `\\p{Script=${script}}`)
  .join("");

const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, "u");
const WORDS = /[\p{L}\p{M}\p{N}_]+|[.,!?()']/gu;
const WORDS_AND_UNSPACED = new RegExp(
  `[${UNSPACED}]\\p{M}*|[[\\p{L}\\p{M}\\p{N}_]--[${UNSPACED}]]+|[.,!?\\(\\)'。，！？]`,
  "gv",
);

/**
 * Words, numbers and the common marks, lower-cased, in the manner of torchtext's basic_english; HTML line breaks are spaces.
 * Chinese, Japanese, Thai and others that have no spaces are read character by character.
 */
export function splitWords(text: string): string[] {
  const plain = text.toLowerCase().replace(/<br\s*\/?>/g, " ");
  return plain.match(HAS_UNSPACED.test(plain) ? WORDS_AND_UNSPACED : WORDS) ?? [];
}

/** One token for each of the most frequent words. 0 is padding; 1 stands for every other word. */
export class WordTokenizer implements Tokenizer {
  readonly size: number;
  readonly unit = "word";
  readonly special = { padding: 0, unknown: 1 } as const;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(tokens: readonly string[]) {
    if (tokens[0] !== PADDING || tokens[1] !== UNKNOWN) {
      throw new Error(`WordTokenizer: the first two tokens have to be ${PADDING} and ${UNKNOWN}`);
    }
    this.#tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.size = tokens.length;
  }

  /** Counts the words of some texts and takes over the most frequent, `size` tokens in all. Errors: a size below 3, no words. */
  static from(texts: Iterable<string>, { size = 10_000 } = {}): WordTokenizer {
    if (!(size >= 3)) throw new RangeError(`WordTokenizer: size is ${size}, it has to be 3 or more`);
    const counts = new Map<string, number>();
    for (const text of texts) {
      for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    if (counts.size === 0) throw new Error("WordTokenizer: there is no word in the texts");
    // Equally frequent words in the order of their letters, so that the same texts always give the same ids.
    const words = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([word]) => word);
    return new WordTokenizer([PADDING, UNKNOWN, ...words.slice(0, size - 2)]);
  }

  static fromJSON(json: Readonly<Record<string, unknown>>): WordTokenizer {
    return new WordTokenizer(stringsFrom(json, "tokens"));
  }

  encode(text: string): Int32Array {
    return Int32Array.from(splitWords(text), (word) => this.#ids.get(word) ?? this.special.unknown);
  }

  /** The words with spaces between them. */
  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (id) => tokenAt(this.#tokens, id)).join(" ");
  }

  toJSON(): TokenizerJSON {
    return { format: "lectern-tokenizer-1", kind: "words", tokens: [...this.#tokens] };
  }
}

export const words: TokenizerKind = {
  kind: "words",
  name: "word",
  from: (texts, { size }) =>
    WordTokenizer.from(
      texts.map((text) => (typeof text === "string" ? text : utf8(text))),
      { size },
    ),
  fromJSON: WordTokenizer.fromJSON,
};
