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

/** What joins code points to one emoji: the joiner, variation selectors, flags' letters, skin colours, keycaps, tags. */
const JOINS_EMOJI = /[\u200d\ufe0f\u20e3\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]/u;

/** An emoji, of as many code points as it takes, or one code point. */
const EMOJI_OR_ANY = new RegExp(["\\p{RGI_Emoji}", "[\\s\\S]"].join("|"), "gv");

/** A text's characters: code points, but an emoji of several of them, such as a flag or a family, is one. */
function charactersOf(text: string): Iterable<string> {
  return JOINS_EMOJI.test(text) ? (text.match(EMOJI_OR_ANY) ?? []) : text;
}

/** How many characters a text has, as `CharTokenizer` sees them. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of charactersOf(text)) count++;
  return count;
}

/** One token for each character (code point, or whole emoji) of the text it was made from, in the order of their numbers. */
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
    const characters = [...new Set(charactersOf(text))].sort(
      (a, b) => a.codePointAt(0)! - b.codePointAt(0)! || (a < b ? -1 : 1),
    );
    return new CharTokenizer(unknown ? [UNKNOWN, ...characters] : characters);
  }

  static fromJSON(json: Readonly<Record<string, unknown>>): CharTokenizer {
    return new CharTokenizer(stringsFrom(json, "tokens"));
  }

  encode(text: string): Int32Array {
    const ids = new Int32Array(text.length);
    const { unknown } = this.special;
    let count = 0;
    for (const character of charactersOf(text)) {
      const id = this.#ids.get(character);
      if (id !== undefined) ids[count++] = id;
      // An emoji that is not known as a whole may be in its parts.
      else {
        for (const part of character) {
          ids[count] = this.#ids.get(part) ?? unknown ?? this.#strange(part, count);
          count++;
        }
      }
    }
    return ids.slice(0, count);
  }

  #strange(character: string, position: number): never {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    throw new Error(
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
  fixed: true,
  from: (texts, { unknown }) =>
    CharTokenizer.from(texts.map((text) => (typeof text === "string" ? text : utf8(text))).join(""), { unknown }),
  fromJSON: CharTokenizer.fromJSON,
};
