import { inspect } from "node:util";
import {
  crossEntropy,
  device,
  manualSeed,
  noGrad,
  ones,
  randn,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "@lectern/autograd";
import { Dropout, GPT, LayerNorm, Linear, Module, Sequential, SinusoidalEncoding, Tanh } from "@lectern/nn";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ints } from "./fixture.ts";

beforeEach(() => manualSeed(1));
afterEach(() => setDefaultDevice("cpu"));

const tiny = { vocabulary: 5, layers: 1, heads: 1, width: 4, context: 3 };

/** A module with everything a field can hold. */
class Everything extends Module {
  readonly layers = [new Linear(2, 3), new Linear(3, 2)];
  readonly scale = ones([2], { requiresGrad: true });
  readonly net = new Sequential(new LayerNorm(2), new Tanh());
  readonly shifts: Tensor[] = [zeros([2], { requiresGrad: true }), zeros([2], { requiresGrad: true })];
  readonly mean: Tensor;
  readonly scratch: Tensor;
  /** What came out last: neither parameter nor buffer. */
  last: Tensor | undefined;
  /** A tensor that is only remembered. */
  readonly constant = ones([2]);

  constructor() {
    super();
    this.mean = this.registerBuffer("mean", zeros([2]));
    this.scratch = this.registerBuffer("scratch", zeros([7]), { persistent: false });
  }

  forward(x: Tensor): Tensor {
    this.last = this.net.forward(this.layers[1].forward(this.layers[0].forward(x))).mul(this.scale);
    return this.last.add(this.shifts[0]).sub(this.shifts[1]);
  }
}

