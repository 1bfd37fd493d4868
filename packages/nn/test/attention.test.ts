import { manualSeed, noGrad, ones, randn, type Tensor } from "@lectern/autograd";
import { MultiHeadAttention, SelfAttention, SingleHeadAttention, TransformerBlock } from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";
import { expectClose, ints } from "./fixture.ts";

beforeEach(() => manualSeed(5));

const numbersOf = (t: Tensor) => ({ shape: [...t.shape], values: Array.from(t.dataSync()) });
const rowSums = (weights: Tensor) => Array.from(weights.sum(-1).dataSync());

describe("attention weights", () => {
  const x = randn([2, 5, 6]);

  it.each([
    ["self-attention", new SelfAttention()],
    ["a single head", new SingleHeadAttention(6)],
    ["a single causal head", new SingleHeadAttention(6, { causal: true })],
    ["several heads", new MultiHeadAttention({ width: 6, heads: 2 })],
    ["several causal heads", new MultiHeadAttention({ width: 6, heads: 2, causal: true })],
  ] as const)("of %s sum to 1 for every position", (_, attention) => {
    for (const sum of rowSums(attention.attentionWeights(x))) expect(sum).toBeCloseTo(1, 5);
  });

  it("of several heads are those that the output was made with", () => {
    const attention = new MultiHeadAttention({ width: 6, heads: 2, causal: true });
    const weights = attention.attentionWeights(x);
    expect(weights.shape).toEqual([2, 2, 5, 5]);
    const values = attention.qkv.forward(x).slice(-1, 12, 18).reshape(2, 5, 2, 3).transpose(1, 2);
    const byHand = attention.out.forward(weights.matmul(values).transpose(1, 2).reshape(2, 5, 6));
    expectClose(attention.forward(x), numbersOf(byHand), 1e-5);
  });

  it("are zero for what lies in the future, and for padding", () => {
    const attention = new MultiHeadAttention({ width: 6, heads: 2, causal: true });
    const paddingMask = ints([
      [1, 1, 1, 1, 1],
      [0, 1, 1, 1, 0],
    ]);
    const weights = attention.attentionWeights(x, { paddingMask });
    for (const [b, q, k] of [
      [0, 0, 1],
      [0, 3, 4],
      [1, 4, 4],
      [1, 3, 0],
    ]) {
      expect(weights.select(0, b).select(0, 0).select(0, q).select(0, k).itemSync()).toBe(0);
    }
    // The first position of the second sequence may see nothing at all.
    expect(rowSums(weights.select(0, 1).select(0, 0))[0]).toBe(0);
  });
});

describe("one head", () => {
  it("of several-headed attention is single-headed attention", () => {
    const single = new SingleHeadAttention(6, { causal: true });
    const multi = new MultiHeadAttention({ width: 6, heads: 1, causal: true });
    noGrad(() => {
      multi.qkv.weight.slice(0, 0, 6).copy_(single.toQueries.weight);
      multi.qkv.weight.slice(0, 6, 12).copy_(single.toKeys.weight);
      multi.qkv.weight.slice(0, 12, 18).copy_(single.toValues.weight);
      multi.out.weight.zero_();
      for (let i = 0; i < 6; i++)
        multi.out.weight
          .select(0, i)
          .slice(0, i, i + 1)
          .fill_(1);
    });
    const x = randn([2, 5, 6]);
    expectClose(multi.forward(x), numbersOf(single.forward(x)), 1e-5);
  });
});

describe("several heads", () => {
  const x = randn([2, 5, 6]);
  const attention = () => new MultiHeadAttention({ width: 6, heads: 2 });

  it("take padding for absent: the tokens get what they get in a shorter sequence", () => {
    const module = attention();
    const paddingMask = ints([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
    const short = module.forward(x.slice(1, 0, 3));
    expectClose(module.forward(x, { paddingMask }).slice(1, 0, 3), numbersOf(short), 1e-5);
  });

  it("take a mask of numbers for what a mask of ones and zeros says, with padding too", () => {
    const module = attention();
    const mask = ones([5, 5]).tril();
    const added = mask.eq(0).float().maskedFill(mask.eq(0), Number.NEGATIVE_INFINITY);
    const paddingMask = ints([
      [1, 1, 1, 1, 1],
      [1, 1, 0, 1, 0],
    ]);
    const boolean = module.forward(x, { mask: mask.int(), paddingMask });
    expectClose(module.forward(x, { mask: added, paddingMask }), numbersOf(boolean), 1e-5);
    const causal = new MultiHeadAttention({ width: 6, heads: 2, causal: true });
    causal.loadStateDict(module.stateDict());
    expectClose(causal.forward(x, { paddingMask }), numbersOf(boolean), 1e-5);
  });

  it("give zeros, and no NaN gradients, where a sequence is nothing but padding", () => {
    const module = attention();
    const input = x.clone().detach().requiresGrad_();
    const y = module.forward(input, {
      paddingMask: ints([
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],
      ]),
    });
    y.sum().backward();
    expect(Array.from(y.select(0, 0).dataSync()).every((v) => v === 0)).toBe(true);
    for (const t of [input, ...module.parameters()]) {
      expect(Array.from(t.grad!.dataSync()).every(Number.isFinite)).toBe(true);
    }
  });

  it("drop weights in training alone", () => {
    const module = new MultiHeadAttention({ width: 6, heads: 2, dropout: 0.5 });
    const plain = attention();
    plain.loadStateDict(module.stateDict());
    expect(module.forward(x).arraySync()).not.toEqual(module.forward(x).arraySync());
    expectClose(module.eval().forward(x), numbersOf(plain.forward(x)), 1e-5);
  });

  it("say which sizes do not fit", () => {
    expect(() => new MultiHeadAttention({ width: 6, heads: 4 })).toThrow(
      "MultiHeadAttention: the width 6 cannot be shared out among 4 heads evenly",
    );
    expect(() => new MultiHeadAttention({ width: 6, heads: 0 })).toThrow(
      "MultiHeadAttention: heads is 0, it has to be a whole number from 1",
    );
    expect(() => attention().forward(x.select(0, 0))).toThrow(
      "MultiHeadAttention: the input is [5, 6], it has to be [batch, time, width]",
    );
    expect(() => attention().forward(randn([2, 5, 8]))).toThrow(
      "Linear: the input is [2, 5, 8], its last axis has to be 6",
    );
    expect(() => attention().forward(x, { paddingMask: ints([[1, 1]]) })).toThrow(
      "the padding mask is int32 [1, 2], it has to be int32 [2, 5]: 1 for a token, 0 for padding",
    );
  });
});

describe("a transformer block", () => {
  it.each(["pre", "post"] as const)("shows the weights its attention uses (%s-norm)", (norm) => {
    const block = new TransformerBlock({ width: 6, heads: 2, norm });
    const x = randn([1, 3, 6]);
    const seen = norm === "pre" ? block.norm1.forward(x) : x;
    const direct = block.attention.attentionWeights(seen);
    expectClose(block.attentionWeights(x), numbersOf(direct), 1e-6);
  });

  it("drops what it adds in training alone", () => {
    const block = new TransformerBlock({ width: 6, heads: 2, dropout: 1 });
    const x = randn([1, 3, 6]);
    expectClose(block.forward(x), numbersOf(x), 1e-6);
    expect(block.eval().forward(x).arraySync()).not.toEqual(x.arraySync());
  });
});
