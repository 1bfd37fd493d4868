import { afterEach, describe, expect, it } from "vitest";
import { gradgradcheck, gradients, lstm, ones, randn, setFused, type Tensor } from "../../src/index.ts";
import { expectClose, valuesOf } from "./checks.ts";

afterEach(() => setFused(true));

/** Batch 3, five steps, width 7: what the steps see, weights from the state, and what is remembered at first. */
const inputsOf = () =>
  [
    [3, 5, 28],
    [28, 7],
    [3, 7],
    [3, 7],
  ].map((shape) => randn(shape, { device: "cpu", requiresGrad: true }));

/** Which of the three results a loss is made of. */
const LOSSES: Record<string, (results: readonly Tensor[]) => Tensor> = {
  "all of them": (results) => results.map((y) => y.square().sum()).reduce((a, b) => a.add(b)),
  "the outputs": ([outputs]) => outputs.pow(3).sum(),
  "the last state": ([, hidden]) => hidden.square().sum(),
  "the last cell": ([, , cell]) => cell.square().sum(),
};

describe("lstm by kernels of its own is the one made of steps", () => {
  describe.each([false, true])("in reverse: %s", (reverse) => {
    it.each(Object.entries(LOSSES))("where a loss is made of %s", (_name, lossOf) => {
      const inputs = inputsOf();
      const all = () => {
        const [seen, weight, hidden, cell] = inputs;
        const results = lstm(seen, weight, { hidden, cell, reverse });
        return [...results, ...gradients(lossOf(results), inputs)].map((x) => valuesOf(x!));
      };
      const fused = all();
      setFused(false);
      for (const [i, values] of all().entries()) expectClose(fused[i], values, 1e-5);
    });
  });

  it("of weights and inputs that do not lie in order", () => {
    const [seen, weight] = [randn([5, 3, 28], { device: "cpu" }).transpose(0, 1), randn([7, 28], { device: "cpu" }).T];
    const fused = valuesOf(lstm(seen, weight)[0]);
    setFused(false);
    expectClose(fused, valuesOf(lstm(seen, weight)[0]), 1e-5);
  });
});

it("lstm can be differentiated twice", () => {
  const inputs = [
    [2, 3, 8],
    [8, 2],
  ].map((shape) => randn(shape, { device: "reference" }));
  expect(gradgradcheck((seen, weight) => lstm(seen, weight)[0], inputs)).toBe(true);
});

it("lstm names sizes that do not fit", () => {
  expect(() => lstm(ones([2, 3, 8]), ones([4, 2]))).toThrow("lstm: needs [batch, time, 4 width]");
  expect(() => lstm(ones([2, 0, 8]), ones([8, 2]))).toThrow("at least one step: got [2, 0, 8], [8, 2], [2, 2], [2, 2]");
});
