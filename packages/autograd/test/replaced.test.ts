import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  gradients,
  randn,
  scaledDotProductAttention,
  type Tensor,
  tensor,
  withOps,
} from "../src/index.ts";

/** Softmax along the last axis of other ops, and a count of its calls. */
function counted() {
  const calls = { count: 0 };
  const softmax = (x: Tensor): Tensor => {
    calls.count++;
    const powers = x.sub(x.max(-1, { keepDim: true })).exp();
    return powers.div(powers.sum(-1, { keepDim: true }));
  };
  return { calls, softmax };
}

const heads = () => Array.from({ length: 3 }, () => randn([2, 2, 5, 4], { requiresGrad: true }));

describe("withOps", () => {
  it("has attention compute with a softmax of one's own, values and gradients alike", async () => {
    const [q, k, v] = heads();
    const { calls, softmax } = counted();
    const compute = () => {
      const y = scaledDotProductAttention(q, k, v, { causal: true });
      return [y.detach(), ...gradients(y.square().sum(), [q, k, v])] as Tensor[];
    };
    const library = compute();
    const mine = withOps({ softmax }, compute);
    expect(calls.count).toBe(1);
    for (const [i, x] of mine.entries()) expect(x.sub(library[i]).abs().max().itemSync()).toBeLessThan(1e-5);
  });

  it("has cross entropy compute with a logarithm of softmax of one's own", () => {
    const { calls, softmax } = counted();
    const [logits, targets] = [randn([3, 5]), tensor([1, 4, 0], { dtype: "int32" })];
    const mine = withOps({ logSoftmax: (x: Tensor) => softmax(x).log() }, () => crossEntropy(logits, targets));
    expect(calls.count).toBe(1);
    expect(mine.itemSync()).toBeCloseTo(crossEntropy(logits, targets).itemSync(), 5);
  });

  it("holds for what it runs alone, also where that waits", async () => {
    const { calls, softmax } = counted();
    const x = randn([2, 3]);
    const waiting = withOps({ softmax }, async () => {
      await x.data();
      return x.softmax(-1);
    });
    x.softmax(-1);
    expect(calls.count).toBe(0);
    await waiting;
    expect(calls.count).toBe(1);
    x.softmax(-1);
    expect(calls.count).toBe(1);
  });

  it("gives the op itself back inside of what replaces it, and after an error", () => {
    const x = tensor([1, 3]);
    const doubled = (y: Tensor) => y.softmax(-1).mul(2);
    expect(withOps({ softmax: doubled }, () => x.softmax(-1).sum().itemSync())).toBeCloseTo(2);
    const broken = () => {
      throw new Error("mine");
    };
    expect(() => withOps({ softmax: broken }, () => x.softmax(-1))).toThrow("mine");
    expect(x.softmax(-1).sum().itemSync()).toBeCloseTo(1);
  });

  it("adds to what is replaced around it", () => {
    const x = tensor([1, 3]);
    const zero = (y: Tensor) => y.mul(0);
    withOps({ softmax: zero }, () => {
      withOps({ tanh: zero }, () => {
        expect(x.softmax(-1).add(x.tanh()).sum().itemSync()).toBe(0);
      });
      expect(x.tanh().sum().itemSync()).toBeGreaterThan(1);
    });
  });

  it("refuses a name that no op has, and what is no tensor", () => {
    expect(() => withOps({ softmx: (x: Tensor) => x }, () => 1)).toThrow(
      /no op is called "softmx"; beginning alike: .*softmax/,
    );
    const nothing = (() => undefined) as unknown as (x: Tensor) => Tensor;
    expect(() => withOps({ tanh: nothing }, () => randn([2, 3]).tanh())).toThrow(
      "what replaces tanh gave undefined for [2, 3], and no tensor",
    );
  });
});
