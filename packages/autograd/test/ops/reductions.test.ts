import { describe, expect, it } from "vitest";
import { gradients, ones, type Shape, type Tensor, tensor, zeros } from "../../src/index.ts";
import { checkOp, distinct, ONE, valuesOf } from "./checks.ts";

/** Every way to name axes of a `[2, 3, 4]` tensor: none, one, one from the end, neighbours, not neighbours, all. */
const AXES: readonly (number | readonly number[] | undefined)[] = [undefined, 1, -1, [0, 1], [2, 0], [0, 1, 2]];
const CUBE: readonly (readonly Shape[])[] = [[[2, 3, 4]]];

describe.each(AXES)("over axes %j", (axes) => {
  for (const keepDim of [false, true]) {
    const label = keepDim ? ", keeping them" : "";
    checkOp({ name: `sum${label}`, f: (x) => x.sum(axes, { keepDim }), shapes: CUBE });
    checkOp({ name: `max${label}`, f: (x) => x.max(axes, { keepDim }), shapes: CUBE, draw: distinct });
    checkOp({ name: `logSumExp${label}`, f: (x) => x.logSumExp(axes, { keepDim }), shapes: CUBE });
  }
  checkOp({ name: "mean", f: (x) => x.mean(axes), shapes: CUBE });
  checkOp({ name: "min", f: (x) => x.min(axes), shapes: CUBE, draw: distinct });
  checkOp({ name: "var", f: (x) => x.var(axes), shapes: CUBE });
  checkOp({ name: "var without correction", f: (x) => x.var(axes, { correction: 0 }), shapes: CUBE });
});

describe("reductions of other shapes", () => {
  checkOp({ name: "sum", f: (x) => x.sum(), shapes: ONE });
  checkOp({ name: "mean", f: (x) => x.mean(), shapes: ONE });
  checkOp({ name: "max", f: (x) => x.max(), shapes: ONE, draw: distinct });
  checkOp({ name: "std", f: (x) => x.std(-1), shapes: [[[3, 5]]] });
  checkOp({ name: "cumsum along the first axis", f: (x) => x.cumsum(0), shapes: [[[5]], [[3, 4]], [[1, 3]]] });
  checkOp({ name: "cumsum along the last axis", f: (x) => x.cumsum(-1), shapes: [[[2, 3, 4]]] });
  checkOp({ name: "topk", f: (x) => x.topk(2).values, shapes: [[[3, 5]], [[2]]], draw: distinct });
  checkOp({
    name: "topk, smallest, along the first axis",
    f: (x) => x.topk(3, 0, { largest: false }).values,
    shapes: [[[5, 2]]],
    draw: distinct,
  });
});

/** Gradient of the sum of f at x. */
const slope = (f: (x: Tensor) => Tensor, x: Tensor) => valuesOf(gradients(f(x).sum(), [x])[0]!);

describe("at the edges of reductions", () => {
  it("sums nothing to 0, and has NaN for its mean", () => {
    const empty = zeros([2, 0, 3]);
    expect(valuesOf(empty.sum())).toEqual([0]);
    expect(empty.sum(1).shape).toEqual([2, 3]);
    expect(valuesOf(empty.sum(1))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(empty.sum(0).shape).toEqual([0, 3]);
    expect(valuesOf(empty.mean())).toEqual([Number.NaN]);
    expect(empty.cumsum(1).shape).toEqual([2, 0, 3]);
  });

  it("gives gradients to tensors without elements", () => {
    const empty = zeros([2, 0], { requiresGrad: true });
    for (const y of [empty.sum(), empty.sum(1).sum(), empty.max(0).sum(), empty.logSumExp(0).sum()]) {
      expect(gradients(y, [empty])[0]?.shape).toEqual([2, 0]);
    }
  });

  it("reduces no axes at all to the tensor itself", () => {
    expect(tensor([1, 2]).sum([]).arraySync()).toEqual([1, 2]);
  });

  it("shares the gradient of max and min among equal elements", () => {
    const x = tensor([3, 1, 3, 1, 1], { requiresGrad: true });
    expect(slope((t) => t.max(), x)).toEqual([0.5, 0, 0.5, 0, 0]);
    expect(slope((t) => t.min(), x)).toEqual([0, 1 / 3, 0, 1 / 3, 1 / 3]);
  });

  it("lets NaN win every maximum and minimum", () => {
    const x = tensor([1, Number.NaN, 3]);
    expect(valuesOf(x.max())).toEqual([Number.NaN]);
    expect(valuesOf(x.min())).toEqual([Number.NaN]);
    expect(x.argmax().itemSync()).toBe(1);
  });

  it("does not overflow in logSumExp", () => {
    expect(tensor([1000, 1000]).logSumExp().itemSync()).toBeCloseTo(1000 + Math.LN2, 10);
    expect(tensor([Number.NEGATIVE_INFINITY, 0]).logSumExp().itemSync()).toBe(0);
    expect(tensor([Number.NEGATIVE_INFINITY]).logSumExp().itemSync()).toBe(Number.NEGATIVE_INFINITY);
  });

  it("sums int32 as int32 and averages it as float32", () => {
    const x = tensor(Int32Array.of(1, 2, 4));
    expect(x.sum().dtype).toBe("int32");
    expect(x.mean().itemSync()).toBeCloseTo(7 / 3, 12);
    expect(x.var().itemSync()).toBeCloseTo(7 / 3, 12);
    expect(x.max().itemSync()).toBe(4);
  });

  it("has a variance of NaN over one element, of 0 without correction", () => {
    expect(valuesOf(ones([1]).var())).toEqual([Number.NaN]);
    expect(valuesOf(ones([1]).var(0, { correction: 0 }))).toEqual([0]);
  });
});

describe("argmax and argmin", () => {
  it("find the first extreme element along an axis or of all", () => {
    const x = tensor([
      [1, 5, 5],
      [7, 0, 0],
    ]);
    expect(x.argmax(1).arraySync()).toEqual([1, 0]);
    expect(x.argmax(0).arraySync()).toEqual([1, 0, 0]);
    expect(x.argmin(-1, { keepDim: true }).arraySync()).toEqual([[0], [1]]);
    expect(x.argmax().itemSync()).toBe(3);
    expect(x.T.argmin(0).arraySync()).toEqual([0, 1]);
    expect(x.argmax(1).dtype).toBe("int32");
  });
});

describe("topk", () => {
  it("gives the largest elements in order with their indices, equal ones by index", () => {
    const { values, indices } = tensor([2, 9, 2, 7]).topk(3);
    expect(values.arraySync()).toEqual([9, 7, 2]);
    expect(indices.arraySync()).toEqual([1, 3, 0]);
    expect(indices.dtype).toBe("int32");
  });

  it("works along any axis, for k from 0 to all, and on int32", () => {
    const x = tensor(Int32Array.of(4, 1, 2, 3, 9, 0), { shape: [3, 2] });
    const { values, indices } = x.topk(2, 0, { largest: false });
    expect(values.arraySync()).toEqual([
      [2, 0],
      [4, 1],
    ]);
    expect(indices.arraySync()).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(values.dtype).toBe("int32");
    expect(x.topk(0, 0).values.shape).toEqual([0, 2]);
    expect(x.topk(2).indices.shape).toEqual([3, 2]);
  });
});
