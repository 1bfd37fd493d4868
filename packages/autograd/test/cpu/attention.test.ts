import { describe, expect, it } from "vitest";
import {
  attentionWeights,
  gradients,
  manualSeed,
  memoryUsage,
  multiHeadAttention,
  rand,
  randn,
  resetPeakMemory,
  scaledDotProductAttention,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../../src/index.ts";

setDefaultDevice("cpu");

type Attention = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

const largestDifference = (a: Tensor, b: Tensor) => a.sub(b).abs().max().itemSync();

/** Value and gradients of both, with the same random weights on the output. */
function expectSame(fused: Attention, composite: Attention, inputs: Tensor[]): void {
  const leaves = inputs.map((x) => x.detach().requiresGrad_());
  const [q, k, v] = leaves;
  const [y, expected] = [fused(q, k, v), composite(q, k, v)];
  expect(largestDifference(y, expected)).toBeLessThan(1e-5);
  const weights = randn(y.shape);
  const actual = gradients(y.mul(weights).sum(), leaves) as Tensor[];
  const wanted = gradients(expected.mul(weights).sum(), leaves) as Tensor[];
  for (const [i, dx] of actual.entries()) expect(largestDifference(dx, wanted[i])).toBeLessThan(5e-5);
}

const heads = (batch: number, count: number, time: number, size: number) =>
  [0, 1, 2].map(() => randn([batch, count, time, size]));

describe("the fused kernel and its definition agree", () => {
  it.each([
    { time: 1, size: 16, causal: true },
    { time: 37, size: 5, causal: false },
    { time: 64, size: 32, causal: true },
    { time: 257, size: 16, causal: true },
    { time: 600, size: 8, causal: false },
  ])("at context $time, heads of $size, causal: $causal", ({ time, size, causal }) => {
    manualSeed(time);
    expectSame(
      (q, k, v) => scaledDotProductAttention(q, k, v, { causal }),
      (q, k, v) => attentionWeights(q, k, { causal }).matmul(v),
      heads(2, 3, time, size),
    );
  });

  it("where padding is hidden, whole sequences of it too", () => {
    manualSeed("padding");
    const lengths = [70, 33, 0, 1];
    const rows = lengths.flatMap((n) => Array.from({ length: 70 }, (_, j) => (j < n ? 1 : 0)));
    const mask = tensor(Int32Array.from(rows), { shape: [4, 1, 1, 70] });
    expectSame(
      (q, k, v) => scaledDotProductAttention(q, k, v, { mask }),
      (q, k, v) => attentionWeights(q, k, { mask }).matmul(v),
      heads(4, 2, 70, 16),
    );
  });

  it("with numbers added to the scores, a matrix for all heads", () => {
    manualSeed("additive");
    const mask = randn([50, 50]);
    expectSame(
      (q, k, v) => scaledDotProductAttention(q, k, v, { mask, causal: true }),
      (q, k, v) => attentionWeights(q, k, { mask, causal: true }).matmul(v),
      heads(2, 2, 50, 12),
    );
  });

  it("with a few new queries behind keys that were there before", () => {
    manualSeed("cache");
    const [k, v] = heads(2, 2, 300, 16);
    expectSame(
      (...x) => scaledDotProductAttention(...x, { causal: true }),
      (q, keys, values) => attentionWeights(q, keys, { causal: true }).matmul(values),
      [randn([2, 2, 3, 16]), k, v],
    );
  });

  it("for heads larger than the kernel takes", () => {
    manualSeed("large");
    expectSame(
      (q, k, v) => scaledDotProductAttention(q, k, v),
      (q, k, v) => attentionWeights(q, k).matmul(v),
      heads(1, 1, 5, 2100),
    );
  });
});

it("attends over equal scores to all keys alike", () => {
  const [q, k] = [0, 1].map(() => rand([1, 1, 40, 8]).mul(0));
  const v = randn([1, 1, 40, 8]);
  const means = v.mean(2, { keepDim: true }).expand(v.shape);
  expect(largestDifference(scaledDotProductAttention(q, k, v), means)).toBeLessThan(1e-6);
});

/** Most bytes in use during one forward and backward pass of a layer's attention. */
function peakAt(context: number): number {
  return scope(() => {
    const qkv = randn([1, context, 3 * 32]).requiresGrad_();
    const before = memoryUsage().bytes;
    resetPeakMemory();
    multiHeadAttention(qkv, 2, { causal: true }).sum().backward();
    const peak = memoryUsage().peakBytes - before;
    qkv.grad = undefined;
    return peak;
  });
}

it("needs memory that grows with the context, not with its square", () => {
  const [short, middle, long] = [1024, 2048, 4096].map(peakAt);
  expect(middle / short).toBeLessThan(2.05);
  expect(long / middle).toBeLessThan(2.05);
  // A matrix of scores alone would be 64 MiB a head.
  expect(long).toBeLessThan(4 * 2 ** 20);
});
