import { describe, expect, it } from "vitest";
import { setDefaultDevice, type Tensor, tensor } from "../src/index.ts";
import { valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

describe("hooks", () => {
  it("see the whole gradient of a computed tensor, once", () => {
    const x = leaf(2);
    const y = x.mul(3);
    const seen: number[][] = [];
    y.registerHook((gradient) => {
      seen.push(valuesOf(gradient));
      return undefined;
    });
    y.square().add(y).sum().backward();
    expect(seen).toEqual([[13]]);
  });

  it("replace the gradient that goes on", () => {
    const x = leaf(1);
    const y = x.mul(3);
    y.registerHook((gradient) => gradient.mul(10));
    y.registerHook((gradient) => gradient.add(1));
    y.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([33]);
  });

  it("replace the gradient that reaches a leaf, before it is added", () => {
    const x = leaf(1, -1);
    x.registerHook((gradient) => gradient.clamp(-1, 1));
    x.mul(5).sum().backward();
    x.mul(-5).sum().backward();
    x.mul(0.5).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([0.5, 0.5]);
  });

  it("can be removed", () => {
    const x = leaf(1);
    let calls = 0;
    const remove = x.registerHook(() => {
      calls++;
      return undefined;
    });
    x.sum().backward();
    remove();
    remove();
    x.sum().backward();
    expect(calls).toBe(1);
  });

  it("may keep what they are shown and what they compute", () => {
    const x = leaf(1, 2);
    const seen: Tensor[] = [];
    const y = x.mul(3);
    y.registerHook((gradient) => {
      const halved = gradient.mul(0.5);
      seen.push(gradient, gradient.square().sum(), halved);
      return halved;
    });
    y.square().sum().backward();
    expect(seen.map(valuesOf)).toEqual([[6, 12], [180], [3, 6]]);
    expect(valuesOf(x.grad!)).toEqual([9, 18]);
  });

  it("are refused where no gradient will arrive", () => {
    expect(() => tensor([1]).registerHook(() => undefined)).toThrow(
      "registerHook: this tensor has no gradient; call requiresGrad_() first",
    );
  });
});

describe("retainGrad", () => {
  it("fills the gradient of a computed tensor", () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    y.retainGrad();
    y.square().sum().backward();
    expect(valuesOf(y.grad!)).toEqual([6, 12]);
  });

  it("gives a gradient of its own, which what follows does not change", () => {
    const x = leaf(1, 2);
    const y = x.add(tensor([0, 0]));
    y.retainGrad();
    // x gets the very gradient of y and, later, another one added to it.
    y.mul(3).sum().add(x.square().sum()).backward();
    expect(valuesOf(y.grad!)).toEqual([3, 3]);
    expect(valuesOf(x.grad!)).toEqual([5, 7]);
    y.zeroGrad();
    expect(valuesOf(x.grad!)).toEqual([5, 7]);
  });

  it("is refused where no gradient will arrive", () => {
    expect(() => tensor([1]).retainGrad()).toThrow("retainGrad: this tensor has no gradient");
  });
});
