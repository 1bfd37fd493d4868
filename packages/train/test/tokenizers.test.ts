import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ByteTokenizer,
  CharTokenizer,
  countCharacters,
  encodeText,
  learnTokenizer,
  loadTokenizer,
  registerTokenizer,
  type StreamDecoder,
  saveTokenizer,
  splitWords,
  streamDecoder,
  type Tokenizer,
  type TokenizerJSON,
  tokenizerFromJSON,
  tokenizerNames,
  tokenizerToJSON,
  WordTokenizer,
} from "../src/index.ts";
import { temporaryFolder } from "./helpers.ts";

describe("CharTokenizer", () => {
  it("numbers characters in the order of their code points", () => {
    const tokenizer = CharTokenizer.from("bé\na😀b");
    expect(tokenizer.size).toBe(5);
    expect([...tokenizer.encode("\nabé😀")]).toEqual([0, 1, 2, 3, 4]);
  });

  it("takes an emoji for one character, of however many code points it is", () => {
    const text = "Hi 😀👩‍👩‍👧 ok 🇷🇺👍🏽!";
    const tokenizer = CharTokenizer.from(text);
    expect([countCharacters(text), tokenizer.encode(text).length, tokenizer.size]).toEqual([12, 12, 10]);
    expect(tokenizer.decode(tokenizer.encode("👩‍👩‍👧🇷🇺").slice(0, 1))).toBe("👩‍👩‍👧");
    const parts = CharTokenizer.from("👩👧\u200d");
    expect(parts.decode(parts.encode("👩‍👧"))).toBe("👩‍👧");
    expect(() => CharTokenizer.from("🇷🇺").encode("🇷🇸")).toThrow('"🇷" (U+1F1F7), character 1 of the text');
  });

  it("gives every text back", () => {
    const text = "Call me Ishmael. “Some years ago” – never mind, 😀 👩‍👩‍👧!\r\n\t";
    const tokenizer = CharTokenizer.from(text);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it("says which character it does not know, and where", () => {
    expect(() => CharTokenizer.from("abc").encode("a😀é")).toThrow(
      'CharTokenizer: "😀" (U+1F600), character 2 of the text, is not among the 3 it was made from',
    );
  });

  it("has a token for unknown characters if asked for", () => {
    const tokenizer = CharTokenizer.from("ab", { unknown: true });
    expect([...tokenizer.encode("axb")]).toEqual([1, 0, 2]);
    expect(tokenizer.decode([1, 0, 2])).toBe("a<unk>b");
  });

  it("refuses an empty text, and tokens that are not there", () => {
    expect(() => CharTokenizer.from("")).toThrow(/the text is empty/);
    expect(() => CharTokenizer.from("ab").decode([2])).toThrow("decode: token 2 is outside 0 … 1");
  });
});

describe("WordTokenizer", () => {
  it("reads what is written without spaces character by character", () => {
    const words = ["这部", "iphone", "很好看", "。", "ありがとう", "ไทย", "мир", "!"];
    const characters = words.flatMap((word) => (/^[a-zмир]+$/.test(word) ? [word] : [...word]));
    expect(splitWords("这部iPhone很好看。ありがとう ไทย мир!")).toEqual(characters);
  });

  it("splits off marks, lower-cases, and takes HTML line breaks for spaces", () => {
    expect(splitWords("It's GREAT!<br /><br />10/10, Amélie – (really)…")).toEqual([
      "it",
      "'",
      "s",
      "great",
      "!",
      "10",
      "10",
      ",",
      "amélie",
      "(",
      "really",
      ")",
    ]);
  });

  it("takes the most frequent words, equally frequent ones by their letters", () => {
    const tokenizer = WordTokenizer.from(["b c c", "a b c", "d"], { size: 5 });
    expect(tokenizer.toJSON().tokens).toEqual(["<pad>", "<unk>", "c", "b", "a"]);
  });

  it("encodes unknown words as 1, and leaves 0 to padding", () => {
    const tokenizer = WordTokenizer.from(["the whale"]);
    expect([...tokenizer.encode("The white whale <pad>")]).toEqual([2, 1, 3, 1]);
    expect(tokenizer.special).toEqual({ padding: 0, unknown: 1 });
    expect(tokenizer.decode([2, 3, 0])).toBe("the whale <pad>");
  });

  it("refuses a size without room for words, and texts without any", () => {
    expect(() => WordTokenizer.from(["a"], { size: 2 })).toThrow("WordTokenizer: size is 2, it has to be 3 or more");
    expect(() => WordTokenizer.from(["…", ""])).toThrow(/no word in the texts/);
  });
});

describe("ByteTokenizer", () => {
  const tokenizer = new ByteTokenizer();

  it("has a token for each byte of UTF-8", () => {
    expect(tokenizer.size).toBe(256);
    expect([...tokenizer.encode("aж\0")]).toEqual([97, 0xd0, 0xb6, 0]);
    expect(tokenizer.decode([97, 0xd0, 0xb6, 0])).toBe("aж\0");
  });

  it("gives all bytes back as they were, also where they are no UTF-8", () => {
    const broken = Uint8Array.from({ length: 512 }, (_, i) => i);
    expect(tokenizer.decodeBytes(tokenizer.encodeBytes(broken))).toEqual(broken);
    expect(tokenizer.decode([0xd0, 97])).toBe("\uFFFDa");
    expect(tokenizer.decode([0xef, 0xbb, 0xbf, 97])).toBe("\uFEFFa");
  });

  it("may be made of some bytes alone, and names the first that is none of them", () => {
    const some = new ByteTokenizer([98, 97]);
    expect([...some.encode("ab")]).toEqual([1, 0]);
    expect(() => some.encode("abc")).toThrow(
      "ByteTokenizer: 99, byte 3 of the text, is not among the 2 it was made from",
    );
  });
});

describe("bytes of a text", () => {
  it("are the tokens of tokenizers that know bytes, and are read as UTF-8 for the others", () => {
    const bytes = new TextEncoder().encode("жук");
    expect([...encodeText(new ByteTokenizer(), bytes)]).toEqual([...bytes]);
    const characters = CharTokenizer.from("жук");
    expect(encodeText(characters, bytes)).toEqual(characters.encode("жук"));
    expect(encodeText(characters, "жук")).toEqual(characters.encode("жук"));
  });
});

describe("decoding a stream", () => {
  const piecesOf = (decoder: StreamDecoder, tokens: Iterable<number>) => [
    ...Array.from(tokens, (token) => decoder.push(token)),
    decoder.end(),
  ];
  const text = "Наш 🐳, é!";

  /** Bytes, two at a time where they can be; knows nothing of streams. */
  const pairs: Tokenizer = {
    size: 65536,
    encode: (of) => {
      const bytes = [...new TextEncoder().encode(of)];
      return Int32Array.from(
        { length: Math.ceil(bytes.length / 2) },
        (_, i) => bytes[2 * i] * 256 + (bytes[2 * i + 1] ?? 0),
      );
    },
    decode: (tokens) =>
      new TextDecoder().decode(Uint8Array.from(Array.from(tokens).flatMap((id) => [id >> 8, id & 255]))),
  };

  it.each<[string, Tokenizer]>([
    ["characters", CharTokenizer.from(text)],
    ["bytes", new ByteTokenizer()],
    ["an own tokenizer that has no stream", pairs],
  ])("gives the text in pieces, none of them half a character: %s", (_, tokenizer) => {
    const tokens = tokenizer.encode(text);
    const pieces = piecesOf(streamDecoder(tokenizer), tokens);
    expect(pieces.join("")).toBe(tokenizer.decode(tokens));
    expect(pieces.join("")).not.toContain("\uFFFD");
  });

  it("holds bytes back until a character is whole", () => {
    const decoder = streamDecoder(new ByteTokenizer());
    expect(piecesOf(decoder, new TextEncoder().encode("aж🐳"))).toEqual(["a", "", "ж", "", "", "", "🐳", ""]);
  });

  it("tells half a character at the end as what it is", () => {
    for (const tokenizer of [new ByteTokenizer(), { ...pairs, decodeBytes: undefined }]) {
      const decoder = streamDecoder(tokenizer);
      const token = tokenizer.size === 256 ? 0xd0 : 0x61d0;
      const pieces = piecesOf(decoder, [token]);
      expect(pieces.join("")).toMatch(/^a?\uFFFD$/);
      expect(pieces[0]).toBe("");
    }
  });

  it("puts spaces between words, none before the first", () => {
    const words = WordTokenizer.from(["to be or not"]);
    expect(piecesOf(streamDecoder(words), words.encode("to be or"))).toEqual(["to", " be", " or", ""]);
  });
});

/** Tokens are whole words, and spaces between them. */
class SpacedTokenizer implements Tokenizer {
  readonly size: number;
  readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
    this.size = words.length;
  }
  encode(text: string): Int32Array {
    return Int32Array.from(text.split(/(?= )/), (word) => this.words.indexOf(word));
  }
  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, (id) => this.words[id]).join("");
  }
  toJSON(): TokenizerJSON {
    return { format: "lectern-tokenizer-1", kind: "spaced", words: this.words };
  }
}

