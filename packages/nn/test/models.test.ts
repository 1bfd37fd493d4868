import { crossEntropy, manualSeed, randint, type Tensor } from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";
import { expectClose, ints } from "./fixture.ts";

beforeEach(() => manualSeed(6));

const sizes = { vocabulary: 9, layers: 2, heads: 2, width: 8, context: 6 };
const numbersOf = (t: Tensor) => ({ shape: [...t.shape], values: Array.from(t.dataSync()) });

describe("GPT", () => {
  it.each([
    { norm: "pre", positions: "learned" },
    { norm: "post", positions: "sinusoidal" },
  ] as const)("lets no position see its future ($norm-norm, $positions positions)", (options) => {
    const model = new GPT({ ...sizes, ...options });
    const before = model.forward(ints([[1, 2, 3, 4, 5, 6]]));
    const after = model.forward(ints([[1, 2, 3, 8, 7, 0]]));
    expectClose(after.slice(1, 0, 3), numbersOf(before.slice(1, 0, 3)), 1e-6);
    expect(after.slice(1, 3).arraySync()).not.toEqual(before.slice(1, 3).arraySync());
  });

  it("sees the order of what came before", () => {
    const model = new GPT(sizes);
    const last = (tokens: number[]) =>
      model
        .forward(ints([tokens]))
        .slice(1, -1)
        .arraySync();
    expect(last([1, 2, 3])).not.toEqual(last([2, 1, 3]));
  });

  it("sends a gradient to every parameter", () => {
    for (const norm of ["pre", "post"] as const) {
      const model = new GPT({ ...sizes, norm, bias: true, dropout: 0.1, tiedHead: false });
      const tokens = randint(0, 9, [3, 6]);
      crossEntropy(model.forward(tokens), tokens).backward();
      for (const [name, parameter] of model.namedParameters()) expect(parameter.grad, name).toBeDefined();
    }
  });

  it("shows who attends to whom in every layer", () => {
    const model = new GPT(sizes);
    const layers = model.attentionWeights(ints([[1, 2, 3, 4]]));
    expect(layers.map((weights) => weights.shape)).toEqual([
      [1, 2, 4, 4],
      [1, 2, 4, 4],
    ]);
    for (const weights of layers) expect(weights.triu(1).abs().sum().itemSync()).toBe(0);
  });

  it("ends a post-norm model without a further norm", () => {
    const model = new GPT({ ...sizes, norm: "post" });
    expect([...model.stateDict().keys()]).not.toContain("norm.weight");
  });

  it("can be made again from its options", () => {
    const model = new GPT({ ...sizes, positions: "sinusoidal", bias: true });
    const again = new GPT(JSON.parse(JSON.stringify(model.options)));
    expect(again.loadStateDict(model.stateDict())).toEqual({ missing: [], unexpected: [] });
  });

  it("says what is wrong with sizes and tokens", () => {
    expect(() => new GPT({ ...sizes, layers: -1 })).toThrow("GPT: layers is -1, it has to be a whole number from 1");
    expect(() => new GPT({ ...sizes, heads: 3 })).toThrow("the width 8 cannot be shared out among 3 heads evenly");
    expect(() => new GPT({ ...sizes, dropout: 1.5 })).toThrow("Dropout: p is 1.5, a probability lies from 0 to 1");
    const model = new GPT(sizes);
    expect(() => model.forward(ints([[1, 2, 3, 4, 5, 6, 7]]))).toThrow(
      "GPT: the sequences are 7 tokens long, the context is 6",
    );
    expect(() => model.forward(ints([1, 2]))).toThrow("GPT: the tokens are [2], they have to be [batch, time]");
    expect(() => model.forward(ints([[1, 2]]).float())).toThrow(
      "GPT: the tokens [1, 2] are float32, they have to be int32: use tokens.int()",
    );
    expect(() => model.forward(ints([[1, 9]]))).toThrow("9");
  });
});

describe("TransformerClassifier", () => {
  const options = { ...sizes, classes: 3 };

  it.each(["mean", "max"] as const)("takes padding for absent (%s pooling)", (pooling) => {
    const model = new TransformerClassifier({ ...options, pooling });
    const short = model.forward(ints([[1, 2, 3]]));
    const padded = ints([[1, 2, 3, 0, 8, 0]]);
    const paddingMask = ints([[1, 1, 1, 0, 0, 0]]);
    expectClose(model.forward(padded, paddingMask), numbersOf(short), 1e-5);
    expect(model.forward(padded).arraySync()).not.toEqual(short.arraySync());
  });

  it("lets the first position see the last", () => {
    const model = new TransformerClassifier(options);
    const [weights] = model.attentionWeights(ints([[1, 2, 3]]));
    expect(weights.select(0, 0).select(0, 0).select(0, 0).select(0, 2).itemSync()).toBeGreaterThan(0);
  });

  it("sends a gradient to every parameter, and none that is not a number", () => {
    for (const pooling of ["mean", "max"] as const) {
      const model = new TransformerClassifier({ ...options, pooling });
      const paddingMask = ints([
        [1, 1, 1],
        [0, 0, 0],
      ]);
      const tokens = ints([
        [1, 2, 3],
        [0, 0, 0],
      ]);
      crossEntropy(model.forward(tokens, paddingMask), ints([2, 0])).backward();
      for (const [name, parameter] of model.namedParameters()) {
        expect(Array.from(parameter.grad!.dataSync()).every(Number.isFinite), name).toBe(true);
      }
    }
  });

  it("says what is wrong with sizes and masks", () => {
    expect(() => new TransformerClassifier({ ...options, classes: 0 })).toThrow(
      "TransformerClassifier: classes is 0, it has to be a whole number from 1",
    );
    const model = new TransformerClassifier(options);
    expect(() => model.forward(ints([[1, 2]]), ints([[1]]))).toThrow("the padding mask is int32 [1, 1]");
    expect(() => model.forward(ints([[1, 2, 3, 4, 5, 6, 7]]))).toThrow("the context is 6");
  });
});
