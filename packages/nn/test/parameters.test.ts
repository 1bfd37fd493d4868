import { causalMask, keep, manualSeed, noGrad, ones, randn, type Tensor, tensor, zeros } from "@lectern/autograd";
import { buffer, Dropout, GPT, Linear, Module, parameter, Sequential } from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";

beforeEach(() => manualSeed(1));

/** A module with the given fields. */
class With extends Module {
  [field: string]: unknown;

  constructor(fields: Record<string, unknown>) {
    super();
    Object.assign(this, fields);
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

const namesOf = (fields: Record<string, unknown>) => [...new With(fields).namedParameters().keys()];
const learnt = () => ones([2], { requiresGrad: true });
const layer = () => new Linear(2, 2, { bias: false });

describe("a module sees", () => {
  it("layers and parameters in arrays, maps and plain objects, however nested", () => {
    expect(namesOf({ nested: [[layer()], [learnt(), layer()]] })).toEqual([
      "nested.1.0",
      "nested.0.0.weight",
      "nested.1.1.weight",
    ]);
    expect(
      namesOf({
        map: new Map<unknown, unknown>([
          ["a", layer()],
          [3, learnt()],
        ]),
      }),
    ).toEqual(["map.3", "map.a.weight"]);
    expect(namesOf({ heads: { mean: layer(), deviation: { log: learnt() } } })).toEqual([
      "heads.deviation.log",
      "heads.mean.weight",
    ]);
  });

  it("them with everything it does: saving, loading, moving, switching", () => {
    const make = () => new With({ heads: new Map([["a", { drop: new Dropout(), layers: [layer(), learnt()] }]]) });
    const [one, other] = [make(), make()];
    noGrad(() => one.parameters()[0].fill_(7));
    other.loadStateDict(one.stateDict());
    expect([...other.stateDict()].map(([name, t]) => [name, t.arraySync()])).toEqual([
      ["heads.a.layers.1", [7, 7]],
      ["heads.a.layers.0.weight", one.parameters()[1].arraySync()],
    ]);
    other.to("reference").eval();
    expect(other.parameters().map(({ device }) => device.name)).toEqual(["reference", "reference"]);
    expect(Array.from(other.namedModules(), ([, { training }]) => training)).toEqual([false, false, false]);
  });

  it("a container once that holds itself, and a module that knows the one that holds it", () => {
    const circle: unknown[] = [learnt()];
    circle.push(circle);
    const child = new With({});
    const parent = new With({ circle, child });
    child.parent = parent;
    expect([...parent.stateDict().keys()]).toEqual(["circle.0"]);
  });

  it("no parameter in what is only remembered: kept states, constants, activations, cut off or not", () => {
    const net = new With({ inner: layer(), state: keep(zeros([2])), mask: causalMask(2, 2), names: ["a", "b"] });
    const inner = net.inner as Linear;
    const x = randn([1, 2], { requiresGrad: true });
    net.last = inner.forward(x);
    net.history = [inner.forward(x).detach(), inner.weight.detach()];
    expect([...net.namedParameters().keys()]).toEqual(["inner.weight"]);
    (net.last as Tensor).sum().backward();
    expect([...net.namedParameters().keys()]).toEqual(["inner.weight"]);
  });
});

describe("a module says so", () => {
  class Holder {
    readonly inner = layer();
  }
  const seen =
    ", where it is not seen, and so neither trained nor saved: keep it in a field, or in an array, a Map or a";

  it.each<[string, Record<string, unknown>, string]>([
    [
      "a Set has no names",
      { layers: new Set([layer()]) },
      `the field layers holds a Linear in a Set, which has no names${seen}`,
    ],
    ["an object of another class", { a: { b: new Holder() } }, `the field a.b holds a Linear inside a Holder${seen}`],
    ["a parameter in one", { a: new Set([learnt()]) }, "the field a holds a tensor [2], a parameter, in a Set"],
    ["a buffer in one", { a: [new Set([buffer(ones([3]))])] }, "the field a.0 holds a tensor [3], a buffer, in a Set"],
    [
      "a dot in a key",
      { a: new Map([["b.c", layer()]]) },
      'the field a.b.c holds a Linear under the key "b.c" of a Map',
    ],
    ["an object as key", { a: new Map([[{}, layer()]]) }, "holds a Linear under the key [object Object] of a Map"],
    ["no key at all", { a: { "": layer() } }, 'holds a Linear under the key "", which is no name'],
  ])("where it cannot see what a field holds: %s", (_, fields, message) => {
    const wrong = new With({ child: new With(fields) });
    const named = message.replace("the field ", "With: the field child.");
    for (const use of [() => wrong.parameters(), () => wrong.stateDict(), () => wrong.to("reference")]) {
      expect(use).toThrow(named);
    }
  });

  it("but not where a stranger holds what the module has seen elsewhere", () => {
    const holder = new Holder();
    expect(namesOf({ layer: holder.inner, holder, modules: new Set([holder.inner]) })).toEqual(["layer.weight"]);
  });

  it("where a parameter was computed, and would never move", () => {
    const w = randn([2, 2], { requiresGrad: true }).mul(0.1);
    expect(() => namesOf({ w })).toThrow(
      "With: the field w holds a tensor [2, 2] that was computed (by affine) from one that requires a gradient, so it is a parameter no more and would never move: make it one with parameter(…)",
    );
  });
});

describe("parameter", () => {
  it("makes a leaf of whatever was computed", () => {
    const w = parameter(randn([2, 2], { requiresGrad: true }).mul(0.1).T);
    expect([w.isLeaf, w.requiresGrad, w.isContiguous()]).toEqual([true, true, true]);
    const net = new With({ w });
    ones([1, 2]).matmul(w).sum().backward();
    expect(net.parameters()[0].grad?.arraySync()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("may be frozen from the start, and is listed and moved as one", () => {
    const net = new With({ w: parameter(ones([2]), { requiresGrad: false }) }).to("reference");
    const [w] = net.parameters();
    expect([w.requiresGrad, w.device.name]).toEqual([false, "reference"]);
    expect(w.requiresGrad_().requiresGrad).toBe(true);
  });

  it("is of real numbers", () => {
    expect(() => parameter(tensor(Int32Array.of(1)))).toThrow("only float32 tensors have gradients");
  });
});

describe("buffer", () => {
  it("is saved with the module, unless it is not persistent, and moves with it", () => {
    const net = new With({ mean: buffer(zeros([2])), tables: [buffer(ones([3]), { persistent: false })] });
    expect([...net.namedBuffers().keys()]).toEqual(["mean", "tables.0"]);
    net.to("reference");
    expect([...net.namedBuffers().values()].map(({ device }) => device.name)).toEqual(["reference", "reference"]);
    expect([...net.stateDict().keys()]).toEqual(["mean"]);
    expect(net.parameters()).toEqual([]);
  });

  it("leaves its field a buffer's when another tensor comes into it", () => {
    const net = new With({ mean: buffer(zeros([2])) });
    net.namedBuffers();
    net.mean = ones([2]);
    expect([...net.stateDict()].map(([name, t]) => [name, t.arraySync()])).toEqual([["mean", [1, 1]]]);
  });

  it("gets no gradient", () => {
    expect(() => buffer(learnt())).toThrow("buffer: this tensor [2] requires a gradient, a buffer gets none");
    expect(() => new With({}).registerBuffer("mean", learnt())).toThrow("buffer: this tensor [2]");
  });
});

describe("a deep model", () => {
  it("keeps the names of PyTorch", () => {
    const gpt = new GPT({ vocabulary: 5, layers: 1, heads: 1, width: 4, context: 3 });
    const net = new With({ models: { small: gpt }, head: new Sequential(layer()) });
    expect([...net.stateDict().keys()]).toContain("models.small.blocks.0.attention.qkv.weight");
    expect([...net.stateDict().keys()]).toContain("head.0.weight");
  });
});
