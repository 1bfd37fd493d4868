import { manualSeed, noGrad, tensor } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { filterLogits, sampleAt } from "../src/generate.ts";
import { CharTokenizer, type GenerateTokensOptions, generate, generateTokens, WordTokenizer } from "../src/index.ts";
import { Bigrams } from "./helpers.ts";

const logs = (...probabilities: number[]) => tensor([probabilities.map(Math.log)]);
const probabilities = (logits: ReturnType<typeof tensor>) => [...logits.softmax(-1).dataSync()];
const expectAbout = (actual: number[], expected: number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, p] of expected.entries()) expect(actual[i]).toBeCloseTo(p, 5);
};

const tokenizer = CharTokenizer.from("abcdefgh");
const smallGPT = () => {
  manualSeed(5);
  return new GPT({ vocabulary: 8, layers: 1, heads: 2, width: 8, context: 6 });
};

describe("the filters", () => {
  const logits = logs(0.1, 0.4, 0.2, 0.3);

  it("leave the distribution alone at temperature 1 without top-k and top-p", () => {
    expectAbout(probabilities(filterLogits(logits, {})), [0.1, 0.4, 0.2, 0.3]);
    expectAbout(probabilities(filterLogits(logits, { topK: 9, topP: 1 })), [0.1, 0.4, 0.2, 0.3]);
  });

  it("raise probabilities to the power 1 / temperature", () => {
    expectAbout(
      probabilities(filterLogits(logits, { temperature: 0.5 })),
      [0.01, 0.16, 0.04, 0.09].map((p) => p / 0.3),
    );
  });

  it("leave only the most likely token when the temperature falls towards 0", () => {
    expectAbout(probabilities(filterLogits(logits, { temperature: 1e-3 })), [0, 1, 0, 0]);
  });

  it("leave the k most likely tokens with top-k", () => {
    expectAbout(probabilities(filterLogits(logits, { topK: 2 })), [0, 4 / 7, 0, 3 / 7]);
    expectAbout(probabilities(filterLogits(logits, { topK: 1 })), [0, 1, 0, 0]);
  });

  it.each([
    [0.3, [0, 1, 0, 0]],
    [0.5, [0, 4 / 7, 0, 3 / 7]],
    [0.8, [0, 4 / 9, 2 / 9, 3 / 9]],
    [0.95, [0.1, 0.4, 0.2, 0.3]],
  ])("leave the smallest set of tokens that has the probability %f with top-p", (topP, expected) => {
    expectAbout(probabilities(filterLogits(logits, { topP })), expected);
  });

  it("apply top-p to what top-k left", () => {
    // Of 4/9, 3/9 and 2/9 the first two are enough for 0.7; of the whole they would not have been.
    expectAbout(probabilities(filterLogits(logits, { topK: 3, topP: 0.7 })), [0, 4 / 7, 0, 3 / 7]);
  });

  it("treat each row by itself", () => {
    const two = tensor([
      [0, 1, 2],
      [2, 1, 0],
    ]);
    const kept = filterLogits(two, { topK: 1 }).arraySync();
    expect(kept).toEqual([
      [-Infinity, -Infinity, 2],
      [2, -Infinity, -Infinity],
    ]);
  });
});

describe("drawing", () => {
  const at = (logits: ReturnType<typeof tensor>, point: number) => sampleAt(logits, tensor([[point]])).dataSync()[0];

  it("takes the token in whose stretch of the running sum the point lies", () => {
    const logits = logs(0.25, 0.5, 0.25);
    expect([0, 0.2, 0.3, 0.7, 0.8].map((point) => at(logits, point))).toEqual([0, 0, 1, 1, 2]);
  });

  it("never takes a token that was filtered out, at the ends neither", () => {
    const logits = tensor([[-Infinity, 0, -Infinity, 1, -Infinity]]);
    expect(at(logits, 0)).toBe(1);
    expect(at(logits, 1 - 2 ** -23)).toBe(3);
  });

  it("takes each token about as often as is its probability", async () => {
    const model = new Bigrams(3);
    noGrad(() => model.head.weight.zero_());
    noGrad(() => model.head.bias!.copy_(tensor([0.2, 0.3, 0.5].map(Math.log))));
    const [tokens] = await generateTokens(model, [[0]], { tokens: 2000, seed: 1 });
    const share = (token: number) => tokens.filter((t) => t === token).length / tokens.length;
    // Four standard deviations of a share are below 0.045.
    for (const [token, p] of [0.2, 0.3, 0.5].entries()) expect(Math.abs(share(token) - p)).toBeLessThan(0.045);
  });
});

