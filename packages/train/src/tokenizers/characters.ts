import {
  type SpecialTokens,
  stringsFrom,
  type Tokenizer,
  type TokenizerJSON,
  type TokenizerKind,
  tokenAt,
  utf8,
} from "./tokenizer.ts";

const UNKNOWN = "<unk>";

/** One token for each character (Unicode code point) of the text it was made from, in the order of their numbers. */
export class CharTokenizer implements Tokenizer {
  readonly size: number;
  readonly unit = "character";
  readonly special: SpecialTokens;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.size = tokens.length;
    this.special = { unknown: this.#ids.get(UNKNOWN) };
  }

  /**
   * Takes over the characters of a text. With `unknown`, token 0 stands for all others; without, encoding one is an
   * error. Errors: an empty text.
   */
  static from(text: string, { unknown = false } = {}): CharTokenizer {
    if (text.length === 0) throw new Error("CharTokenizer: the text is empty, it has no characters to learn");
    const characters = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
    return new CharTokenizer(unknown ? [UNKNOWN, ...characters] : characters);
  }

  static fromJSON(json: Readonly<Record<string, unknown>>): CharTokenizer {
    return new CharTokenizer(stringsFrom(json, "tokens"));
  }

  encode(text: string): Int32Array {
    const ids = new Int32Array(text.length);
    const { unknown } = this.special;
    let count = 0;
    for (const character of text) {
      const id = this.#ids.get(character) ?? unknown;
      if (id === undefined) throw this.#strange(character, count);
      ids[count++] = id;
    }
    return ids.slice(0, count);
  }

  #strange(character: string, position: number): Error {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    return new Error(
      `CharTokenizer: ${JSON.stringify(character)} (U+${code}), character ${position + 1} of the text, is not among the ` +
        `${this.size} it was made from: leave it out, or make the tokenizer with { unknown: true }`,
    );
  }

  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (id) => tokenAt(this.#tokens, id)).join("");
  }

  toJSON(): TokenizerJSON {
    return { format: "lectern-tokenizer-1", kind: "characters", tokens: [...this.#tokens] };
  }
}

export const characters: TokenizerKind = {
  kind: "characters",
  name: "char",
  from: (texts, { unknown }) =>
    CharTokenizer.from(texts.map((text) => (typeof text === "string" ? text : utf8(text))).join(""), { unknown }),
  fromJSON: CharTokenizer.fromJSON,
};
