import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  CharTokenizer,
  loadTokenizer,
  saveTokenizer,
  splitWords,
  type Tokenizer,
  tokenizerFromJSON,
  WordTokenizer,
} from "../src/index.ts";
import { temporaryFolder } from "./helpers.ts";

describe("CharTokenizer", () => {
  it("numbers characters in the order of their code points", () => {
    const tokenizer = CharTokenizer.from("bé\na😀b");
    expect(tokenizer.size).toBe(5);
    expect([...tokenizer.encode("\nabé😀")]).toEqual([0, 1, 2, 3, 4]);
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
    expect(tokenizer.padding).toBe(0);
    expect(tokenizer.decode([2, 3, 0])).toBe("the whale <pad>");
  });

  it("refuses a size without room for words, and texts without any", () => {
    expect(() => WordTokenizer.from(["a"], { size: 2 })).toThrow("WordTokenizer: size is 2, it has to be 3 or more");
    expect(() => WordTokenizer.from(["…", ""])).toThrow(/no word in the texts/);
  });
});

describe("a tokenizer's file", () => {
  it.each<[string, Tokenizer]>([
    ["characters", CharTokenizer.from("to be, or not to be")],
    ["characters with an unknown one", CharTokenizer.from("to be", { unknown: true })],
    ["words", WordTokenizer.from(["To be, or not to be: that is the question."])],
  ])("gives the same tokenizer again: %s", async (_, tokenizer) => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    await saveTokenizer(path, tokenizer);
    const again = await loadTokenizer(path);
    expect(again).toBeInstanceOf(tokenizer.constructor);
    expect(again.size).toBe(tokenizer.size);
    expect(again.encode("to be")).toEqual(tokenizer.encode("to be"));
    expect(again.toJSON()).toEqual(tokenizer.toJSON());
  });

  const tagged = (rest: object) => ({ format: "lectern-tokenizer-1", ...rest });
  it.each<[string, unknown, RegExp]>([
    ["no object", null, /this is no tokenizer/],
    ["another format", { format: "1.0", model: {} }, /this is no tokenizer/],
    ["no kind", tagged({}), /unknown kind undefined: there are characters, words/],
    ["a kind that every object has", tagged({ kind: "toString" }), /unknown kind "toString"/],
    ["no tokens", tagged({ kind: "characters" }), /"tokens" has to be a list of strings/],
    ["numbers for tokens", tagged({ kind: "characters", tokens: [1] }), /has to be a list of strings/],
    ["a token twice", tagged({ kind: "characters", tokens: ["a", "a"] }), /names a token twice/],
    ["words without padding", tagged({ kind: "words", tokens: ["a", "b"] }), /first two tokens/],
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