describe("a kind of tokenizer", () => {
  it("is chosen by name, with a number of tokens where it has one", () => {
    expect(tokenizerNames()).toEqual(expect.arrayContaining(["char", "byte", "word"]));
    expect(learnTokenizer("char", ["ab", "bc"]).size).toBe(3);
    expect(learnTokenizer("char", ["ab"], { unknown: true }).special?.unknown).toBe(0);
    expect(learnTokenizer("byte", ["ab"]).size).toBe(256);
    expect(learnTokenizer("word:4", ["a b c", new TextEncoder().encode("a b d")]).size).toBe(4);
    expect(() => learnTokenizer("wrod", [])).toThrow(/there is none named "wrod"; there are char, byte, word/);
    expect(() => learnTokenizer("char:5", ["a"])).toThrow('how many tokens "char" has is not chosen');
    expect(() => learnTokenizer("byte:300", ["a"])).toThrow('how many tokens "byte" has is not chosen');
    expect(() => learnTokenizer("word:many", ["a"])).toThrow(
      'in "word:many" a number of tokens has to follow the colon',
    );
  });

  it("is known once it is registered: then its tokenizers are saved, read and chosen as all others", async () => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    const own = new SpacedTokenizer(["to", " be"]);
    await expect(saveTokenizer(path, own)).rejects.toThrow(
      'SpacedTokenizer: this tokenizer could not be read again: its kind "spaced" is unknown; make it known by registerTokenizer',
    );
    registerTokenizer({
      kind: "spaced",
      from: (texts) => new SpacedTokenizer([...new Set(texts.flatMap((text) => String(text).split(/(?= )/)))]),
      fromJSON: ({ words }) => new SpacedTokenizer(words as string[]),
    });
    await saveTokenizer(path, own);
    const again = await loadTokenizer(path);
    expect(again).toBeInstanceOf(SpacedTokenizer);
    expect([...again.encode("to be")]).toEqual([0, 1]);
    expect(learnTokenizer("spaced", ["to be to"]).size).toBe(3);
  });

  it("cannot take another's name", () => {
    expect(() => registerTokenizer({ kind: "word", fromJSON: () => new ByteTokenizer() })).toThrow(
      'registerTokenizer: there is a tokenizer of the kind "words", named "word"',
    );
  });

  it("says what is missing where a tokenizer cannot be saved", async () => {
    const { size, encode, decode } = new ByteTokenizer();
    await expect(saveTokenizer("nowhere.json", { size, encode, decode })).rejects.toThrow(
      "this tokenizer cannot be saved with the run: give it a toJSON(), and registerTokenizer",
    );
  });
});

