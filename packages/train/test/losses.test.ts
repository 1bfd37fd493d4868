import { manualSeed, type NestedArray, tensor } from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  type Batch,
  type BatchSource,
  classification,
  decayMatrices,
  type Model,
  trainStep,
} from "../src/index.ts";
import { readFixture, useDevice } from "./helpers.ts";

interface Training<Options> {
  options: Options;
  weights: Record<string, { shape: number[]; values: number[] }>;
  batches: { tokens: NestedArray; targets?: NestedArray; labels?: NestedArray; paddingMask?: NestedArray }[];
  losses: number[];
  gradNorms: number[];
}

interface Fixture {
  optimizer: { lr: number; betas: [number, number]; eps: number; weightDecay: number; clip: number };
  gpt: Training<ConstructorParameters<typeof GPT>[0]>;
  classifier: Training<ConstructorParameters<typeof TransformerClassifier>[0]>;
}

const fixture = readFixture<Fixture>("losses.json");

/** The fixture's batches, one after the other. */
function sourceOf({ batches }: Training<unknown>): BatchSource {
  let number = 0;
  const ints = (data: NestedArray) => tensor(data, { dtype: "int32" });
  return {
    batchesPerEpoch: batches.length,
    next(): Batch {
      const { tokens, targets, labels, paddingMask } = batches[number++];
      const inputs = ints(tokens);
      const mask = paddingMask === undefined ? undefined : ints(paddingMask);
      return { inputs, targets: ints(targets ?? labels!), mask };
    },
    state: () => ({ seed: "", batches: number }),
    loadState: (state) => {
      number = state.batches;
    },
  };
}

function expectPyTorchsLosses(model: Model, training: Training<unknown>): void {
  const weights = Object.entries(training.weights);
  model.loadStateDict(new Map(weights.map(([name, { shape, values }]) => [name, tensor(values, { shape })])));
  const { weightDecay, clip, ...options } = fixture.optimizer;
  const optimizer = new AdamW(decayMatrices(model, weightDecay), options);
  const device = model.parameters()[0].device;
  const settings = { model, optimizer, objective: classification, device, clip, accumulate: 1 };
  const data = sourceOf(training);
  for (const [i, expected] of training.losses.entries()) {
    const { loss, gradNorm } = trainStep(settings, data, i + 1);
    expect(Math.abs(loss.itemSync() / expected - 1), `loss of step ${i + 1}`).toBeLessThan(1e-4);
    expect(Math.abs(gradNorm!.itemSync() / training.gradNorms[i] - 1), `gradient of step ${i + 1}`).toBeLessThan(1e-3);
  }
}

describe.each(["reference", "cpu"])("from the same weights and batches, on %s", (device) => {
  it("a small GPT has PyTorch's losses for 20 steps", () => {
    useDevice(device);
    manualSeed(1);
    expectPyTorchsLosses(new GPT(fixture.gpt.options), fixture.gpt);
  });

  it("a small classifier of padded sequences has PyTorch's losses for 20 steps", () => {
    useDevice(device);
    manualSeed(1);
    expectPyTorchsLosses(new TransformerClassifier(fixture.classifier.options), fixture.classifier);
  });
});
