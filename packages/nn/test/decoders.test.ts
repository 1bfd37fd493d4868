import { manualSeed, ones, randn, setDefaultDevice, type Tensor } from "@lectern/autograd";
import {
  CrossAttention,
  DecoderBlock,
  EncoderDecoder,
  GPT,
  type Module,
  MultiHeadAttention,
  RotaryPositions,
  TransformerDecoder,
  TransformerEncoder,
} from "@lectern/nn";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectClose, floats, ints, intsOf, type LayerCase, readFixture } from "./fixture.ts";

/** Made by `fixtures/make_decoders.py`. */
const fixture = readFixture<Record<string, LayerCase>>("decoders.json");
const sizes = { width: 4, heads: 2, layers: 2 };
const translator = { ...sizes, sourceVocabulary: 6, targetVocabulary: 5, context: 7, positions: "learned" } as const;

type Run = (inputs: Tensor[]) => Tensor;
const cases: Record<string, () => [Module, Run]> = {
  "rotary attention": () => {
    const module = new MultiHeadAttention({ width: 4, heads: 1, causal: true, rotary: 9 });
    return [module, ([x]) => module.forward(x)];
  },
  "cross-attention": () => {
    const module = new CrossAttention(sizes);
    return [module, ([x, memory, mask]) => module.forward(x, memory, mask)];
  },
  encoder: () => {
    const module = new TransformerEncoder(sizes);
    return [module, ([x, paddingMask]) => module.forward(x, { paddingMask })];
  },
  "decoder block, post-norm": () => {
    const module = new DecoderBlock({ ...sizes, norm: "post" });
    return [module, ([x, memory, memoryPaddingMask]) => module.forward(x, memory, { memoryPaddingMask })];
  },
  decoder: () => {
    const module = new TransformerDecoder(sizes);
    return [module, ([x, memory, memoryPaddingMask]) => module.forward(x, memory, { memoryPaddingMask })];
  },
  "encoder and decoder": () => {
    const module = new EncoderDecoder(translator);
    return [module, ([source, target, mask]) => module.forward(source, target, mask)];
  },
};

const isFloat = (values: number[]) => values.some((value) => !Number.isInteger(value));

describe.each([
  ["reference", 1e-7],
  ["cpu", 2e-5],
] as const)("on %s, PyTorch's numbers", (device, tolerance) => {
  beforeAll(() => setDefaultDevice(device));
  afterAll(() => setDefaultDevice("cpu"));

  it.each(Object.keys(fixture))("come out of: %s", (name) => {
    const expected = fixture[name];
    const [module, run] = cases[name]();
    expect([...module.stateDict().keys()].sort()).toEqual(Object.keys(expected.weights).sort());
    const weights = Object.entries(expected.weights).map(([key, numbers]) => [key, floats(numbers)] as const);
    module.loadStateDict(new Map(weights));
    const inputs = expected.inputs.map((input) => (isFloat(input.values) ? floats(input) : intsOf(input)));
    if (inputs[0].dtype === "float32") inputs[0].requiresGrad_();
    const output = run(inputs);
    expectClose(output, expected.output, tolerance, "output");
    output.backward(floats(expected.seed));
    if (expected.inputGradient !== null) expectClose(inputs[0].grad, expected.inputGradient, tolerance, "input");
    for (const [key, gradient] of Object.entries(expected.gradients)) {
      expectClose(module.namedParameters().get(key)?.grad, gradient, tolerance, `gradient of ${key}`);
    }
  });
});

beforeEach(() => manualSeed(5));

describe("rotary positions", () => {
  it("make the product of a query and a key depend on their distance alone", () => {
    const rotary = new RotaryPositions(20, 6);
    const [query, key] = [randn([1, 6]), randn([1, 6])];
    const product = (i: number, j: number) => rotary.forward(query, i).mul(rotary.forward(key, j)).sum().itemSync();
    expect(product(2, 5)).toBeCloseTo(product(14, 17), 5);
    expect(product(0, 9)).toBeCloseTo(product(10, 19), 5);
    expect(product(0, 9)).not.toBeCloseTo(product(0, 8), 5);
  });

  it("give a GPT that has no table of positions, and goes on from a cache as without", () => {
    const model = new GPT({ vocabulary: 7, layers: 2, heads: 2, width: 8, context: 6, positions: "rotary" });
    expect([...model.stateDict().keys()].filter((name) => name.includes("position"))).toEqual([]);
    const tokens = ints([[0, 3, 4, 6, 1]]);
    const whole = model.forward(tokens).dataSync();
    const cache = model.makeCache();
    const parts = [ints([[0, 3, 4]]), ints([[6]]), ints([[1]])].map((part) => model.forwardCached(part, cache));
    const cached = parts.flatMap((part) => Array.from(part.dataSync()));
    for (const [i, value] of whole.entries()) expect(cached[i]).toBeCloseTo(value, 5);
    expect(
      model
        .forward(ints([[3, 0, 4, 6, 1]]))
        .dataSync()
        .at(-1),
    ).not.toBeCloseTo(whole.at(-1)!, 6);
  });

  it("say what is wrong with sizes", () => {
    expect(() => new RotaryPositions(4, 3)).toThrow("RotaryPositions: the size is 3, elements are turned in pairs");
    expect(() => new RotaryPositions(4, 2).forward(ones([1, 3, 2]), 2)).toThrow(
      "from position 2 on is no [..., time, 2]",
    );
  });
});

describe("an encoder and a decoder", () => {
  const model = () => new EncoderDecoder({ ...translator, norm: "pre" });
  const [source, target] = [ints([[1, 2, 3]]), ints([[0, 4, 2]])];

  it("let no position see its future, and every one the whole source", () => {
    const net = model();
    const logits = (s: Tensor, t: Tensor) => net.forward(s, t).arraySync() as number[][][];
    const before = logits(source, target);
    const after = logits(source, ints([[0, 4, 1]]));
    expect(after[0].slice(0, 2)).toEqual(before[0].slice(0, 2));
    expect(logits(ints([[1, 2, 5]]), target)[0][0]).not.toEqual(before[0][0]);
  });

  it("look at what is no padding, in rows that sum to one", () => {
    const weights = model().crossAttentionWeights(source, target, ints([[1, 1, 0]]));
    expect(weights.map(({ shape }) => shape)).toEqual([
      [1, 2, 3, 3],
      [1, 2, 3, 3],
    ]);
    for (const [i, sum] of weights[0].sum(-1).dataSync().entries()) expect(sum, `row ${i}`).toBeCloseTo(1, 5);
    expect(weights[1].select(3, 2).abs().max().itemSync()).toBe(0);
  });

  it("send a gradient to every parameter", () => {
    const net = model();
    net.loss(source, target, ints([[4, 2, -100]])).backward();
    for (const [name, { grad }] of net.namedParameters()) expect(grad, name).toBeDefined();
  });

  it("say what is wrong with sizes", () => {
    expect(() => new CrossAttention({ width: 4, heads: 3 })).toThrow(
      "CrossAttention: the width 4 cannot be shared out",
    );
    const wide = () => new CrossAttention(sizes).forward(ones([1, 2, 4]), ones([1, 2, 3]));
    expect(wide).toThrow("CrossAttention: the input is [1, 2, 3], its last axis has to be 4");
  });
});
