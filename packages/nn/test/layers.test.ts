import { setDefaultDevice, type Tensor } from "@lectern/autograd";
import {
  Embedding,
  FeedForward,
  GELU,
  GlobalAveragePooling,
  GlobalMaxPooling,
  GPT,
  LayerNorm,
  Linear,
  type Module,
  MultiHeadAttention,
  PositionalEmbedding,
  ReLU,
  RMSNorm,
  SelfAttention,
  Sequential,
  Sigmoid,
  SiLU,
  SingleHeadAttention,
  Tanh,
  TransformerBlock,
  TransformerClassifier,
} from "@lectern/nn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose, floats, intsOf, type LayerCase, readFixture } from "./fixture.ts";

const fixture = readFixture<Record<string, LayerCase>>("layers.json");

type Run = (inputs: Tensor[]) => Tensor;
/** The module of a case, and how it is called. */
type Make = () => [Module, Run];

const layer = (module: Module & { forward(x: Tensor): Tensor }): [Module, Run] => [module, ([x]) => module.forward(x)];
const attention = (heads: number, options: { causal?: boolean; bias?: boolean } = {}): [Module, Run] => {
  const module = new MultiHeadAttention({ width: 6, heads, ...options });
  return [module, ([x, paddingMask]) => module.forward(x, { paddingMask })];
};
const gpt = { vocabulary: 9, layers: 2, heads: 2, width: 6, context: 7 };
const classifier = (pooling: "mean" | "max"): [Module, Run] => {
  const module = new TransformerClassifier({ ...gpt, classes: 3, pooling });
  return [module, ([tokens, paddingMask]) => module.forward(tokens, paddingMask)];
};
const pooling = (module: GlobalAveragePooling | GlobalMaxPooling): [Module, Run] => [
  module,
  ([x, paddingMask]) => module.forward(x, paddingMask),
];

const cases: Record<string, Make> = {
  linear: () => layer(new Linear(6, 4)),
  "linear without bias": () => layer(new Linear(6, 4, { bias: false })),
  embedding: () => layer(new Embedding(9, 6)),
  "layer norm": () => layer(new LayerNorm(6)),
  "layer norm without bias": () => layer(new LayerNorm(6, { eps: 1e-2, bias: false })),
  "positional embedding": () => layer(new PositionalEmbedding(7, 6)),
  relu: () => layer(new ReLU()),
  gelu: () => layer(new GELU()),
  "gelu tanh": () => layer(new GELU("tanh")),
  silu: () => layer(new SiLU()),
  tanh: () => layer(new Tanh()),
  sigmoid: () => layer(new Sigmoid()),
  sequential: () => layer(new Sequential(new Linear(6, 3), new Tanh(), new LayerNorm(3))),
  "feed forward": () => layer(new FeedForward(6)),
  "self-attention": () => layer(new SelfAttention()),
  "single head": () => layer(new SingleHeadAttention(6)),
  "single head, causal": () => layer(new SingleHeadAttention(6, { causal: true })),
  "multi-head": () => attention(2, { bias: true }),
  "multi-head, causal": () => attention(3, { causal: true }),
  "multi-head, padding": () => attention(2),
  "multi-head, causal and padding": () => attention(2, { causal: true }),
  "multi-head, added mask": () => {
    const module = new MultiHeadAttention({ width: 6, heads: 2 });
    return [module, ([x, mask]) => module.forward(x, { mask })];
  },
  "block, pre-norm": () => {
    const block = new TransformerBlock({ width: 6, heads: 2 });
    return [block, ([x, paddingMask]) => block.forward(x, { paddingMask })];
  },
  "block, post-norm": () => layer(new TransformerBlock({ width: 6, heads: 2, causal: true, bias: true, norm: "post" })),
  "mean pooling": () => pooling(new GlobalAveragePooling()),
  "max pooling": () => pooling(new GlobalMaxPooling()),
  GPT: () => layer(new GPT(gpt)),
  "GPT, untied": () => layer(new GPT({ ...gpt, tiedHead: false })),
  "classifier, mean": () => classifier("mean"),
  "classifier, max": () => classifier("max"),
  "rms norm": () => layer(new RMSNorm(6, { eps: 1e-3 })),
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
    expect([...module.stateDict().keys()]).toEqual(Object.keys(expected.weights));
    module.loadStateDict(
      new Map(Object.entries(expected.weights).map(([weight, numbers]) => [weight, floats(numbers)])),
    );
    const inputs = expected.inputs.map((input) => (isFloat(input.values) ? floats(input) : intsOf(input)));
    if (inputs[0].dtype === "float32") inputs[0].requiresGrad_();

    const output = run(inputs);
    expectClose(output, expected.output, tolerance, "output");
    output.backward(floats(expected.seed));
    if (expected.inputGradient !== null) {
      expectClose(inputs[0].grad, expected.inputGradient, tolerance, "gradient of the input");
    }
    const parameters = module.namedParameters();
    expect([...parameters.keys()]).toEqual(Object.keys(expected.gradients));
    for (const [parameter, gradient] of Object.entries(expected.gradients)) {
      expectClose(parameters.get(parameter)?.grad, gradient, tolerance, `gradient of ${parameter}`);
    }
  });
});
