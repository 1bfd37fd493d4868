import { manualSeed, noGrad, randn, tensor } from "@lectern/autograd";
import { beforeEach, describe, expect, it } from "vitest";
import { addLoRA, freeze, GPT, Linear, LoRALinear, loraLayers, mergeLoRA } from "../src/index.ts";

const gpt = () => new GPT({ vocabulary: 11, layers: 2, heads: 2, width: 16, context: 8 });
const tokens = tensor([[1, 2, 3, 4, 5]], { dtype: "int32" });
const logitsOf = (model: GPT) => noGrad(() => model.forward(tokens).dataSync().slice());
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

beforeEach(() => manualSeed(1));

describe("a low-rank adapter", () => {
  it("changes nothing at first, and then what its two matrices say", () => {
    const plain = new Linear(6, 4);
    const x = randn([3, 6]);
    const before = plain.forward(x).dataSync().slice();
    const adapted = new LoRALinear(plain, { rank: 2, alpha: 5 });
    expect(distance(adapted.forward(x).dataSync(), before)).toBe(0);
    noGrad(() => adapted.up.copy_(randn([4, 2])));
    const update = x.matmul(adapted.up.matmul(adapted.down).mul(5 / 2).T);
    const wanted = plain.forward(x).add(update);
    expect(distance(adapted.forward(x).dataSync(), wanted.dataSync())).toBeLessThan(1e-5);
    expect([adapted.rank, adapted.down.shape, adapted.up.shape]).toEqual([2, [2, 6], [4, 2]]);
  });

  it("is all that is trained of a model: a few of its parameters, and gradients go nowhere else", () => {
    const model = addLoRA(gpt(), { rank: 1, on: ["attention.qkv", "mlp.0"] });
    expect([...loraLayers(model).keys()]).toEqual([
      ...["blocks.0.attention.qkv", "blocks.0.mlp.0", "blocks.1.attention.qkv", "blocks.1.mlp.0"],
    ]);
    model.forward(tokens).sum().backward();
    const trained = [...model.namedParameters()].filter(([, p]) => p.grad !== undefined).map(([name]) => name);
    expect(trained).toHaveLength(8);
    for (const name of trained) expect(name).toMatch(/\.(down|up)$/);
  });

  it("is merged into a plain layer that computes the same, with and without the cache", () => {
    const model = addLoRA(gpt().eval(), { rank: 3, on: ["qkv", "out", "mlp.0", "mlp.2"] });
    noGrad(() => {
      for (const { up } of loraLayers(model).values()) up.copy_(randn([...up.shape]).mul(0.3));
    });
    const logits = logitsOf(model);
    const cached = model.forwardCached(tokens, model.makeCache()).dataSync();
    expect(distance(cached, logits)).toBeLessThan(1e-5);
    const names = [...gpt().namedParameters().keys()];
    mergeLoRA(model);
    expect([...model.namedParameters().keys()]).toEqual(names);
    expect(distance(logitsOf(model), logits)).toBeLessThan(1e-5);
    expect(model.parameters().every((p) => p.requiresGrad)).toBe(true);
    expect(distance(logitsOf(gpt()), logits)).toBeGreaterThan(1e-3);
  });

  it("asks for names that there are, and for plain layers", () => {
    expect(() => addLoRA(gpt(), { rank: 2, on: ["c_attn"] })).toThrow(
      /no linear layer is called c_attn; there are head, attention.qkv, attention.out, mlp.0, mlp.2/,
    );
    expect(() => addLoRA(addLoRA(gpt(), { rank: 2 }), { rank: 2 })).toThrow(/has adapters already/);
    expect(() => addLoRA(gpt(), { rank: 0 })).toThrow(/rank/);
    expect(() => addLoRA(gpt(), { rank: 1, on: ["head"] })).toThrow(/head shares its weight with another layer/);
  });
});

describe("freeze", () => {
  it("takes the parameters whose names meet a pattern, and no others", () => {
    const model = gpt();
    const frozen = freeze(model, "tokens.*", "blocks.0.*");
    expect(frozen).toContain("tokens.weight");
    model.forward(tokens).sum().backward();
    const trained = [...model.namedParameters()].filter(([, p]) => p.grad !== undefined).map(([name]) => name);
    expect(trained.filter((name) => frozen.includes(name))).toEqual([]);
    expect(trained).toContain("blocks.1.attention.qkv.weight");
    expect(trained.length + frozen.length).toBe(model.namedParameters().size);
  });

  it("complains of a pattern that nothing meets, and where nothing is left", () => {
    expect(() => freeze(gpt(), "block.0.*")).toThrow(/no parameter is called block.0.\*; there are tokens.weight, /);
    // A dot is a dot.
    expect(() => freeze(gpt(), "tokens?weight")).toThrow(/no parameter is called/);
    expect(() => freeze(gpt(), "*")).toThrow(/nothing is left to train/);
  });
});
