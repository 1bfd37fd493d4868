import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  grad,
  gradients,
  layerNorm,
  linearGelu,
  manualSeed,
  multiHeadAttention,
  randn,
  scaledDotProductAttention,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../src/index.ts";
import { expectClose, valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

describe("derivatives of derivatives", () => {
  const cube = (x: Tensor) => x.pow(3).sum();

  it("come from grad of grad", () => {
    const x = tensor([2, -1]);
    expect(valuesOf(grad(cube)(x))).toEqual([12, 3]);
    const once = (y: Tensor) => grad(cube)(y).sum();
    expect(valuesOf(grad(once)(x))).toEqual([12, -6]);
    const twice = (y: Tensor) => grad(once)(y).sum();
    expect(valuesOf(grad(twice)(x))).toEqual([6, 6]);
  });

  it("follow the closed forms of tanh", () => {
    const x = tensor([0.3]);
    const t = Math.tanh(0.3);
    const first = (y: Tensor) => grad((z: Tensor) => z.tanh().sum())(y).sum();
    const second = (y: Tensor) => grad(first)(y).sum();
    expectClose(valuesOf(first(x)), [1 - t * t]);
    expectClose(valuesOf(second(x)), [-2 * t * (1 - t * t)]);
    expectClose(valuesOf(grad(second)(x)), [(1 - t * t) * (6 * t * t - 2)]);
  });

  it("can be taken by another argument than the first", () => {
    const f = (a: Tensor, b: Tensor, scale: number) => a.mul(b).mul(b).sum().mul(scale);
    expect(valuesOf(grad(f, { argument: 1 })(tensor([3]), tensor([5]), 2))).toEqual([60]);
  });

  it("leave a descent along grad(f) without a graph behind it", () => {
    const slope = grad((x: Tensor) => x.square().sum());
    let x = tensor([1, 2]);
    for (let step = 0; step < 3; step++) x = x.sub(slope(x).mul(0.25));
    expect(valuesOf(x)).toEqual([0.125, 0.25]);
    expect([x.requiresGrad, slope(x).requiresGrad]).toEqual([false, false]);
  });

  it("reach the parameters that a function uses", () => {
    const w = leaf(3);
    const slope = grad((x: Tensor) => x.square().mul(w).sum())(tensor([5]));
    slope.sum().backward();
    expect(valuesOf(w.grad!)).toEqual([10]);
  });

  it("reach an argument that requires a gradient itself", () => {
    const x = leaf(2);
    grad(cube)(x).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([12]);
  });

  it("gather in grad with createGraph, and can be added to", () => {
    const x = leaf(2);
    x.pow(3).sum().backward({ createGraph: true });
    const first = x.grad!;
    expect([valuesOf(first), first.requiresGrad]).toEqual([[12], true]);
    x.zeroGrad();
    first.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([12]);
    x.pow(3).sum().backward({ createGraph: true });
    expect(valuesOf(x.grad!)).toEqual([24]);
    x.pow(2).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([28]);
  });

  it("work by hooks too", () => {
    const x = leaf(2);
    const y = x.square();
    y.registerHook((gradient) => gradient.mul(x));
    const [dx] = gradients(y.sum(), [x], { createGraph: true });
    expect(valuesOf(dx!)).toEqual([8]);
    expect(valuesOf(gradients(dx!.sum(), [x])[0]!)).toEqual([8]);
  });
});

describe("fused ops under createGraph", () => {
  const targets = () => tensor(Int32Array.of(1, 0, 2));
  const fused: [string, (x: Tensor) => Tensor, number[]][] = [
    ["layerNorm", (x) => layerNorm(x, tensor([1, 2, 3]), tensor([0, 1, 0])), [3, 3]],
    ["crossEntropy", (x) => crossEntropy(x, targets(), { labelSmoothing: 0.1 }), [3, 3]],
    ["attention", (x) => scaledDotProductAttention(x, x, x, { causal: true }), [1, 2, 3, 2]],
    ["linearGelu", (x) => linearGelu(x, tensor([[1, -2, 3]]), tensor([0.5])), [2, 3]],
    ["multiHeadAttention", (x) => multiHeadAttention(x, 2), [1, 2, 12]],
  ];

  it.each(fused)("give %s the gradient that its own rule gives", (name, f, shape) => {
    for (const device of ["reference", "cpu"]) {
      manualSeed(name);
      const x = randn(shape, { device, requiresGrad: true });
      setDefaultDevice(device);
      const y = f(x);
      const seed = randn(y.shape);
      const [plain] = gradients(y, [x], { seed, retainGraph: true });
      const [recorded] = gradients(y, [x], { seed, createGraph: true });
      setDefaultDevice("reference");
      expectClose(valuesOf(recorded!), valuesOf(plain!), device === "cpu" ? 1e-5 : 1e-12);
      expect(recorded!.requiresGrad).toBe(true);
    }
  });

  it("take one tensor in several places", () => {
    const both = tensor([1, 2], { requiresGrad: true });
    const y = layerNorm(tensor([[1, 3]]), both, both).sum();
    const [plain] = gradients(y, [both], { retainGraph: true });
    const [recorded] = gradients(y, [both], { createGraph: true });
    expectClose(valuesOf(recorded!), valuesOf(plain!));
  });
});
