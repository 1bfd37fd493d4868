import { manualSeed, memoryUsage, noGrad, tensor } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import {
  type Batch,
  type BatchSource,
  classification,
  lossObjective,
  type Model,
  meanCrossEntropy,
  RandomWindows,
  SGD,
  type StepSettings,
  trainStep,
} from "../src/index.ts";
import { Bigrams, expectNumbers, useDevice } from "./helpers.ts";

const text = Int32Array.from({ length: 300 }, (_, i) => (i * i) % 7);

/** A source that gives `batches`, one after the other, from the beginning. */
function listed(batches: readonly { inputs: number[][]; targets: number[][] }[]): BatchSource {
  let number = 0;
  return {
    batchesPerEpoch: batches.length,
    next(): Batch {
      const { inputs, targets } = batches[number++];
      const ints = (data: number[][]) => tensor(data, { dtype: "int32" });
      return { inputs: ints(inputs), targets: ints(targets), count: inputs.flat().length, unit: "tokens" };
    },
    state: () => ({ seed: "", batches: number }),
    loadState: () => undefined,
  };
}

function settings(changes: Partial<StepSettings> = {}): StepSettings & { model: Bigrams } {
  manualSeed(1);
  const model = new Bigrams(7);
  const optimizer = new SGD(model.parameters(), { lr: 0.5 });
  const device = model.head.weight.device;
  return { optimizer, objective: classification, device, clip: 1, accumulate: 1, ...changes, model };
}

describe("a step", () => {
  it("averages the gradients of accumulated batches: they count as one large batch", () => {
    useDevice("reference");
    const source = new RandomWindows(text, { context: 6, batch: 2, seed: 1 });
    const parts = Array.from({ length: 3 }, () => {
      const { inputs, targets } = source.next();
      return { inputs: inputs.arraySync() as number[][], targets: targets.arraySync() as number[][] };
    });
    const joined = { inputs: parts.flatMap((p) => p.inputs), targets: parts.flatMap((p) => p.targets) };
    const small = settings({ accumulate: 3 });
    const large = settings();
    const one = trainStep(small, listed(parts), 1);
    const other = trainStep(large, listed([joined]), 1);
    expectNumbers(one.loss, [other.loss.itemSync()], 1e-12);
    expectNumbers(one.gradNorm!, [other.gradNorm!.itemSync()], 1e-12);
    expect([one.count, one.unit]).toEqual([other.count, "tokens"]);
    for (const [name, p] of small.model.namedParameters()) {
      expectNumbers(p, [...large.model.namedParameters().get(name)!.dataSync()], 1e-12);
    }
  });

  it("moves the parameters by no more than lr times the clipped length", () => {
    const { model, ...rest } = settings({ clip: 0.01 });
    const before = model.parameters().map((p) => p.clone());
    trainStep({ ...rest, model }, new RandomWindows(text, { context: 6, batch: 2, seed: 1 }), 1);
    const moved = noGrad(() => model.parameters().map((p, i) => p.sub(before[i]).square().sum().itemSync()));
    expect(Math.sqrt(moved.reduce((a, b) => a + b))).toBeCloseTo(0.5 * 0.01, 6);
  });

  it("gives all its memory back but the loss and the gradient's length", () => {
    const step = settings();
    const source = new RandomWindows(text, { context: 6, batch: 2, seed: 1 });
    trainStep(step, source, 1);
    const before = memoryUsage().storages;
    const outcomes = Array.from({ length: 5 }, (_, i) => trainStep(step, source, i + 2));
    expect(memoryUsage().storages - before).toBe(2 * outcomes.length);
  });

  it("stops before the parameters move where the loss is no number", () => {
    const step = settings();
    const objective = lossObjective<Model, Batch>((model, batch) => meanCrossEntropy(model, batch).mul(Number.NaN));
    const before = step.model.head.weight.dataSync();
    const source = new RandomWindows(text, { context: 6, batch: 2, seed: 1 });
    expect(() => trainStep({ ...step, objective }, source, 12)).toThrow(
      "Trainer: the loss is NaN at step 12, with a learning rate of 0.5: lower the learning rate",
    );
    expect(step.model.head.weight.dataSync()).toEqual(before);
  });
});