describe("a module", () => {
  it("finds parameters in fields, arrays and children, its own before those of its children", () => {
    const names = ["scale", "shifts.0", "shifts.1", "layers.0.weight", "layers.0.bias", "layers.1.weight"];
    const module = new Everything();
    module.forward(randn([1, 2]));
    noGrad(() => module.forward(randn([1, 2])));
    const found = [...module.namedParameters().keys()];
    expect(found).toEqual([...names, "layers.1.bias", "net.0.weight", "net.0.bias"]);
    expect(module.parameters()).toHaveLength(found.length);
    expect(module.numParameters()).toBe(2 + 4 + 9 + 8 + 4);
  });

  it("lists itself and all modules inside it, each before its children", () => {
    const names = Array.from(new Everything().namedModules(), ([name]) => name);
    expect(names).toEqual(["", "layers.0", "layers.1", "net", "net.0", "net.1"]);
  });

  it("lists a module that is used twice once, but saves it under both names", () => {
    const shared = new Linear(2, 2);
    const net = new Sequential(shared, new Tanh(), shared);
    expect([...net.namedParameters().keys()]).toEqual(["0.weight", "0.bias"]);
    expect([...net.stateDict().keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
    expect(net.children()).toEqual(net.layers);
  });

  it("saves persistent buffers, and only those, with the parameters", () => {
    const module = new Everything();
    expect(module.stateDict().has("mean")).toBe(true);
    expect(module.stateDict().has("scratch")).toBe(false);
    expect([...module.namedBuffers().keys()]).toEqual(["mean", "scratch"]);
  });

  it("keeps a frozen parameter among its parameters", () => {
    const linear = new Linear(2, 2);
    linear.weight.requiresGrad_(false);
    linear
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect([...linear.stateDict().keys()]).toEqual(["weight", "bias"]);
    expect(linear.parameters().map((p) => p.grad !== undefined)).toEqual([false, true]);
  });

  it("switches all modules inside it between training and evaluation", () => {
    const net = new Sequential(new Sequential(new Dropout()), new Tanh());
    expect(net.training).toBe(true);
    expect(net.eval()).toBe(net);
    expect(Array.from(net.namedModules(), ([, module]) => module.training)).toEqual([false, false, false, false]);
    net.train();
    expect(Array.from(net.namedModules(), ([, module]) => module.training)).toEqual([true, true, true, true]);
  });

  it("forgets its gradients", () => {
    const linear = new Linear(2, 2);
    linear
      .forward(ones([1, 2]))
      .sum()
      .backward();
    linear.zeroGrad();
    expect(linear.parameters().map((p) => p.grad)).toEqual([undefined, undefined]);
  });

  it("outlives the scope it was made in", () => {
    const module = scope(() => new Everything());
    const made: Module[] = [];
    scope(() => {
      made.push(new Linear(2, 2), new SinusoidalEncoding(3, 2));
    });
    expect(module.forward(ones([1, 2])).shape).toEqual([1, 2]);
    expect(made[0].parameters()[0].dataSync()).toHaveLength(4);
    expect([...made[1].namedBuffers().values()][0].dataSync()).toHaveLength(6);
  });
});

describe("a state dict", () => {
  it("makes another model give the same outputs", () => {
    const [one, other] = [new GPT(tiny), new GPT(tiny)];
    const tokens = ints([[0, 3, 4]]);
    expect(other.forward(tokens).arraySync()).not.toEqual(one.forward(tokens).arraySync());
    expect(other.loadStateDict(one.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(other.forward(tokens).arraySync()).toEqual(one.forward(tokens).arraySync());
  });

  it("is copied: what happens to one model afterwards does not touch the other", () => {
    const [one, other] = [new Linear(2, 2), new Linear(2, 2)];
    other.loadStateDict(one.stateDict());
    const before = other.weight.arraySync();
    noGrad(() => one.weight.zero_());
    expect(other.weight.arraySync()).toEqual(before);
    expect(other.weight.requiresGrad).toBe(true);
  });

  it("needs no gradients", () => {
    for (const value of new Linear(2, 2).stateDict().values()) expect(value.requiresGrad).toBe(false);
  });

  it("may be a plain record, on another device", () => {
    const linear = new Linear(2, 1);
    const weight = tensor([[3, 4]], { device: "reference" });
    linear.loadStateDict({ weight, bias: tensor([5], { device: "reference" }) });
    expect(linear.weight.arraySync()).toEqual([[3, 4]]);
    expect(linear.weight.device.name).toBe("cpu");
    expect(linear.bias?.arraySync()).toEqual([5]);
  });

  it("is refused as a whole, with every reason, where it does not fit", () => {
    const linear = new Linear(2, 1);
    const before = linear.weight.arraySync();
    const wrong = { weight: ones([1, 2]), biass: ones([1]) };
    expect(() => linear.loadStateDict(wrong)).toThrow(
      "Linear.loadStateDict: the dictionary lacks bias; the model has no biass",
    );
    expect(() => linear.loadStateDict({ weight: ones([2, 2]), bias: ints([1]) })).toThrow(
      "weight is float32 [1, 2] in the model and float32 [2, 2] in the dictionary; " +
        "bias is float32 [1] in the model and int32 [1] in the dictionary",
    );
    expect(linear.weight.arraySync()).toEqual(before);
  });

  it("may be incomplete where that is asked for, but never of other shapes", () => {
    const linear = new Linear(2, 1);
    const report = linear.loadStateDict({ weight: ones([1, 2]), biass: ones([1]) }, { strict: false });
    expect(report).toEqual({ missing: ["bias"], unexpected: ["biass"] });
    expect(linear.weight.arraySync()).toEqual([[1, 1]]);
    expect(() => linear.loadStateDict({ weight: ones([3]) }, { strict: false })).toThrow("weight is float32 [1, 2]");
  });
});

describe("a tied head", () => {
  it("counts once and is saved under both names", () => {
    const [tied, untied] = [new GPT(tiny), new GPT({ ...tiny, tiedHead: false })];
    expect(untied.numParameters() - tied.numParameters()).toBe(5 * 4);
    expect([...tied.namedParameters().keys()]).not.toContain("head.weight");
    expect([...tied.stateDict().keys()]).toEqual([...untied.stateDict().keys()]);
  });

  it("stays tied when a state is loaded", () => {
    const [model, other] = [new GPT(tiny), new GPT(tiny)];
    model.loadStateDict(other.stateDict());
    expect(model.head.weight).toBe(model.tokens.weight);
    expect(model.head.weight.arraySync()).toEqual(other.tokens.weight.arraySync());
  });

  it("is content with one of its names", () => {
    const [model, other] = [new GPT(tiny), new GPT(tiny)];
    expect(model.loadStateDict(other.namedParameters())).toEqual({ missing: [], unexpected: [] });
    expect(model.head.weight.arraySync()).toEqual(other.head.weight.arraySync());
    expect(() => new GPT({ ...tiny, tiedHead: false }).loadStateDict(other.namedParameters())).toThrow(
      "the dictionary lacks head.weight",
    );
  });

  it("stays tied on another device", () => {
    const model = new GPT(tiny).to("reference");
    expect(model.head.weight).toBe(model.tokens.weight);
    expect(model.numParameters()).toBe(new GPT(tiny).numParameters());
  });
});

describe("moving to another device", () => {
  it("moves parameters, gradients and buffers, and computes the same there", () => {
    const model = new GPT({ ...tiny, positions: "sinusoidal" });
    const tokens = ints([[0, 3, 4]]);
    const here = crossEntropy(model.forward(tokens), tokens);
    here.backward();
    const gradient = model.norm?.weight.grad?.dataSync();

    expect(model.to("reference")).toBe(model);
    const reference = device("reference");
    const tensors = [...model.parameters(), ...model.namedBuffers().values()];
    expect(tensors.every((t) => t.device === reference)).toBe(true);
    expect(model.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true);
    expect(Array.from(model.norm?.weight.grad?.dataSync() ?? [])).toEqual(Array.from(gradient ?? []));
    const there = tokens.to("reference");
    expect(crossEntropy(model.forward(there), there).itemSync()).toBeCloseTo(here.itemSync(), 5);
  });

  it("keeps what is frozen frozen, and leaves alone what is there already", () => {
    const linear = new Linear(2, 2);
    linear.weight.requiresGrad_(false);
    const { bias } = linear;
    expect(linear.to("cpu").bias).toBe(bias);
    linear.to("reference");
    expect([...linear.namedParameters()].map(([name, p]) => [name, p.requiresGrad])).toEqual([
      ["weight", false],
      ["bias", true],
    ]);
  });
});

describe("a printed model", () => {
  it("is its summary for the console, in text, in JSON and in another object", () => {
    const linear = new Linear(2, 3);
    const table = linear.summary();
    expect([inspect(linear), `${linear}`, JSON.parse(JSON.stringify(linear))]).toEqual([table, table, table]);
    expect(inspect({ linear }).replace(/\n {2}/g, "\n")).toBe(`{\nlinear: ${table}\n}`);
    expect(inspect({ a: { b: { c: { linear } } } }, { depth: 2 })).not.toContain("weight");
    expect(inspect([[linear]], { depth: 1 })).toBe("[ [ Linear ] ]");
  });
});

describe("a summary", () => {
  it("shows the tree, the shapes and the number of parameters", () => {
    expect(new GPT(tiny).summary()).toBe(
      `
module                             parameters                 count
-------------------------------------------------------------------
GPT
  tokens: Embedding                weight [5, 4]                 20
  positions: PositionalEmbedding   weight [3, 4]                 12
  dropout: Dropout
  blocks.0: TransformerBlock
    norm1: LayerNorm               weight [4], bias [4]           8
    attention: MultiHeadAttention
      qkv: Linear                  weight [12, 4]                48
      out: Linear                  weight [4, 4]                 16
    norm2: LayerNorm               weight [4], bias [4]           8
    mlp: FeedForward
      0: Linear                    weight [16, 4], bias [16]     80
      1: GELU
      2: Linear                    weight [4, 16], bias [4]      68
    dropout: Dropout
  norm: LayerNorm                  weight [4], bias [4]           8
  head: Linear                     weight = tokens.weight         0
-------------------------------------------------------------------
total                                                           268
`.trim(),
    );
  });
});
