import { manualSeed, memoryUsage, resetPeakMemory } from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { AdamW, DataLoader, RandomWindows, Trainer } from "../src/index.ts";
import { assertFits, memoryNeeds } from "../src/memoryNeeds.ts";
import { queueingDevice, useDevice } from "./helpers.ts";

const tokens = Int32Array.from({ length: 5000 }, (_, i) => (i * i) % 11);
const quiet = { progress: "off", log: () => {} } as const;

function gpt(sizes: { width: number; context: number }) {
  manualSeed(1);
  const model = new GPT({ vocabulary: 11, layers: 2, heads: 2, ...sizes });
  return { model, optimizer: new AdamW(model.parameters()) };
}

describe("the memory that a training needs", () => {
  it("is estimated at no more than it takes, and no less than half of that", async () => {
    const { model, optimizer } = gpt({ width: 32, context: 64 });
    const data = new RandomWindows(tokens, { context: 64, batch: 16, seed: 1 });
    const { bytes } = memoryUsage();
    resetPeakMemory();
    await new Trainer({ model, optimizer, ...quiet }).fit(data, { steps: 2 });
    const taken = memoryUsage().peakBytes - bytes;
    const needs = memoryNeeds(model, optimizer, data.largest);
    expect(needs.model).toBe(4 * model.numParameters());
    expect(needs.optimizer + needs.activations).toBeLessThan(taken);
    expect(needs.optimizer + needs.activations).toBeGreaterThan(taken / 2);
  });

  it("is looked at before the first step: what cannot fit is refused, with sizes and what to lower", async () => {
    const { model, optimizer } = gpt({ width: 32, context: 64 });
    const data = new RandomWindows(tokens, { context: 64, batch: 1e9, seed: 1 });
    await expect(new Trainer({ model, optimizer, ...quiet }).fit(data, { steps: 2 })).rejects.toThrow(
      /^Trainer: this training needs at least \d+\.\d GiB of memory, and there are \d+\.\d [MG]iB for the cpu device: 0\.1 MiB for the model, 0\.3 MiB for gradients and optimiser, \d+\.\d GiB for the activations of a batch of 1000000000 x 64 tokens: take a batch below \d+ /,
    );
  });

  it("is not judged by the machine's memory where the device has its own", () => {
    queueingDevice();
    useDevice("queueing");
    const { model, optimizer } = gpt({ width: 8, context: 8 });
    const data = new RandomWindows(tokens, { context: 8, batch: 1e9, seed: 1 });
    expect(() => assertFits(model, optimizer, data)).not.toThrow();
  });

  it("of a classifier depends on its longest examples", () => {
    const examples = [3, 9, 70].map((length) => ({ tokens: new Int32Array(length).fill(1), label: 0 }));
    const largestOf = (batch: number, maxLength: number) => new DataLoader(examples, { batch, maxLength }).largest;
    expect([largestOf(2, 64), largestOf(1e9, 100)]).toEqual([
      { rows: 2, time: 64 },
      { rows: 3, time: 70 },
    ]);
    const model = new TransformerClassifier({ vocabulary: 3, classes: 2, layers: 1, heads: 1, width: 8, context: 64 });
    const { activations } = memoryNeeds(model, new AdamW(model.parameters()), largestOf(2, 64));
    expect(activations).toBe(4 * 16 * 8 * 2 * 64);
  });
});
