import { afterEach, describe, expect, it, vi } from "vitest";
import {
  device,
  embedding,
  embeddingWithPositions,
  gradients,
  manualSeed,
  randint,
  randn,
  setFused,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.ts";
import { checkOp, expectClose, valuesOf } from "./checks.ts";

const int = (values: number[], shape: number[]) => tensor(Int32Array.from(values), { shape });
const TOKENS = int([1, 3, 1, 0, 3, 3], [2, 3]);

checkOp({
  name: "embeddingWithPositions",
  f: (weight, positions) => embeddingWithPositions(weight, positions, TOKENS),
  shapes: [
    [
      [5, 3],
      [3, 3],
    ],
    [
      [4, 1],
      [6, 1],
    ],
  ],
});
checkOp({
  name: "embeddingWithPositions from a position on",
  f: (weight, positions) => embeddingWithPositions(weight, positions, TOKENS, 2),
  shapes: [
    [
      [5, 3],
      [7, 3],
    ],
  ],
});

/** Value and gradients of a sum with random weights, on a device. */
function results(name: string, [batch, time, vocabulary, width, context, start]: readonly number[]): number[][] {
  manualSeed(5);
  // Drawn on one device, so that both have the same.
  const on = (x: Tensor) => x.to(name);
  const weight = on(randn([vocabulary, width], { device: "cpu" })).requiresGrad_();
  const positions = on(randn([context, width], { device: "cpu" })).requiresGrad_();
  const tokens = on(randint(0, vocabulary, [batch, time], { device: "cpu" }));
  const y = embeddingWithPositions(weight, positions, tokens, start);
  const factors = on(randn([batch, time, width], { device: "cpu" }));
  const found = gradients(y.mul(factors).sum(), [weight, positions]) as Tensor[];
  return [y, ...found].map(valuesOf);
}

const SIZES = [
  [1, 1, 1, 1, 1, 0],
  [3, 5, 7, 9, 6, 1],
  [12, 64, 65, 128, 64, 0],
  [7, 33, 1003, 130, 50, 11],
] as const;

describe("the kernel for tokens and positions at once", () => {
  afterEach(() => {
    setFused(true);
    vi.restoreAllMocks();
  });

  it.each(SIZES)("gives on cpu what look-up and addition give in double precision: %s", (...sizes) => {
    const kernel = vi.spyOn(device("cpu"), "embedGrad");
    const [expected, actual] = [results("reference", sizes), results("cpu", sizes)];
    expect(kernel).toHaveBeenCalledOnce();
    for (const [i, values] of actual.entries()) expectClose(values, expected[i], 1e-5);
  });

  it("gives the same numbers as its definition, which adds in the same order", () => {
    const fused = results("cpu", SIZES[2]);
    setFused(false);
    const kernel = vi.spyOn(device("cpu"), "embed");
    const [y, dweight, dpositions] = results("cpu", SIZES[2]);
    expect(kernel).not.toHaveBeenCalled();
    expect(fused[0]).toEqual(y);
    expect(fused[1]).toEqual(dweight);
    expectClose(fused[2], dpositions, 1e-5);
  });

  it("gives no gradient to a table that wants none", () => {
    const [weight, positions] = [randn([5, 4], { device: "cpu" }), randn([3, 4], { device: "cpu" })];
    const tokens = TOKENS.to("cpu");
    weight.requiresGrad_();
    embeddingWithPositions(weight, positions, tokens).sum().backward();
    expect(valuesOf(weight.grad!.sum(-1))).toEqual([4, 8, 0, 12, 0]);
    expect(positions.grad).toBeUndefined();
    positions.requiresGrad_();
    embeddingWithPositions(weight.detach(), positions, tokens).sum().backward();
    expect(valuesOf(positions.grad!.sum(-1))).toEqual([8, 8, 8]);
  });

  it("can be differentiated twice, by way of its definition", () => {
    const weight = randn([5, 4], { device: "cpu", requiresGrad: true });
    const positions = randn([3, 4], { device: "cpu" });
    const y = embeddingWithPositions(weight, positions, TOKENS.to("cpu"));
    const [first] = gradients(y.square().sum(), [weight], { createGraph: true }) as Tensor[];
    const [second] = gradients(first.sum(), [weight]) as Tensor[];
    // Twice as often as a token stands there.
    expect(valuesOf(second.select(1, 0))).toEqual([2, 4, 0, 6, 0]);
  });

  it("takes tables and tokens that do not lie row-major", () => {
    const weight = randn([4, 5], { device: "cpu" }).T;
    const positions = randn([4, 3], { device: "cpu" }).T;
    const tokens = int([1, 0, 3, 3, 1, 3], [3, 2]).to("cpu").T;
    const expected = embedding(weight, tokens).add(positions);
    expect(valuesOf(embeddingWithPositions(weight, positions, tokens))).toEqual(valuesOf(expected));
  });
});

describe("embeddingWithPositions", () => {
  it.each(["cpu", "reference"])("says on %s what does not fit", (name) => {
    const table = (...shape: number[]) => zeros(shape, { device: name });
    const tokens = (values: number[], shape: number[]) => int(values, shape).to(name);
    const look = (weight: Tensor, positions: Tensor, given: Tensor, start?: number) => () =>
      embeddingWithPositions(weight, positions, given, start);
    expect(look(table(5, 2), table(3, 2), tokens([1, 7], [1, 2]))).toThrow(
      "embedding: token 7 is outside the vocabulary 0 … 4",
    );
    expect(look(table(5, 2), table(3, 2), tokens([-1], [1, 1]))).toThrow("token -1 is outside");
    expect(look(table(5, 2), table(3, 2), tokens([1, 1], [1, 2]), 2)).toThrow(
      "embeddingWithPositions: 2 positions from 2 on do not fit the context: weight [5, 2], positions [3, 2], tokens [1, 2]",
    );
    expect(look(table(5, 2), table(3, 3), tokens([1], [1, 1]))).toThrow("[vocabulary, width] and [context, width]");
    expect(look(table(5, 2), table(3, 2), tokens([1], [1]))).toThrow("the tokens have to be [batch, time]");
    expect(look(table(5, 2), table(3, 2), table(1, 1))).toThrow("it has to be int32");
  });
});
