import { noGrad, tensor } from "@lectern/autograd";
import seedrandom from "seedrandom";
import { describe, expect, it } from "vitest";
import type { SamplingOptions } from "../src/generation/filters.ts";
import { likeliest, tokenAt, weightsOf } from "../src/generation/sampling.ts";
import { generateTokens } from "../src/index.ts";
import { Bigrams } from "./helpers.ts";

const logs = (...probabilities: number[]) => probabilities.map(Math.log);

function probabilities(logits: number[], options: SamplingOptions): number[] {
  const weights = weightsOf(logits, options);
  const sum = weights.reduce((a, b) => a + b, 0);
  return Array.from(weights, (weight) => weight / sum);
}

function expectAbout(actual: number[], expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, p] of expected.entries()) expect(actual[i]).toBeCloseTo(p, 12);
}

describe("the weights to draw by", () => {
  const logits = logs(0.1, 0.4, 0.2, 0.3);

  it("are the softmax at temperature 1 without top-k and top-p", () => {
    expectAbout(probabilities(logits, {}), [0.1, 0.4, 0.2, 0.3]);
    expectAbout(probabilities(logits, { topK: 9, topP: 1 }), [0.1, 0.4, 0.2, 0.3]);
    expectAbout(probabilities([1000, 1001], {}), [1 / (1 + Math.E), Math.E / (1 + Math.E)]);
  });

  it("are probabilities to the power 1 / temperature", () => {
    expectAbout(
      probabilities(logits, { temperature: 0.5 }),
      [0.01, 0.16, 0.04, 0.09].map((p) => p / 0.3),
    );
  });

  it("leave only the most likely token when the temperature falls towards 0", () => {
    expectAbout(probabilities(logits, { temperature: 1e-3 }), [0, 1, 0, 0]);
    expectAbout(probabilities(logits, { temperature: 1e-320 }), [0, 1, 0, 0]);
  });

  it("leave the k most likely tokens with top-k, and those as likely as the last of them", () => {
    expectAbout(probabilities(logits, { topK: 2 }), [0, 4 / 7, 0, 3 / 7]);
    expectAbout(probabilities(logits, { topK: 1 }), [0, 1, 0, 0]);
    expectAbout(probabilities(logs(0.3, 0.3, 0.2, 0.2), { topK: 1 }), [0.5, 0.5, 0, 0]);
  });

  it.each([
    [0.3, [0, 1, 0, 0]],
    [0.5, [0, 4 / 7, 0, 3 / 7]],
    [0.8, [0, 4 / 9, 2 / 9, 3 / 9]],
    [0.95, [0.1, 0.4, 0.2, 0.3]],
  ])("leave the smallest set of tokens that has the probability %f with top-p", (topP, expected) => {
    expectAbout(probabilities(logits, { topP }), expected);
  });

  it("apply top-p to what top-k left", () => {
    // Of 4/9, 3/9 and 2/9 the first two are enough for 0.7; of the whole they would not have been.
    expectAbout(probabilities(logits, { topK: 3, topP: 0.7 }), [0, 4 / 7, 0, 3 / 7]);
  });

  it("are refused where the model gives no numbers", () => {
    const message = "generate: the model's logits are not numbers (NaN): its training has diverged";
    expect(() => weightsOf([1, Number.NaN], {})).toThrow(message);
    expect(() => likeliest([Number.NaN, 1])).toThrow(message);
  });
});

describe("drawing", () => {
  const at = (weights: number[], point: number) => tokenAt(Float64Array.from(weights), point);

  it("takes the token in whose stretch of the running sum the point lies", () => {
    expect([0, 0.2, 0.3, 0.7, 0.8].map((point) => at([1, 2, 1], point))).toEqual([0, 0, 1, 1, 2]);
  });

  it("never takes a token that was left out, at the ends neither", () => {
    expect(at([0, 0.1, 0, 0.7, 0], 0)).toBe(1);
    expect(at([0, 0.1, 0, 0.7, 0], 1 - 2 ** -53)).toBe(3);
  });

  it("takes the first of the most likely tokens when greedy", () => {
    expect(likeliest([1, 3, 2, 3])).toBe(1);
  });

  it("takes tokens as often as their probabilities say, by a chi-squared test", () => {
    const logits = Array.from({ length: 12 }, (_, i) => Math.sin(5 * i) * 2);
    for (const options of [{}, { temperature: 0.7 }, { topK: 6, temperature: 1.3 }, { topP: 0.9 }, { minP: 0.1 }]) {
      const wanted = probabilities(logits, options);
      const generator = seedrandom("chi-squared");
      const weights = weightsOf(logits, options);
      const counts = wanted.map(() => 0);
      const draws = 50_000;
      for (let i = 0; i < draws; i++) counts[tokenAt(weights, generator())]++;
      const possible = wanted.flatMap((p, token) => (p > 0 ? [{ expected: p * draws, count: counts[token] }] : []));
      expect(possible.reduce((sum, { count }) => sum + count, 0)).toBe(draws);
      const chiSquared = possible.reduce((sum, { expected, count }) => sum + (count - expected) ** 2 / expected, 0);
      // One in a thousand is above this (Wilson and Hilferty, 1931): 3.09 is the normal distribution's.
      const freedom = possible.length - 1;
      const limit = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
      expect(chiSquared, JSON.stringify(options)).toBeLessThan(limit);
    }
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
