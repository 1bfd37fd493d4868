import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import {
  crossEntropy,
  full,
  gradients,
  keep,
  memoryUsage,
  noGrad,
  randn,
  resetPeakMemory,
  type Scope,
  scaledDotProductAttention,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "../src/index.ts";
import { collectNow } from "../src/lifetimes.ts";
import { valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

const isFreed = (x: Tensor) => x.storage.freed !== undefined;
const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

describe("a scope", () => {
  it("frees what was made inside, and keeps what it returns", () => {
    let inner: Tensor | undefined;
    const y = scope(() => {
      inner = tensor([1, 2]);
      return inner.mul(2);
    });
    expect(valuesOf(y)).toEqual([2, 4]);
    expect(isFreed(inner!)).toBe(true);
  });

  it("leaves what was made outside alone", () => {
    const x = tensor([1]);
    scope(() => x.add(1));
    expect(isFreed(x)).toBe(false);
  });

  it("keeps tensors returned in arrays, objects, maps and sets, however deep", () => {
    const result = scope(() => ({
      list: [tensor([1]), tensor([2])],
      map: new Map([["a", { deep: tensor([3]) }]]),
      set: new Set([tensor([4])]),
      text: "not a tensor",
      nothing: null,
      typed: new Float32Array(3),
    }));
    const tensors = [...result.list, result.map.get("a")!.deep, ...result.set];
    expect(tensors.map((x) => valuesOf(x)[0])).toEqual([1, 2, 3, 4]);
  });

  it("keeps what a returned view shows", () => {
    const y = scope(() => tensor([1, 2, 3]).slice(0, 1));
    expect(valuesOf(y)).toEqual([2, 3]);
  });

  it("hands what it returns to the scope around it", () => {
    let inner: Tensor | undefined;
    const outer = scope(() => {
      inner = scope(() => tensor([1]));
      expect(isFreed(inner)).toBe(false);
      return inner.add(1);
    });
    expect(isFreed(inner!)).toBe(true);
    expect(valuesOf(outer)).toEqual([2]);
  });

  it("keeps parameters, gradients and what is marked to be kept", () => {
    let made: Tensor[] = [];
    scope(() => {
      const parameter = leaf(1, 2);
      const state = keep(zeros([2]));
      parameter.mul(3).sum().backward();
      made = [parameter, parameter.grad!, state];
    });
    expect(made.map(isFreed)).toEqual([false, false, false]);
    expect(valuesOf(made[1])).toEqual([3, 3]);
  });

  it("keeps gradients that were recorded themselves", () => {
    const x = leaf(2);
    scope(() => x.pow(3).sum().backward({ createGraph: true }));
    expect(valuesOf(x.grad!)).toEqual([12]);
  });

  it("keeps the graph of what it returns, so that backward still works", () => {
    const x = leaf(1, 2);
    const loss = scope(() => {
      const mask = tensor([1, 10]);
      return x.exp().mul(mask).tanh().sum();
    });
    const numbers = (f: (v: number, m: number) => number) => [1, 2].map((v, i) => f(v, [1, 10][i]));
    loss.backward();
    const expected = numbers((v, m) => m * Math.exp(v) * (1 - Math.tanh(m * Math.exp(v)) ** 2));
    valuesOf(x.grad!).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
  });

  it("keeps masks and weights that a fused op needs on its way back", () => {
    const q = randn([1, 1, 3, 4], { device: "cpu", requiresGrad: true });
    const logits = randn([2, 3], { device: "cpu", requiresGrad: true });
    const losses = () => {
      const mask = tensor(Int32Array.of(1, 0, 1), { device: "cpu" });
      const weight = tensor([1, 2, 4], { device: "cpu" });
      const targets = tensor(Int32Array.of(0, 2), { device: "cpu" });
      return [scaledDotProductAttention(q, q, q, { mask }).exp().sum(), crossEntropy(logits, targets, { weight })];
    };
    const leaves = [q, logits];
    const expected = losses().map((loss, i) => valuesOf(gradients(loss, [leaves[i]])[0]!));
    const inScope = scope(losses);
    // Takes the place of whatever was freed too early.
    const junk = Array.from({ length: 50 }, (_, i) => full([i], 1e9, { device: "cpu" }));
    const found = inScope.map((loss, i) => valuesOf(gradients(loss, [leaves[i]])[0]!));
    expect(junk).toHaveLength(50);
    expect(found).toEqual(expected);
  });

  it("ends by itself at the end of a block with `using`", () => {
    let inside: Tensor | undefined;
    let kept: Tensor | undefined;
    {
      using s = scope();
      inside = tensor([1]);
      kept = s.keep(tensor([2]));
    }
    expect([isFreed(inside), isFreed(kept)]).toEqual([true, false]);
  });

  it("stays open over what is awaited inside it", async () => {
    let inner: Tensor | undefined;
    const y = await scope(async () => {
      inner = tensor([1]);
      await inner.data();
      const later = inner.add(1);
      await later.data();
      return later;
    });
    expect(isFreed(inner!)).toBe(true);
    expect(await y.array()).toEqual([2]);
  });

  it("frees everything after an error, at once or awaited", async () => {
    let inner: Tensor | undefined;
    const fail = () => {
      inner = tensor([1]);
      throw new Error("no");
    };
    expect(() => scope(fail)).toThrow("no");
    expect(isFreed(inner!)).toBe(true);
    await expect(scope(async () => fail())).rejects.toThrow("no");
    expect(isFreed(inner!)).toBe(true);
  });

  it("does not mind being closed twice", () => {
    const s: Scope = scope();
    const x = tensor([1]);
    s[Symbol.dispose]();
    const later = tensor([1]);
    s[Symbol.dispose]();
    expect([isFreed(x), isFreed(later)]).toEqual([true, false]);
  });
});

describe("memoryUsage", () => {
  it("counts bytes and blocks, views not", () => {
    const before = memoryUsage();
    scope(() => {
      const x = zeros([10, 10]);
      x.T.reshape(2, 50);
      const during = memoryUsage();
      expect(during.bytes - before.bytes).toBe(800);
      expect(during.storages - before.storages).toBe(2);
    });
    expect(memoryUsage().bytes).toBe(before.bytes);
  });

  it("remembers the most there ever was, until told to forget", () => {
    scope(() => zeros([1000]).sum());
    expect(memoryUsage().peakBytes).toBeGreaterThanOrEqual(memoryUsage().bytes + 4000);
    resetPeakMemory();
    expect(memoryUsage().peakBytes).toBe(memoryUsage().bytes);
  });
});

describe("a freed tensor", () => {
  it("says by name that it is gone, and why", () => {
    let gone: Tensor | undefined;
    scope(() => {
      gone = zeros([2, 3]);
    });
    const message = (op: string) =>
      `${op}: the memory of tensor [2, 3], made by zeros, was freed: its scope ended: return it from the scope, ` +
      "or keep it with s.keep(t)";
    expect(() => gone!.exp()).toThrow(message("exp"));
    expect(() => gone!.dataSync()).toThrow(message("dataSync"));
    expect(() => gone!.detach()).toThrow(message("detach"));
    expect(() => gone!.add_(1)).toThrow(message("add_"));
    expect(() => zeros([2, 3]).copy_(gone!)).toThrow(message("copy_"));
  });

  it("says so when awaited", async () => {
    let gone: Tensor | undefined;
    scope(() => {
      gone = zeros([2]);
    });
    await expect(gone!.array()).rejects.toThrow("data: the memory of tensor [2], made by zeros, was freed");
  });

  it("says so through its views", () => {
    let view: Tensor | undefined;
    scope(() => {
      view = zeros([2, 3]).T;
    });
    expect(() => view!.sum()).toThrow("the memory of tensor [3, 2], made by permute, was freed");
  });

  it("says so when a backward rule needs it", () => {
    const x = leaf(1, 2);
    let y: Tensor | undefined;
    scope(() => {
      y = x.exp();
    });
    expect(() => y!.backward(tensor([1, 1]))).toThrow("exp: the memory of tensor [2], made by exp, was freed");
  });

  it("says of a forgotten gradient how to keep it", () => {
    const x = leaf(1);
    x.square().sum().backward();
    const forgotten = x.grad!;
    x.zeroGrad();
    expect(() => forgotten.dataSync()).toThrow("zeroGrad() forgot this gradient: keep it with t.grad.detach()");
    x.square().sum().backward();
    const kept = x.grad!.detach();
    x.zeroGrad();
    expect(valuesOf(kept)).toEqual([2]);
  });
});

describe("an ended graph", () => {
  /** One step: a graph of its own, used up at the end. */
  const step = (x: Tensor) => {
    const y = x.mul(2);
    const loss = y.square().mean();
    loss.backward();
    x.zeroGrad();
    return { y, loss };
  };

  it("leaves its values readable until the next has ended", () => {
    const x = leaf(1, 2);
    const first = step(x);
    expect(valuesOf(first.y)).toEqual([2, 4]);
    const second = step(x);
    expect([isFreed(first.y), isFreed(second.y)]).toEqual([true, false]);
    expect(() => first.y.dataSync()).toThrow(
      "the memory of tensor [2], made by affine, was freed: its graph was used up by backward(), and so was a later " +
        "one: keep it with t.detach()",
    );
  });

  it("leaves losses readable for ever", () => {
    const x = leaf(1, 2);
    const losses = Array.from({ length: 5 }, () => step(x).loss);
    expect(losses.map((loss) => loss.itemSync())).toEqual([10, 10, 10, 10, 10]);
  });

  it("spares what was detached", () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    const kept = y.detach();
    y.square().mean().backward();
    step(x);
    step(x);
    expect(valuesOf(kept)).toEqual([2, 4]);
  });

  it("spares its leaves, and what a graph that goes on needs", () => {
    const x = leaf(1, 2);
    const input = tensor([3, 4]);
    const shared = x.exp();
    const later = shared.mul(input).tanh().sum();
    step(x);
    step(x);
    later.backward();
    expect(isFreed(input)).toBe(false);
    expect(valuesOf(x.grad!).every(Number.isFinite)).toBe(true);
  });

  it("is not ended by a backward that retains it", () => {
    const x = leaf(1, 2);
    const y = x.exp();
    const loss = y.square().sum();
    loss.backward({ retainGraph: true });
    step(x);
    step(x);
    loss.backward();
    expect(isFreed(y)).toBe(false);
  });

  it("gives back all it took: two steps' values are held at most", () => {
    const x = randn([100], { requiresGrad: true });
    const sizes = Array.from({ length: 6 }, () => {
      step(x);
      return memoryUsage().bytes;
    });
    // Losses stay until a collection: a few single numbers a step.
    expect(sizes[5] - sizes[2]).toBeLessThan(100);
  });

  it("frees what backward itself computes before it returns", () => {
    const x = randn([100], { requiresGrad: true });
    const y = x.sin().cos().exp().tanh().sum();
    const before = memoryUsage().bytes;
    y.backward({ retainGraph: true });
    expect(memoryUsage().bytes - before).toBe(400);
    gradients(y, [x], { retainGraph: true });
    expect(memoryUsage().bytes - before).toBeLessThanOrEqual(800);
  });
});

describe("what nothing reaches", () => {
  it("is freed by a collection, at once in Node, without a task in between", () => {
    const before = memoryUsage();
    (() => {
      for (let i = 0; i < 100; i++) zeros([1000]);
    })();
    expect(memoryUsage().bytes - before.bytes).toBe(400_000);
    collectNow();
    expect(memoryUsage().bytes - before.bytes).toBeLessThan(40_000);
  });

  it("is freed after it left a scope too, returned or marked to be kept", () => {
    const nested = (fn: () => Tensor) => void scope(() => scope(fn));
    collectNow();
    const before = memoryUsage().storages;
    for (let i = 0; i < 10; i++) void scope(() => zeros([5]));
    for (let i = 0; i < 10; i++) nested(() => keep(zeros([5])));
    expect(memoryUsage().storages).toBe(before + 20);
    collectNow();
    expect(memoryUsage().storages).toBeLessThan(before + 5);
  });

  it("does not pile up while nothing is awaited, be it ever so small", () => {
    collectNow();
    const before = memoryUsage().storages;
    for (let i = 0; i < 150_000; i++) zeros([1]);
    expect(memoryUsage().storages - before).toBeLessThan(130_000);
  });

  it("is not what a tensor, a view or a graph still shows", () => {
    const x = leaf(3, 4);
    const view = noGrad(() => x.mul(2).slice(0, 1));
    const loss = x
      .exp()
      .mul(tensor([5, 6]))
      .sum();
    collectNow();
    expect(valuesOf(view)).toEqual([8]);
    loss.backward();
    expect(valuesOf(x.grad!)[0]).toBeCloseTo(5 * Math.exp(3), 9);
  });
});

describe("ten thousand steps by hand without any scope", () => {
  const run = promisify(execFile);
  const script = fileURLToPath(new URL("fixtures/loop.mts", import.meta.url));

  it.each(["awaiting", "never"])("keep memory flat, a loss awaited: %s", async (mode) => {
    const { stdout } = await run(process.execPath, [script, "cpu", mode]);
    const samples = JSON.parse(stdout) as { step: number; megabytes: number; tensors: number; loss: number }[];
    expect(samples).toHaveLength(10);
    expect(samples[9].loss).toBeLessThan(samples[0].loss);
    // Without an end of life, 740 megabytes of tensors would pile up, 500 of them after step 3000.
    for (const { tensors } of samples) expect(tensors).toBeLessThan(150);
    const [settled, end] = [samples[2].megabytes, samples[9].megabytes];
    expect(end - settled).toBeLessThan(100);
  });
});
