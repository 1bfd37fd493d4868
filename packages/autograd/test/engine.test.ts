import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  enableGrad,
  grad,
  gradEnabled,
  gradients,
  layerNorm,
  linearGelu,
  manualSeed,
  multiHeadAttention,
  noGrad,
  randn,
  scaledDotProductAttention,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "../src/index.ts";
import { expectClose, valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

describe("gradients gather at leaves", () => {
  it("adding up over calls of backward until zeroGrad", () => {
    const x = leaf(1, 2);
    x.mul(3).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([3, 3]);
    x.square().sum().backward();
    expect(valuesOf(x.grad!)).toEqual([5, 7]);
    x.zeroGrad();
    expect(x.grad).toBeUndefined();
    x.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([1, 1]);
  });

  it("once for every use of a leaf", () => {
    const x = leaf(3);
    x.mul(x).mul(x).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([27]);
  });

  it("over every path of a diamond, each node's rule applied once", () => {
    const x = leaf(2);
    let calls = 0;
    const middle = x.square();
    middle.registerHook(() => {
      calls++;
      return undefined;
    });
    // x² (x² + sin x²): derivative 2x (2x² + sin x² + x² cos x²)
    middle.mul(middle.add(middle.sin())).sum().backward();
    expectClose(valuesOf(x.grad!), [4 * (8 + Math.sin(4) + 4 * Math.cos(4))]);
    expect(calls).toBe(1);
  });

  it("for leaves alone, and for those alone that ask for it", () => {
    const x = leaf(1);
    const constant = tensor([2]);
    const y = x.mul(constant);
    y.sum().backward();
    expect(y.grad).toBeUndefined();
    expect(constant.grad).toBeUndefined();
  });

  it("of their own, though one gradient reached several of them", () => {
    const a = leaf(1, 1);
    const b = leaf(1, 1);
    a.add(b).sum().backward();
    a.grad!.mul_(10);
    expect(valuesOf(b.grad!)).toEqual([1, 1]);
    a.zeroGrad();
    expect(valuesOf(b.grad!)).toEqual([1, 1]);
  });

  it("not sharing memory with the seed", () => {
    const x = leaf(1, 2);
    const seed = tensor([5, 6]);
    x.add(0).backward(seed);
    seed.zero_();
    expect(valuesOf(x.grad!)).toEqual([5, 6]);
    x.zeroGrad();
    expect(valuesOf(seed)).toEqual([0, 0]);
  });

  it("onto a gradient that somebody put there", () => {
    const x = leaf(1, 2);
    x.grad = tensor([[1, 3]])
      .expand(1, 2)
      .reshape(2);
    x.sum().backward();
    expect(valuesOf(x.grad)).toEqual([2, 4]);
    x.grad = tensor([1]).expand(2);
    x.sum().backward();
    expect(valuesOf(x.grad)).toEqual([2, 2]);
  });

  it("through views that share their memory", () => {
    const x = tensor([1, 2, 3, 4], { shape: [2, 2], requiresGrad: true });
    const [top, bottom] = x.split(1);
    top
      .mul(bottom)
      .sum()
      .add(x.T.slice(0, 0, 1).sum())
      .backward();
    expect(valuesOf(x.grad!)).toEqual([4, 4, 2, 2]);
  });

  it("of a leaf that is its own root", () => {
    const x = leaf(4);
    x.backward();
    expect(valuesOf(x.grad!)).toEqual([1]);
  });
});

describe("backward", () => {
  it("takes a seed, the gradient of whatever follows", () => {
    const x = leaf(1, 2);
    x.square().backward(tensor([10, 100]));
    expect(valuesOf(x.grad!)).toEqual([20, 400]);
  });

  it("wants a seed of the value's shape where there is more than one element", () => {
    const y = leaf(1, 2).mul(2);
    expect(() => y.backward()).toThrow("backward: a value of shape [2] needs a seed of that shape (or .sum() first)");
    expect(() => y.backward(tensor([1]))).toThrow("backward: the seed is [1], the value [2]");
  });

  it("says so where there is nothing to differentiate", () => {
    expect(() => tensor([1]).sum().backward()).toThrow(
      "backward: nothing to differentiate: this [] was computed from nothing that requires a gradient",
    );
    const outside = noGrad(() => leaf(1).mul(2));
    expect(() => outside.backward()).toThrow("nothing to differentiate");
  });

  it("uses its graph up, and says so when called again", () => {
    const x = leaf(2);
    const y = x.square().sum();
    y.backward();
    expect(() => y.backward()).toThrow(
      "backward: this graph was used up by an earlier backward(): " +
        "call that one with { retainGraph: true }, or compute the value again",
    );
    expect(() => x.square().add(y).sum().backward()).toThrow("was used up by an earlier backward()");
  });

  it("keeps the graph where asked to", () => {
    const x = leaf(3);
    const y = x.square().sum();
    y.backward({ retainGraph: true });
    y.backward();
    expect(valuesOf(x.grad!)).toEqual([12]);
    expect(() => y.backward()).toThrow("was used up");
  });

  it("works on two losses that share a part of their graph, if the first retains it", () => {
    const x = leaf(2);
    const shared = x.square();
    shared.mul(3).sum().backward(undefined, { retainGraph: true });
    shared.sum().backward();
    expect(valuesOf(x.grad!)).toEqual([16]);
  });

  it("goes through 20,000 ops one behind the other, without and with a graph of its own", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = i % 2 === 0 ? y.mul(1.0001) : y.add(0.5);
    y.backward({ retainGraph: true });
    const slope = 1.0001 ** 10_000;
    expectClose(valuesOf(x.grad!), [slope], 1e-9);
    x.zeroGrad();
    y.backward({ createGraph: true });
    expectClose(valuesOf(x.grad!), [slope], 1e-9);
  });

  it("leaves no gradient half added when a rule fails", () => {
    const x = leaf(1, 2);
    const y = x.exp();
    const loss = y.sum().add(x.sum());
    noGrad(() => y.add_(1));
    expect(() => loss.backward()).toThrow("changed in place");
    expect(x.grad).toBeUndefined();
  });
});

