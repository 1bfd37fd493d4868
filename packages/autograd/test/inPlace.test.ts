import { describe, expect, it } from "vitest";
import { layerNorm, noGrad, setDefaultDevice, type Tensor, tensor, zeros } from "../src/index.ts";
import { valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

describe("changes in place", () => {
  it("are refused where they would have to be recorded", () => {
    const w = leaf(1);
    expect(() => w.add_(1)).toThrow("add_: changes in place are not recorded: use add, or wrap it in noGrad(() => …)");
    expect(() => tensor([1]).mul_(w)).toThrow("use mul, or wrap it");
  });

  it("update parameters under noGrad", () => {
    const w = leaf(1, 2);
    noGrad(() =>
      w
        .sub_(tensor([0.5, 0.5]))
        .mul_(2)
        .div_(4)
        .add_(1),
    );
    expect(valuesOf(w)).toEqual([1.25, 1.75]);
    noGrad(() => w.copy_(tensor([7])));
    expect(valuesOf(w)).toEqual([7, 7]);
    expect(valuesOf(noGrad(() => w.zero_()))).toEqual([0, 0]);
    expect(w.requiresGrad).toBe(true);
  });

  it("go through views to what they show", () => {
    const x = zeros([2, 3]);
    x.T.slice(0, 1, 2).fill_(1);
    x.select(0, 1).add_(tensor([1, 2, 3]));
    x.slice(1, 0, 3, 2).mul_(10);
    expect(valuesOf(x)).toEqual([0, 1, 0, 10, 3, 30]);
  });

  it("read all of a source before they overwrite it", () => {
    const x = () => tensor([1, 2, 3, 4], { shape: [2, 2] });
    const a = x();
    expect(valuesOf(a.copy_(a.T))).toEqual([1, 3, 2, 4]);
    const b = x();
    b.T.copy_(b);
    expect(valuesOf(b)).toEqual([1, 3, 2, 4]);
    const c = x();
    expect(valuesOf(c.add_(c.T))).toEqual([2, 5, 5, 8]);
    const d = tensor([1, 2, 3]);
    d.slice(0, 1).copy_(d.slice(0, 0, 2));
    expect(valuesOf(d)).toEqual([1, 1, 2]);
  });

  it("broadcast the other operand, never this one", () => {
    expect(valuesOf(zeros([2, 2]).add_(tensor([1, 2])))).toEqual([1, 2, 1, 2]);
    expect(() => zeros([2]).add_(zeros([3, 2]))).toThrow("add_: [3, 2] does not expand to [2]");
    expect(() => zeros([2]).copy_(zeros([3]))).toThrow("copy_: [3] does not expand to [2]");
    expect(() => zeros([1]).expand(2).add_(1)).toThrow(
      "add_: elements of this [2] stand for several: clone() it first",
    );
  });

  it.each<[string, (x: Tensor) => Tensor, (x: Tensor, y: Tensor) => void]>([
    ["an input", (x) => x.square(), (x) => x.add_(1)],
    ["an output", (x) => x.exp(), (_, y) => y.add_(1)],
    ["an input, through a view", (x) => x.square(), (x) => x.slice(0, 0, 1).zero_()],
    ["an input, where another tensor takes its values", (x) => x.sin(), (x) => x.copy_(tensor([5]))],
    ["an operand of a product", (x) => x.matmul(tensor([1, 2])), (x) => x.fill_(0)],
    ["an input of a fused op", (x) => layerNorm(x), (x) => x.mul_(2)],
  ])("are found out when they falsify %s that a gradient needs", (_, f, change) => {
    const x = leaf(1, 2);
    const y = f(x);
    noGrad(() => change(x, y));
    expect(() => y.sum().backward()).toThrow(
      /: a value that its gradient needs, \[.*2\] made by \w+, was changed in place after the forward pass: change it after/,
    );
  });

  it("are allowed where no gradient needs the old value", () => {
    const x = leaf(1, 2);
    const y = x.add(1).mul(3);
    noGrad(() => x.add_(1));
    y.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([3, 3]);
  });

  it("that fail leave the graph valid", () => {
    const x = leaf(1, 2);
    const y = x.square();
    expect(() => noGrad(() => x.add_(zeros([3])))).toThrow("add_");
    y.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([2, 4]);
  });
});
