import { describe, expect, it } from "vitest";
import {
  attentionWeights,
  causalMask,
  gradients,
  manualSeed,
  multiHeadAttention,
  randn,
  scaledDotProductAttention,
  tensor,
  zeros,
} from "../../src/index.ts";
import { checkOp, expectClose, valuesOf } from "./checks.ts";

const SELF = [
  [
    [1, 2, 3, 2],
    [1, 2, 3, 2],
    [1, 2, 3, 2],
  ],
];
const CROSS = [
  [
    [2, 1, 2, 3],
    [2, 1, 4, 3],
    [2, 1, 4, 2],
  ],
  [
    [3, 2],
    [2, 2],
    [2, 1],
  ],
  [
    [2, 3, 2],
    [3, 2],
    [2, 3, 2],
  ],
];

describe("scaledDotProductAttention", () => {
  checkOp({ name: "plain", f: (q, k, v) => scaledDotProductAttention(q, k, v), shapes: [...SELF, ...CROSS] });
  checkOp({ name: "causal", f: (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }), shapes: SELF });
  checkOp({
    name: "with a scale of its own",
    f: (q, k, v) => scaledDotProductAttention(q, k, v, { scale: 0.3 }),
    shapes: SELF,
  });
  checkOp({
    name: "with a boolean mask",
    f: (q, k, v) =>
      scaledDotProductAttention(q, k, v, { mask: tensor(Int32Array.of(1, 0, 1, 1, 1, 0, 0, 0, 1), { shape: [3, 3] }) }),
    shapes: SELF,
  });
  checkOp({
    name: "with an additive mask that needs a gradient",
    f: (q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask }),
    shapes: [[...SELF[0], [2, 1, 3]]],
  });
  checkOp({
    name: "with dropout, the same at every call",
    f: (q, k, v) => {
      manualSeed(3);
      return scaledDotProductAttention(q, k, v, { dropout: 0.4 });
    },
    shapes: SELF,
  });
  checkOp({ name: "of a tensor with itself", f: (x) => scaledDotProductAttention(x, x, x), shapes: [[[1, 1, 3, 2]]] });
  checkOp({
    name: "of several heads in one tensor",
    f: (qkv) => multiHeadAttention(qkv, 2, { causal: true }),
    shapes: [[[1, 3, 12]]],
  });
});

describe("what attention sees", () => {
  it("gives weights that sum to 1", () => {
    const sums = attentionWeights(randn([2, 3, 4]), randn([2, 5, 4])).sum(-1);
    for (const sum of valuesOf(sums)) expect(sum).toBeCloseTo(1, 12);
  });

  it("lets no position see its future", () => {
    const [q, k, v] = [randn([1, 1, 4, 2]), randn([1, 1, 4, 2]), randn([1, 1, 4, 2], { requiresGrad: true })];
    for (let position = 0; position < 4; position++) {
      const y = scaledDotProductAttention(q, k, v, { causal: true }).select(2, position);
      const reached = gradients(y.sum(), [v])[0]!.select(3, 0);
      expect(valuesOf(reached).map((value) => value !== 0)).toEqual([0, 1, 2, 3].map((at) => at <= position));
    }
  });

  it("lets the last query see every key where there are more keys than queries", () => {
    expect(causalMask(2, 4).arraySync()).toEqual([
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ]);
    const [q, k, v] = [randn([1, 1, 4, 2]), randn([1, 1, 4, 2]), randn([1, 1, 4, 2])];
    const whole = scaledDotProductAttention(q, k, v, { causal: true }).slice(2, 2);
    const continued = scaledDotProductAttention(q.slice(2, 2), k, v, { causal: true });
    expectClose(valuesOf(continued), valuesOf(whole));
  });

  it("combines a padding mask with causality", () => {
    const padding = tensor(Int32Array.of(1, 1, 0), { shape: [1, 1, 1, 3] });
    const weights = attentionWeights(randn([1, 1, 3, 2]), randn([1, 1, 3, 2]), { causal: true, mask: padding });
    expect(valuesOf(weights).map((value) => Number(value > 0))).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 0]);
  });

  it("gives zeros, and finite gradients, to a query that sees no key", () => {
    const q = randn([1, 1, 2, 2], { requiresGrad: true });
    const [k, v] = [randn([1, 1, 3, 2]), randn([1, 1, 3, 2])];
    const mask = tensor(Int32Array.of(0, 0, 0, 1, 1, 1), { shape: [2, 3] });
    const y = scaledDotProductAttention(q, k, v, { mask });
    expect(valuesOf(y).slice(0, 2)).toEqual([0, 0]);
    expect(valuesOf(gradients(y.sum(), [q])[0]!).every(Number.isFinite)).toBe(true);
  });

  it("is the mean of the values where there is nothing to tell keys apart", () => {
    const v = randn([1, 1, 5, 2]);
    const y = scaledDotProductAttention(zeros([1, 1, 1, 3]), randn([1, 1, 5, 3]), v);
    expectClose(valuesOf(y), valuesOf(v.mean(2)));
  });

  it("does in one packed tensor what it does in three", () => {
    const qkv = randn([2, 3, 12]);
    const [q, k, v] = qkv.split(4, -1).map((part) => part.reshape(2, 3, 2, 2).transpose(1, 2));
    const apart = scaledDotProductAttention(q, k, v).transpose(1, 2).reshape(2, 3, 4);
    expect(valuesOf(multiHeadAttention(qkv, 2))).toEqual(valuesOf(apart));
  });

  it("takes no batches and no queries", () => {
    expect(scaledDotProductAttention(zeros([0, 2, 3, 4]), zeros([0, 2, 3, 4]), zeros([0, 2, 3, 4])).shape).toEqual([
      0, 2, 3, 4,
    ]);
    expect(scaledDotProductAttention(zeros([1, 1, 0, 4]), zeros([1, 1, 3, 4]), zeros([1, 1, 3, 4])).shape).toEqual([
      1, 1, 0, 4,
    ]);
  });
});