describe("what is recorded", () => {
  it("is nothing inside noGrad, and again everything inside enableGrad", () => {
    const x = leaf(1);
    noGrad(() => {
      expect(x.mul(2).requiresGrad).toBe(false);
      expect(enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
      expect(gradEnabled()).toBe(false);
    });
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it("is nothing throughout an asynchronous noGrad, and everything after it", async () => {
    const x = leaf(1);
    const y = await noGrad(async () => {
      await x.data();
      const inner = await enableGrad(async () => {
        await x.data();
        return x.mul(2);
      });
      expect(inner.requiresGrad).toBe(true);
      return x.mul(2);
    });
    expect(y.requiresGrad).toBe(false);
    expect(gradEnabled()).toBe(true);
  });

  it("is everything again after an error inside noGrad", async () => {
    const fail = () => {
      throw new Error("no");
    };
    expect(() => noGrad(fail)).toThrow("no");
    expect(gradEnabled()).toBe(true);
    await expect(noGrad(async () => fail())).rejects.toThrow("no");
    expect(gradEnabled()).toBe(true);
  });

  it("ends at detach, which shares the memory", () => {
    const x = leaf(3);
    const y = x.square();
    const cut = y.detach();
    expect([cut.requiresGrad, cut.isLeaf, cut.storage === y.storage]).toEqual([false, true, true]);
    cut.mul(x).sum().backward();
    expect(valuesOf(x.grad!)).toEqual([9]);
  });

  it("needs one input that requires a gradient", () => {
    const x = leaf(1);
    const constant = tensor([1]);
    expect(constant.add(constant).requiresGrad).toBe(false);
    expect(constant.add(x).requiresGrad).toBe(true);
    expect([x.isLeaf, constant.add(x).isLeaf]).toEqual([true, false]);
  });

  it("can begin and stop at any leaf, but not within a graph", () => {
    const x = tensor([1]).requiresGrad_();
    expect(x.requiresGrad).toBe(true);
    expect(x.requiresGrad_(false).mul(2).requiresGrad).toBe(false);
    const y = x.requiresGrad_().mul(2);
    expect(() => y.requiresGrad_()).toThrow("requiresGrad_: this tensor was computed; detach() it first");
    expect(y.detach().requiresGrad_().isLeaf).toBe(true);
  });
});

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

describe("gradients", () => {
  it("are given for any tensors, leaving every grad alone", () => {
    const x = leaf(2);
    const y = x.square();
    const z = y.mul(x).sum();
    const [dy, dx] = gradients(z, [y, x]);
    expect([valuesOf(dy!), valuesOf(dx!)]).toEqual([[2], [12]]);
    expect([x.grad, y.grad]).toEqual([undefined, undefined]);
  });

  it("take a seed, and may be of the output itself", () => {
    const x = leaf(1, 2);
    const y = x.square();
    const [dy, dx] = gradients(y, [y, x], { seed: tensor([3, 4]) });
    expect([valuesOf(dy!), valuesOf(dx!)]).toEqual([
      [3, 4],
      [6, 16],
    ]);
  });

  it("of what the output does not depend on are an error, or undefined if allowed", () => {
    const [x, other] = [leaf(1), leaf(1)];
    expect(() => gradients(x.mul(2).sum(), [x, other])).toThrow(
      "gradients: the output does not depend on input 1, [1]",
    );
    expect(gradients(x.mul(2).sum(), [other], { allowUnused: true })).toEqual([undefined]);
  });

  it("use the graph up, and say so when asked again", () => {
    const x = leaf(2);
    const y = x.square().sum();
    gradients(y, [x]);
    expect(() => gradients(y, [x])).toThrow("gradients: this graph was used up by an earlier backward()");
  });

  it("apply no rule that leads to none of the inputs", () => {
    const [a, b] = [leaf(1), leaf(1)];
    const unused = a.mul(2);
    unused.registerHook(() => {
      throw new Error("not on the way");
    });
    expect(valuesOf(gradients(unused.add(b.mul(3)).sum(), [b])[0]!)).toEqual([3]);
  });

  it("find their way through a net of many paths in no time", () => {
    const x = leaf(1);
    let y: Tensor = x;
    // 2^60 paths: only a search that visits each node once comes to an end.
    for (let i = 0; i < 60; i++) y = y.mul(0.5).add(y.mul(0.5));
    expectClose(valuesOf(gradients(y.sum(), [x])[0]!), [1]);
    y = x;
    for (let i = 0; i < 60; i++) y = y.mul(0.5).add(y.mul(0.5));
    y.sum().backward();
    expectClose(valuesOf(x.grad!), [1]);
  });
});

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
