import { crossEntropy, manualSeed, randint, random, type Tensor, zeros } from "@lectern/autograd";
import {
  constant_,
  Embedding,
  GPT,
  kaimingNormal_,
  kaimingUniform_,
  LayerNorm,
  Linear,
  normal_,
  ones_,
  uniform_,
  withoutInitialising,
  xavierNormal_,
  xavierUniform_,
  zeros_,
} from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";

beforeEach(() => manualSeed(3));

function statistics(t: Tensor): { mean: number; std: number; largest: number } {
  const values = Array.from(t.dataSync());
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return { mean, std, largest: Math.max(...values.map(Math.abs)) };
}

/** A uniform distribution within ± bound has the deviation bound / sqrt(3). */
function expectUniform(t: Tensor, bound: number): void {
  const { mean, std, largest } = statistics(t);
  expect(Math.abs(mean / bound)).toBeLessThan(0.02);
  expect(std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.99 * bound);
}

function expectNormal(t: Tensor, wanted: number): void {
  const { mean, std, largest } = statistics(t);
  expect(Math.abs(mean / wanted)).toBeLessThan(0.05);
  expect(std / wanted).toBeCloseTo(1, 1);
  expect(largest).toBeGreaterThan(3 * wanted);
}

const weight = () => zeros([160, 120], { requiresGrad: true });

describe("initialisers", () => {
  it("draw from the distributions of their papers", () => {
    expectUniform(xavierUniform_(weight()), Math.sqrt(6 / (120 + 160)));
    expectNormal(xavierNormal_(weight(), 5 / 3), (5 / 3) * Math.sqrt(2 / (120 + 160)));
    expectUniform(kaimingUniform_(weight()), Math.sqrt(6 / 120));
    expectUniform(kaimingUniform_(weight(), { a: 2, mode: "fanOut" }), Math.sqrt(6 / 5 / 160));
    expectNormal(kaimingNormal_(weight()), Math.sqrt(2 / 120));
    expectNormal(normal_(weight(), 0, 0.3), 0.3);
    expect(statistics(normal_(weight(), 7, 0.1)).mean).toBeCloseTo(7, 1);
    expectUniform(uniform_(weight(), -2, 2), 2);
    const { mean, largest } = statistics(uniform_(weight()));
    expect(mean).toBeCloseTo(0.5, 1);
    expect(largest).toBeLessThan(1);
  });

  it("count a convolution's receptive field into its fans", () => {
    expectNormal(kaimingNormal_(zeros([50, 20, 3, 3])), Math.sqrt(2 / (20 * 9)));
  });

  it("fill with constants", () => {
    expect(statistics(ones_(weight()))).toEqual({ mean: 1, std: 0, largest: 1 });
    expect(statistics(zeros_(ones_(weight())))).toEqual({ mean: 0, std: 0, largest: 0 });
    expect(statistics(constant_(weight(), -3)).mean).toBe(-3);
  });

  it("leave a leaf a leaf, and depend on the seed alone", () => {
    const [a, b] = [1, 1].map((seed) => {
      manualSeed(seed);
      return normal_(weight());
    });
    expect(a.isLeaf && a.requiresGrad).toBe(true);
    expect(a.dataSync()).toEqual(b.dataSync());
  });

  it("refuse a vector where they need fans", () => {
    expect(() => xavierUniform_(zeros([3]))).toThrow("xavierUniform_: needs a weight [out, in], got [3]");
  });
});

describe("a model that is to be filled from a file", () => {
  const options = { vocabulary: 50, layers: 1, heads: 1, width: 8, context: 4 };

  it("is made without anything random, and draws nothing", () => {
    manualSeed(1);
    const next = random();
    manualSeed(1);
    const model = withoutInitialising(() => new GPT(options));
    expect(random()).toBe(next);
    expect(new Set(model.tokens.weight.dataSync())).toEqual(new Set([0]));
    expect(model.blocks[0].norm1.weight.dataSync()).toEqual(new Float32Array(8).fill(1));
    expect(statistics(new GPT(options).tokens.weight).std).toBeGreaterThan(0.01);
  });

  it("asks for no more numbers than there are, and makes no head that is tied", () => {
    const { length } = new Float32Array(new GPT(options).numParameters());
    expect(() => withoutInitialising(() => new GPT(options), { most: length })).not.toThrow();
    expect(() => withoutInitialising(() => new GPT(options), { most: 400 })).toThrow(
      "its sizes are those of a model with more numbers than its weights are",
    );
    // Afterwards everything is as before.
    expect(statistics(new Linear(9, 9).weight).std).toBeGreaterThan(0);
  });

  it("starts from a seed as one with a head of its own does", () => {
    const [tied, own] = [true, false].map((tiedHead) => {
      manualSeed(3);
      return new GPT({ ...options, tiedHead }).blocks[0].attention.qkv.weight.dataSync();
    });
    expect(tied).toEqual(own);
  });
});

describe("a new layer", () => {
  it("starts as PyTorch's does", () => {
    const linear = new Linear(100, 300);
    expectUniform(linear.weight, 0.1);
    expect(statistics(linear.bias!).largest).toBeLessThanOrEqual(0.1);
    expectNormal(new Embedding(90, 100).weight, 1);
    const norm = new LayerNorm(4);
    expect([norm.weight.arraySync(), norm.bias?.arraySync()]).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
  });
});

describe("a new GPT", () => {
  it("starts as GPT-2 does: 0.02 everywhere, less where a layer adds to the residual stream", () => {
    const model = new GPT({ vocabulary: 50, layers: 2, heads: 2, width: 64, context: 30, bias: true });
    const [block] = model.blocks;
    const even = ["tokens.weight", "positions.weight", "blocks.0.attention.qkv.weight", "blocks.1.mlp.0.weight"];
    for (const name of even) expectNormal(model.namedParameters().get(name)!, 0.02);
    expectNormal(block.attention.out.weight, 0.01);
    expectNormal(block.mlp.namedParameters().get("2.weight")!, 0.01);
    for (const [name, parameter] of model.namedParameters()) {
      if (name.endsWith("bias")) expect(statistics(parameter).largest, name).toBe(0);
    }
  });

  it("knows nothing yet: its loss is that of a guess", () => {
    const model = new GPT({ vocabulary: 50, layers: 2, heads: 2, width: 32, context: 30 });
    const [tokens, targets] = [randint(0, 50, [8, 30]), randint(0, 50, [8, 30])];
    expect(crossEntropy(model.forward(tokens), targets).itemSync()).toBeCloseTo(Math.log(50), 1);
  });
});