describe("generate", () => {
  it("adds the given number of tokens to the prompt, past the model's context too", async () => {
    const text = await generate(smallGPT(), tokenizer, "abcdefgh", { tokens: 20, seed: 1 });
    expect(text).toMatch(/^abcdefgh[a-h]{20}$/);
  });

  it("takes the most likely token when greedy, as sampling does at a temperature near 0", async () => {
    const greedy = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, strategy: "greedy" });
    const cold = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, temperature: 1e-4, seed: 3 });
    const only = await generate(smallGPT(), tokenizer, "ab", { tokens: 12, topK: 1, seed: 3 });
    expect([cold, only]).toEqual([greedy, greedy]);
    const model = smallGPT();
    const logits = model.forward(tensor([[0, 1]], { dtype: "int32" })).select(1, 1);
    expect(greedy[2]).toBe("abcdefgh"[logits.argmax(-1).dataSync()[0]]);
  });

  it("gives the same for the same seed, and leaves the global generator alone then", async () => {
    const model = smallGPT();
    const sample = (seed?: number) => generate(model, tokenizer, "a", { tokens: 30, seed });
    const [first, again, other] = [await sample(1), await sample(1), await sample(2)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    manualSeed(8);
    const global = await sample();
    manualSeed(8);
    await sample(1);
    expect(await sample()).toBe(global);
  });

  it("tells each piece as soon as it is there; together they are the text", async () => {
    const words = WordTokenizer.from(["a b c d e f"]);
    for (const t of [tokenizer, words]) {
      const pieces: string[] = [];
      const model = new Bigrams(t.size);
      const text = await generate(model, t, "a b c".replaceAll(" ", t === words ? " " : ""), {
        tokens: 5,
        seed: 1,
        onToken: (piece) => pieces.push(piece),
      });
      expect(pieces.length).toBe(5);
      expect(text.endsWith(pieces.join(t === words ? " " : ""))).toBe(true);
    }
  });

  it("leaves the model as it was: training, and without gradients", async () => {
    const model = smallGPT().train();
    await generate(model, tokenizer, "a", { tokens: 2 });
    expect(model.training).toBe(true);
    expect(model.parameters().every((p) => p.grad === undefined)).toBe(true);
  });

  it("gives the prompt back where no token is asked for", async () => {
    expect(await generate(smallGPT(), tokenizer, "abc", { tokens: 0 })).toBe("abc");
  });
});

describe("generateTokens", () => {
  const greedy = (tokens: number): GenerateTokensOptions => ({ tokens, strategy: "greedy" });

  it("continues several prompts of different lengths as it does each alone", async () => {
    // A model of the last token alone, so that what a row sees does not depend on where its window begins.
    manualSeed(2);
    const model = new Bigrams(8);
    const prompts = [[1, 2, 3, 4, 5], [6], [3, 3]];
    const together = await generateTokens(model, prompts, greedy(6));
    for (const [i, prompt] of prompts.entries()) {
      expect(together[i]).toEqual((await generateTokens(model, [prompt], greedy(6)))[0]);
      expect(together[i].slice(0, prompt.length)).toEqual(prompt);
      expect(together[i].length).toBe(prompt.length + 6);
    }
  });

  it("tells which rows have a new token", async () => {
    const told: (readonly number[])[] = [];
    await generateTokens(new Bigrams(8), [[1, 2, 3], [1]], { ...greedy(2), onTokens: (tokens) => told.push(tokens) });
    expect(told.map((tokens) => tokens.map((token) => token >= 0))).toEqual([
      [false, true],
      [false, true],
      [true, false],
      [true, false],
    ]);
  });

  it.each<[Partial<GenerateTokensOptions>, string]>([
    [{ tokens: -1 }, "generate: tokens is -1, it has to be a whole number from 0"],
    [{ temperature: 0 }, 'generate: temperature is 0, it has to be above 0; for the likeliest token use "greedy"'],
    [{ temperature: -1 }, "generate: temperature is -1"],
    [{ temperature: Number.NaN }, "generate: temperature is NaN"],
    [{ topK: 0 }, "generate: topK is 0, it has to be a whole number from 1"],
    [{ topK: 1.5 }, "generate: topK is 1.5"],
    [{ topP: 0 }, "generate: topP is 0, it lies above 0, up to 1"],
    [{ topP: 1.1 }, "generate: topP is 1.1"],
    [{ strategy: "beams" as "greedy" }, 'generate: strategy is beams, it is "greedy" or "sample"'],
  ])("refuses %o", async (options, message) => {
    await expect(generateTokens(new Bigrams(8), [[1]], { tokens: 1, ...options })).rejects.toThrow(message);
  });

  it("refuses an empty prompt", async () => {
    await expect(generate(smallGPT(), tokenizer, "", { tokens: 1 })).rejects.toThrow("generate: the prompt is empty");
    await expect(generateTokens(smallGPT(), [[1], []], { tokens: 1 })).rejects.toThrow("generate: a prompt is empty");
  });
});
