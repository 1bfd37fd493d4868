import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { AdamW, type Callback, cosine, generate, Trainer, textData } from "../src/index.ts";
import { queueingDevice, temporaryFolder, useDevice } from "./helpers.ts";

/** Trains on the given device; every onStep notes how many batches had been drawn by then. */
async function train(on: string, out: string, steps: number, resume = false) {
  useDevice(on);
  manualSeed(1);
  const { train, validation, tokenizer } = textData("to be or not to be ".repeat(20), { context: 6, batch: 3 });
  const model = new GPT({ vocabulary: tokenizer.size, layers: 1, heads: 2, width: 8, context: 6, dropout: 0.1 });
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
  const losses: number[] = [];
  const drawn: number[] = [];
  const callback: Callback = {
    onStep({ loss }) {
      losses.push(loss);
      drawn.push(train.state().batches);
    },
  };
  const schedule = cosine({ warmup: 3, steps: 40 });
  const quiet = { progress: "off", log: () => undefined } as const;
  const trainer = new Trainer({ model, optimizer, schedule, out, resume, callbacks: [callback], ...quiet });
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: 20 });
  const text = await generate(model, tokenizer, "to", { tokens: 5, seed: 1 });
  return { losses, drawn, result, text };
}

describe("a device that has to be waited for", () => {
  it("has its losses read ten steps at a time, and the losses of a device that need not be", async () => {
    const queueing = queueingDevice();
    const expected = await train("reference", temporaryFolder(), 40);
    const found = await train("queueing", temporaryFolder(), 40);
    expect(found.drawn.slice(0, 20)).toEqual([...Array(10).fill(10), ...Array(10).fill(20)]);
    expect(queueing.reads).toBeGreaterThan(0);
    for (const [i, loss] of expected.losses.entries()) expect(found.losses[i]).toBeCloseTo(loss, 10);
    expect(found.result.validation!.loss).toBeCloseTo(expected.result.validation!.loss, 10);
    expect(found.text).toBe(expected.text);
  });

  it("goes on from a checkpoint to the bit", async () => {
    queueingDevice();
    const out = temporaryFolder();
    const whole = await train("queueing", temporaryFolder(), 40);
    await train("queueing", out, 20);
    const rest = await train("queueing", out, 40, true);
    expect(rest.losses).toEqual(whole.losses.slice(20));
  });
});
