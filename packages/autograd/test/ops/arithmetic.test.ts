import { describe, expect, it } from "vitest";
import { gradients, tensor, zeros } from "../../src/index.ts";
import { awayFromZero, between, checkOp, distinct, ONE, TWO, valuesOf } from "./checks.ts";

describe("arithmetic of two tensors", () => {
  checkOp({ name: "add", f: (a, b) => a.add(b), shapes: TWO });
  checkOp({ name: "sub", f: (a, b) => a.sub(b), shapes: TWO });
  checkOp({ name: "mul", f: (a, b) => a.mul(b), shapes: TWO });
  checkOp({ name: "div", f: (a, b) => a.div(b), shapes: TWO, draw: between(0.5, 2) });
  checkOp({ name: "pow", f: (a, b) => a.pow(b), shapes: TWO, draw: between(0.5, 2) });
  checkOp({ name: "maximum", f: (a, b) => a.maximum(b.add(0.03)), shapes: TWO, draw: distinct });
  checkOp({ name: "minimum", f: (a, b) => a.minimum(b.add(0.03)), shapes: TWO, draw: distinct });
});

describe("arithmetic with a number", () => {
  checkOp({ name: "add a number", f: (x) => x.add(1.5), shapes: ONE });
  checkOp({ name: "sub a number", f: (x) => x.sub(1.5), shapes: ONE });
  checkOp({ name: "mul by a number", f: (x) => x.mul(-2.5), shapes: ONE });
  checkOp({ name: "div by a number", f: (x) => x.div(4), shapes: ONE });
  checkOp({ name: "neg", f: (x) => x.neg(), shapes: ONE });
  checkOp({ name: "square", f: (x) => x.square(), shapes: ONE });
  checkOp({ name: "pow 3", f: (x) => x.pow(3), shapes: ONE });
  checkOp({ name: "pow -0.5", f: (x) => x.pow(-0.5), shapes: ONE, draw: between(0.5, 2) });
  checkOp({ name: "maximum with a number", f: (x) => x.maximum(0), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "minimum with a number", f: (x) => x.minimum(0), shapes: ONE, draw: awayFromZero });
});

describe("at the edges of arithmetic", () => {
  it.each([
    [[0], [1]],
    [
      [0, 3],
      [2, 1, 3],
    ],
    [[2, 0], []],
  ])("broadcasts empty tensors %j and %j, with gradients of zero or no elements", (left, right) => {
    const a = zeros(left, { requiresGrad: true });
    const b = zeros(right, { requiresGrad: true });
    const y = a.mul(b).add(a).sub(b);
    expect(y.size).toBe(0);
    const [da, db] = gradients(y.sum(), [a, b]);
    expect(da?.shape).toEqual(left);
    expect(valuesOf(db!).every((value) => value === 0)).toBe(true);
  });

  it("gives x to the power of 0, 1 and 2 their derivatives at 0", () => {
    const x = tensor([0, 0, 0], { requiresGrad: true });
    const y = x.pow(tensor([0, 1, 2]));
    expect(valuesOf(y)).toEqual([1, 0, 0]);
    expect(valuesOf(gradients(y.sum(), [x])[0]!)).toEqual([0, 1, 0]);
    for (const [exponent, slope] of [
      [0, 0],
      [1, 1],
      [2, 0],
    ]) {
      expect(valuesOf(gradients(x.pow(exponent).sum(), [x])[0]!)[0]).toBe(slope);
    }
  });

  it("counts 0 to any power as flat in the exponent", () => {
    const b = tensor([1, 2.5], { requiresGrad: true });
    expect(valuesOf(gradients(tensor([0, 0]).pow(b).sum(), [b])[0]!)).toEqual([0, 0]);
  });

  it("shares the gradient between equal elements of maximum and minimum", () => {
    for (const name of ["maximum", "minimum"] as const) {
      const a = tensor([1, 2], { requiresGrad: true });
      const b = tensor([1, 2], { requiresGrad: true });
      for (const gradient of gradients(a[name](b).sum(), [a, b])) expect(valuesOf(gradient!)).toEqual([0.5, 0.5]);
    }
  });

  it("computes with int32, whose products are taken modulo 2^32", () => {
    const a = tensor(Int32Array.of(7, -3, 100_000));
    expect(valuesOf(a.add(1).mul(2).sub(a))).toEqual([9, -1, 100_002]);
    expect(valuesOf(a.mul(a))).toEqual([49, 9, 10_000_000_000 | 0]);
    expect(a.add(a).dtype).toBe("int32");
  });
});

describe("comparisons", () => {
  it("give 1 where true and 0 where not, as int32 without a gradient", () => {
    const a = tensor([1, 2, 3, Number.NaN], { requiresGrad: true });
    const expected = {
      eq: [0, 1, 0, 0],
      ne: [1, 0, 1, 1],
      lt: [1, 0, 0, 0],
      le: [1, 1, 0, 0],
      gt: [0, 0, 1, 0],
      ge: [0, 1, 1, 0],
    };
    for (const [name, values] of Object.entries(expected)) {
      const y = a[name as keyof typeof expected](2);
      expect(y.dtype).toBe("int32");
      expect(y.requiresGrad).toBe(false);
      expect(valuesOf(y)).toEqual(values);
    }
  });

  it("broadcast like arithmetic", () => {
    const y = tensor([1, 2, 3]).lt(tensor([[2], [3]]));
    expect(y.arraySync()).toEqual([
      [1, 0, 0],
      [1, 1, 0],
    ]);
    expect(zeros([0, 3]).eq(zeros([1])).shape).toEqual([0, 3]);
  });
});
