import { memoryUsage, tensor } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { clipGradNorm, clipScale, gradNorm } from "../src/index.ts";
import { expectNumbers, readFixture, useDevice } from "./helpers.ts";

interface Fixture {
  shapes: number[][];
  start: number[][];
  gradients: number[][][];
  clipping: { maxNorm: number; norm: number; gradients: number[][] }[];
}

const { shapes, start, gradients, clipping } = readFixture<Fixture>("optimizers.json");

const makeParameters = () =>
  start.map((values, i) => {
    const p = tensor(values, { shape: shapes[i] }).requiresGrad_();
    p.grad = tensor(gradients[0][i], { shape: shapes[i] });
    return p;
  });

describe("clipping", () => {
  it.each(clipping)("to $maxNorm gives PyTorch's gradients", ({ maxNorm, norm, gradients: expected }) => {
    useDevice("reference");
    const parameters = makeParameters();
    expect(clipGradNorm(parameters, maxNorm).itemSync()).toBeCloseTo(norm, 12);
    for (const [i, { grad }] of parameters.entries()) expectNumbers(grad!, expected[i], 1e-12);
  });

  it.each(clipping)("to $maxNorm by a factor for the optimiser is the same", ({ maxNorm, gradients: expected }) => {
    useDevice("reference");
    const parameters = makeParameters();
    const scale = clipScale(gradNorm(parameters).itemSync(), maxNorm);
    for (const [i, { grad }] of parameters.entries()) expectNumbers(grad!.mul(scale), expected[i], 1e-12);
  });

  it.each(clipping)(
    "to $maxNorm by a factor that stays on the device is the same",
    ({ maxNorm, gradients: expected }) => {
      useDevice("reference");
      const parameters = makeParameters();
      const scale = clipScale(gradNorm(parameters), maxNorm);
      for (const [i, { grad }] of parameters.entries()) expectNumbers(grad!.mul(scale), expected[i], 1e-12);
    },
  );

  it("leaves no memory behind but the norm", () => {
    const parameters = makeParameters();
    const before = memoryUsage().storages;
    const norm = clipGradNorm(parameters, 0.5);
    expect(memoryUsage().storages - before).toBe(1);
    expect(norm.shape).toEqual([]);
  });

  it("leaves out parameters without a gradient", () => {
    const [p, q] = makeParameters();
    q.grad = undefined;
    const expected = Math.hypot(...gradients[0][0]);
    expect(gradNorm([p, q]).itemSync()).toBeCloseTo(expected, 6);
  });

  it("says what is missing", () => {
    expect(() => gradNorm([tensor([1]).requiresGrad_()])).toThrow(/call loss.backward\(\) first/);
    expect(() => clipGradNorm(makeParameters(), 0)).toThrow(/has to be above 0/);
  });
});
