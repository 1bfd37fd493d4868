import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadTokenizer, saveTokenizer, tokenizerFromJSON } from "../src/index.ts";
import { readFixture, temporaryFolder } from "./helpers.ts";

/** What Hugging Face's own library makes of texts (fixtures/make_ready.py). */
const theirs =
  readFixture<
    Record<string, { json: object; size: number; texts: { text: string; ids: number[]; decoded: string }[] }>
  >("ready.json");

function write(json: unknown): string {
  const path = `${temporaryFolder()}/tokenizer.json`;
  writeFileSync(path, JSON.stringify(json));
  return path;
}

describe.each(Object.entries(theirs))("a checkpoint's own tokenizer: %s", (_, { json, size, texts }) => {
  it("gives the ids and the texts that it gives there", async () => {
    const tokenizer = await loadTokenizer(write(json));
    expect(tokenizer.size).toBe(size);
    for (const { text, ids, decoded } of texts) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
  });

  it("is saved as it was read", async () => {
    const path = write(json);
    const copy = `${temporaryFolder()}/tokenizer.json`;
    await saveTokenizer(copy, await loadTokenizer(path));
    const again = await loadTokenizer(copy);
    expect([...again.encode(texts[0].text)]).toEqual(texts[0].ids);
  });
});

it("is made from a file alone, since its library has to be loaded", () => {
  expect(() => tokenizerFromJSON(theirs.unigram.json)).toThrow(/its model is "Unigram", and only byte-level BPE/);
});

it.each([
  ["another model", { model: { type: "Mystery", vocab: {} } }],
  ["an id without end", { model: { type: "WordPiece", unk_token: "a", vocab: { a: 0, b: 2 ** 31 } } }],
  ["no vocabulary", { model: { type: "WordPiece" } }],
  ["a rule that is none", { ...theirs.wordpiece.json, pre_tokenizer: { type: "Split", pattern: { Regex: "(" } } }],
])("is refused in one line where it has %s", async (_, json) => {
  const path = write(json);
  const error = await loadTokenizer(path).then(
    () => new Error("it was read"),
    (reason: Error) => reason,
  );
  expect(error.message).toContain(`${path}: tokenizer: its model is`);
  expect(error.message).not.toContain("\n");
});
