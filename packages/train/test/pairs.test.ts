import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  CharTokenizer,
  encodePairs,
  evaluate,
  generateTexts,
  type Pair,
  padPairs,
  pairData,
  Trainer,
  WordTokenizer,
} from "../src/index.ts";

const quiet = { progress: "off", log: () => undefined } as const;

/** Capitals for small letters, and so many of them as there are. */
const pairs: Pair[] = ["a", "ab", "cab", "b", "ba", "abc", "c", "bca"].map((text) => ({
  prompt: `${text}=`,
  answer: text.toUpperCase(),
}));
const small = () => new GPT({ vocabulary: 8, layers: 1, heads: 2, width: 32, context: 8 });

describe("prompts and answers", () => {
  it("lie in one batch whatever their lengths, and only the answer and its end count", () => {
    const tokenizer = CharTokenizer.from("\n=ABCab");
    const { inputs, targets, count } = padPairs(encodePairs(tokenizer, [pairs[0], pairs[1]]));
    const [end, equals, a, b, smallA, smallB] = tokenizer.encode("\n=ABab");
    expect([inputs.shape, targets.shape, count]).toEqual([[2, 5], [2, 5], 8]);
    expect([...inputs.data]).toEqual([smallA, equals, a, 0, 0, smallA, smallB, equals, a, b]);
    expect([...targets.data]).toEqual([-100, a, end, -100, -100, -100, -100, a, b, end]);
  });

  it("are learned until unseen ones are answered too, which exactMatch counts as greedy choice writes them", async () => {
    manualSeed(1);
    const corpus = { name: "capitals", train: pairs, validation: pairs.slice(0, 3) };
    const { train, validation, tokenizer, objective } = pairData(corpus, { context: 8, batch: 8, seed: 1 });
    const model = small();
    const before = await evaluate(model, validation, { objective });
    const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
    await new Trainer({ model, optimizer, objective, ...quiet }).fit(train, { steps: 60 });
    const after = await evaluate(model, validation, { objective });
    expect([before.measures.exactMatch, after.measures.exactMatch]).toEqual([0, 1]);
    // Three answers of one and two and three letters, each with its end.
    expect(after.count).toBe(9);
    const prompts = pairs.map(({ prompt }) => prompt);
    const texts = await generateTexts(model, tokenizer, prompts, { tokens: 6, strategy: "greedy", stop: "\n" });
    expect(texts).toEqual(pairs.map(({ prompt, answer }) => prompt + answer));
  });

  it("without a rule are validated on what is trained, too, and that chooses the weights", async () => {
    const corpus = { train: pairs.slice(0, 6), validation: pairs.slice(6), byHeart: true };
    const { validation, objective } = pairData(corpus, { context: 8, batch: 4, seed: 1 });
    const { measures, count } = await evaluate(small(), validation, { objective });
    expect(Object.keys(measures).sort()).toEqual(["accuracy", "exactMatch", "loss", "trainExactMatch"]);
    // The loss is that of the unseen answers alone: C and BCA, with their ends.
    expect(count).toBe(6);
    expect([objective.best, objective.highest]).toEqual(["trainExactMatch", true]);
  });

  it("are told from others by what they say, so that a run goes on with the same alone", () => {
    const described = (of: readonly Pair[]) =>
      pairData({ train: of, validation: pairs }, { context: 8, batch: 4 }).train.describe().fingerprint;
    expect(described(pairs)).toBe(described([...pairs]));
    expect(described(pairs)).not.toBe(described([{ prompt: "a=", answer: "B" }, ...pairs.slice(1)]));
  });

  it("are refused where they do not fit, or a tokenizer has no end for them", () => {
    const corpus = { train: pairs, validation: pairs };
    expect(() => pairData(corpus, { context: 6, batch: 4 })).toThrow(
      /6 of 16 pairs are longer than the context of 6 tokens: give a context of 7 \(--context 7\)/,
    );
    const words = WordTokenizer.from(["a b c"]);
    expect(() => encodePairs(words, pairs)).toThrow(/no token for the end of an answer/);
    expect(() => encodePairs(CharTokenizer.from("a\n"), [{ prompt: "", answer: "a" }])).toThrow(
      /the prompt "" is no token/,
    );
  });
});
