import { describe, expect, it } from "vitest";
import { gradients, tensor, zeros } from "../../src/index.ts";
import { awayFromZero, between, checkOp, ONE, valuesOf } from "./checks.ts";

describe("functions of one element", () => {
  checkOp({ name: "exp", f: (x) => x.exp(), shapes: ONE });
  checkOp({ name: "log", f: (x) => x.log(), shapes: ONE, draw: between(0.3, 3) });
  checkOp({ name: "sqrt", f: (x) => x.sqrt(), shapes: ONE, draw: between(0.3, 3) });
  checkOp({ name: "rsqrt", f: (x) => x.rsqrt(), shapes: ONE, draw: between(0.3, 3) });
  checkOp({ name: "reciprocal", f: (x) => x.reciprocal(), shapes: ONE, draw: between(0.3, 3) });
  checkOp({ name: "abs", f: (x) => x.abs(), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "sin", f: (x) => x.sin(), shapes: ONE });
  checkOp({ name: "cos", f: (x) => x.cos(), shapes: ONE });
  checkOp({ name: "tanh", f: (x) => x.tanh(), shapes: ONE });
  checkOp({ name: "sigmoid", f: (x) => x.sigmoid(), shapes: ONE });
  checkOp({ name: "relu", f: (x) => x.relu(), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "leakyRelu", f: (x) => x.leakyRelu(0.2), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "gelu, exact", f: (x) => x.gelu(), shapes: ONE });
  checkOp({ name: "gelu, tanh", f: (x) => x.gelu("tanh"), shapes: ONE });
  checkOp({ name: "silu", f: (x) => x.silu(), shapes: ONE });
  checkOp({ name: "softsign", f: (x) => x.softsign(), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "clamp", f: (x) => x.clamp(-0.05, 0.7), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "clamp from below", f: (x) => x.clamp(0), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "sign", f: (x) => x.sign(), shapes: ONE, draw: awayFromZero });
  checkOp({ name: "floor", f: (x) => x.floor(), shapes: [[[3]]], draw: between(0.1, 0.9) });
  checkOp({ name: "round", f: (x) => x.round(), shapes: [[[3]]], draw: between(0.6, 1.4) });
  checkOp({ name: "float", f: (x) => x.float(), shapes: ONE });
});

describe("at the edges of functions of one element", () => {
  it("takes tensors without elements", () => {
    for (const name of ["exp", "log", "tanh", "relu", "gelu", "silu", "abs", "sqrt"] as const) {
      const x = zeros([2, 0], { requiresGrad: true });
      const y = x[name]();
      expect(y.shape).toEqual([2, 0]);
      expect(gradients(y.sum(), [x])[0]?.shape).toEqual([2, 0]);
    }
  });

  it("passes the gradient of clamp at its bounds, and none of relu at 0", () => {
    const x = tensor([-1, 0, 1, 2], { requiresGrad: true });
    expect(valuesOf(gradients(x.clamp(0, 1).sum(), [x])[0]!)).toEqual([0, 1, 1, 0]);
    expect(valuesOf(gradients(x.relu().sum(), [x])[0]!)).toEqual([0, 0, 1, 1]);
  });

  it("stays finite far from 0", () => {
    const x = tensor([-800, 800], { requiresGrad: true });
    for (const name of ["tanh", "sigmoid", "gelu", "silu"] as const) {
      const y = x[name]();
      expect(valuesOf(y).every(Number.isFinite)).toBe(true);
      expect(valuesOf(gradients(y.sum(), [x])[0]!).every(Number.isFinite)).toBe(true);
    }
  });

  it("cuts floats towards zero when they become int32, and passes no gradient there", () => {
    const x = tensor([-1.7, 1.7], { requiresGrad: true });
    expect(valuesOf(x.int())).toEqual([-1, 1]);
    expect(x.int().float().requiresGrad).toBe(false);
  });
});