describe("a tokenizer's file", () => {
  it.each<[string, Tokenizer]>([
    ["characters", CharTokenizer.from("to be, or not to be")],
    ["characters with an unknown one", CharTokenizer.from("to be", { unknown: true })],
    ["words", WordTokenizer.from(["To be, or not to be: that is the question."])],
    ["bytes", new ByteTokenizer()],
    ["bytes that are not all", new ByteTokenizer(Buffer.from("eotb n"))],
  ])("gives the same tokenizer again: %s", async (_, tokenizer) => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    await saveTokenizer(path, tokenizer);
    const again = await loadTokenizer(path);
    expect(again).toBeInstanceOf(tokenizer.constructor);
    expect(again.size).toBe(tokenizer.size);
    expect(again.encode("to be")).toEqual(tokenizer.encode("to be"));
    expect(tokenizerToJSON(again)).toEqual(tokenizerToJSON(tokenizer));
  });

  const tagged = (rest: object) => ({ format: "lectern-tokenizer-1", ...rest });
  it.each<[string, unknown, RegExp]>([
    ["no object", null, /this is no tokenizer/],
    ["another format", { format: "1.0", model: {} }, /this is no tokenizer/],
    ["no kind", tagged({}), /unknown kind undefined: there are characters, bytes, words/],
    ["a kind that every object has", tagged({ kind: "toString" }), /unknown kind "toString"/],
    ["no tokens", tagged({ kind: "characters" }), /"tokens" has to be a list of strings/],
    ["numbers for tokens", tagged({ kind: "characters", tokens: [1] }), /has to be a list of strings/],
    ["a token twice", tagged({ kind: "characters", tokens: ["a", "a"] }), /names a token twice/],
    ["words without padding", tagged({ kind: "words", tokens: ["a", "b"] }), /first two tokens/],
    ["bytes beyond 255", tagged({ kind: "bytes", bytes: [1, 256] }), /"bytes" has to be a list of numbers/],
    ["a byte twice", tagged({ kind: "bytes", bytes: [1, 1] }), /have to be different numbers from 0 to 255/],
  ])("is refused with a clear word: %s", (_, json, message) => {
    expect(() => tokenizerFromJSON(json)).toThrow(message);
  });

  it("is named when it is damaged or missing", async () => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    await expect(loadTokenizer(path)).rejects.toThrow(`no tokenizer file: ${path}: it does not exist`);
    writeFileSync(path, '{"format":');
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: tokenizer: it is no JSON`);
    writeFileSync(path, "[]");
    await expect(loadTokenizer(path)).rejects.toThrow(`${path}: tokenizer: this is no tokenizer`);
  });
});
