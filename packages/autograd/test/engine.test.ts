import { describe, expect, it } from "vitest";
import { enableGrad, gradEnabled, gradients, noGrad, setDefaultDevice, type Tensor, tensor } from "../src/index.ts";
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
