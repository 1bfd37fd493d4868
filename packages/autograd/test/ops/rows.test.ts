import { describe, expect, it } from "vitest";
import { crossEntropy, gradients, layerNorm, ones, tensor, zeros } from "../../src/index.ts";
import { checkOp, ONE, valuesOf } from "./checks.ts";

const int = (values: number[], shape = [values.length]) => tensor(Int32Array.from(values), { shape });

describe("softmax", () => {
  checkOp({ name: "softmax along the last axis", f: (x) => x.softmax(-1), shapes: [[[3, 5]], [[2, 1, 3]], [[4, 1]]] });
  checkOp({ name: "softmax along another axis", f: (x) => x.softmax(1), shapes: [[[2, 3, 2]], [[3, 1]]] });
  checkOp({ name: "logSoftmax along the last axis", f: (x) => x.logSoftmax(-1), shapes: ONE });
  checkOp({ name: "logSoftmax along the first axis", f: (x) => x.logSoftmax(0), shapes: [[[3, 2]]] });

  it("gives zeros, and no gradient, to rows that are hidden entirely", () => {
    const x = tensor(
      [
        [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
        [0, Number.NEGATIVE_INFINITY],
      ],
      { requiresGrad: true },
    );
    expect(valuesOf(x.softmax(-1))).toEqual([0, 0, 1, 0]);
    expect(valuesOf(gradients(x.softmax(-1).square().sum(), [x])[0]!)).toEqual([0, 0, 0, 0]);
  });

  it("does not overflow, and takes tensors without elements", () => {
    expect(valuesOf(tensor([1000, 1000]).softmax(0))).toEqual([0.5, 0.5]);
    expect(valuesOf(tensor([1000, 1000]).logSoftmax(0)).every((v) => Math.abs(v + Math.LN2) < 1e-12)).toBe(true);
    for (const shape of [
      [0, 3],
      [3, 0],
    ]) {
      const x = zeros(shape, { requiresGrad: true });
      for (const y of [x.softmax(-1), x.logSoftmax(0)]) {
        expect(y.shape).toEqual(shape);
        expect(gradients(y.sum(), [x])[0]?.shape).toEqual(shape);
      }
    }
  });
});

describe("layerNorm", () => {
  checkOp({
    name: "with weight and bias",
    f: (x, weight, bias) => layerNorm(x, weight, bias),
    shapes: [
      [[3, 5], [5], [5]],
      [[2, 1, 3], [3], [3]],
      [[4], [4], [4]],
    ],
  });
  checkOp({ name: "with weight alone", f: (x, weight) => layerNorm(x, weight), shapes: [[[3, 4], [4]]] });
  checkOp({
    name: "alone, with a large eps",
    f: (x) => layerNorm(x, undefined, undefined, 0.5),
    shapes: [[[2, 3, 4]]],
  });
  checkOp({
    name: "with one tensor as weight and bias",
    f: (x, both) => layerNorm(x, both, both),
    shapes: [[[2, 3], [3]]],
  });
  checkOp({
    name: "of constants, by a weight that needs a gradient",
    f: (weight) => layerNorm(tensor([[1, 2, 4]]), weight),
    shapes: [[[3]]],
  });

  it("gives rows of mean 0 and variance 1", () => {
    const y = layerNorm(tensor([[1, 2, 3, 4]]), undefined, undefined, 0);
    expect(y.mean().itemSync()).toBeCloseTo(0, 12);
    expect(y.var(-1, { correction: 0 }).itemSync()).toBeCloseTo(1, 12);
  });

  it("takes no rows at all", () => {
    const x = zeros([0, 3], { requiresGrad: true });
    const weight = ones([3], { requiresGrad: true });
    const [dx, dweight] = gradients(layerNorm(x, weight).sum(), [x, weight]);
    expect(dx?.shape).toEqual([0, 3]);
    expect(valuesOf(dweight!)).toEqual([0, 0, 0]);
  });
});

describe("crossEntropy", () => {
  const targets = () => int([1, 3, 0]);
  const weight = () => tensor([0.5, 2, 1, 0.25]);
  for (const reduction of ["mean", "sum", "none"] as const) {
    checkOp({ name: reduction, f: (x) => crossEntropy(x, targets(), { reduction }), shapes: [[[3, 4]]] });
    checkOp({
      name: `${reduction} with everything`,
      f: (x) =>
        crossEntropy(x, int([1, 2, 0, 3, 2]), { reduction, labelSmoothing: 0.2, weight: weight(), ignoreIndex: 2 }),
      shapes: [[[5, 4]]],
    });
  }
  checkOp({ name: "of several axes", f: (x) => crossEntropy(x, int([1, 0, 2, 2], [2, 2])), shapes: [[[2, 2, 3]]] });
  checkOp({ name: "of one row", f: (x) => crossEntropy(x, int([1], [])), shapes: [[[3]]] });

  it("is ln(classes) for equal logits", () => {
    expect(crossEntropy(zeros([2, 7]), int([0, 6])).itemSync()).toBeCloseTo(Math.log(7), 12);
  });

  it("leaves ignored rows out of the mean and gives them no gradient", () => {
    const x = tensor(
      [
        [1, 2],
        [5, 5],
      ],
      { requiresGrad: true },
    );
    const loss = crossEntropy(x, int([0, -100]));
    expect(loss.itemSync()).toBeCloseTo(Math.log(1 + Math.E), 12);
    expect(valuesOf(gradients(loss, [x])[0]!).slice(2)).toEqual([0, 0]);
  });

  it("has no mean over nothing", () => {
    expect(crossEntropy(zeros([2, 3]), int([-100, -100])).itemSync()).toBeNaN();
    expect(crossEntropy(zeros([0, 3]), int([])).itemSync()).toBeNaN();
    expect(crossEntropy(zeros([0, 3]), int([]), { reduction: "sum" }).itemSync()).toBe(0);
    expect(crossEntropy(zeros([0, 3]), int([]), { reduction: "none" }).shape).toEqual([0]);
  });

  it("takes logits and weights that are views", () => {
    const x = tensor([
      [1, 2],
      [0, 3],
      [2, 1],
    ]);
    const w = tensor([1, 9, 2, 9, 3, 9]).slice(0, 0, 6, 2);
    expect(crossEntropy(x.T, int([2, 0]), { weight: w }).itemSync()).toBe(
      crossEntropy(x.T.clone(), int([2, 0]), { weight: w.clone() }).itemSync(),
    );
  });
});
