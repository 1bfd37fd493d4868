import { keep, manualSeed, openGpu, type Tensor, tensor } from "@lectern/autograd";
import { Module, parameter } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import { Adam, AdamW, type BatchSource, type Optimizer, SGD, Trainer, type TrainerOptions } from "../src/index.ts";
import { queueingDevice, useDevice } from "./helpers.ts";

/** The mean logarithm of a multiple: no number where something is below 0. */
class Logarithms extends Module {
  readonly weight: Tensor = parameter(keep(tensor([2, 3])));

  forward(x: Tensor): Tensor {
    return x.mul(this.weight).log();
  }

  loss({ x }: { x: Tensor }): Tensor {
    return this.forward(x).mean();
  }
}

/** Batches of which the third is as given. */
function batches(third: number[]): BatchSource<{ x: Tensor }> {
  let number = 0;
  return {
    batchesPerEpoch: 10,
    next: () => ({ x: tensor(++number === 3 ? third : [number, 1]) }),
    state: () => ({ seed: "", batches: number }),
    loadState(state) {
      number = state.batches;
    },
  };
}

const optimizers: [string, (parameters: Tensor[]) => Optimizer][] = [
  ["AdamW", (parameters) => new AdamW(parameters, { lr: 0.1, weightDecay: 0.1 })],
  ["Adam with a penalty", (parameters) => new Adam(parameters, { lr: 0.1, weightDecay: 0.1 })],
  ["SGD", (parameters) => new SGD(parameters, { lr: 0.1 })],
];

describe.each(["cpu", "reference", "queueing", "gpu"])(
  "on the %s device, a batch whose loss is no number",
  (device) => {
    async function train(
      make: (parameters: Tensor[]) => Optimizer,
      steps: number,
      third: number[],
      { onNaN, callbacks }: Partial<TrainerOptions> = {},
    ) {
      if (device === "queueing") queueingDevice();
      if (device === "gpu") await openGpu({ backend: "webasm" });
      useDevice(device);
      manualSeed(1);
      const model = new Logarithms();
      const told: string[] = [];
      const quiet = { progress: "off", log: (message: string) => told.push(message) } as const;
      const trainer = new Trainer({ model, optimizer: make(model.parameters()), ...quiet, onNaN, callbacks });
      const error = await trainer.fit(batches(third), { steps }).then(
        () => undefined,
        (error: Error) => error.message,
      );
      return { error, told, weight: [...(await model.weight.data())] };
    }

    it.each(optimizers)("moves nothing, by %s", async (_, make) => {
      const before = await train(make, 2, []);
      const after = await train(make, 3, [1, -1]);
      expect(after.error).toContain("the loss is NaN at step 3");
      expect(after.weight).toEqual(before.weight);
    });

    it("is left out where onNaN says so", async () => {
      const steps: number[] = [];
      const callbacks = [{ onStep: ({ step }: { step: number }) => void steps.push(step) }];
      const { error, told, weight } = await train(optimizers[0][1], 12, [1, -1], { onNaN: "skip", callbacks });
      expect([error, steps]).toEqual([undefined, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]]);
      expect(told.join("\n")).toMatch(/the loss is NaN at step 3.*the step is left out/);
      expect(weight.every(Number.isFinite)).toBe(true);
    });

    it("is told with the op that made it so, and the parameter that would have gone with it", async () => {
      const { error } = await train(optimizers[0][1], 12, [1, -1]);
      expect(error).toContain("; log makes NaN at element 1 of [2], from finite numbers");
    });

    it("is told by the batch where that was so from the beginning", async () => {
      const { error } = await train(optimizers[0][1], 3, [1, Number.NaN]);
      expect(error).toContain("; mul is given numbers that are not finite: its argument [2] has NaN at element 1");
      expect(error).toMatch(/the gradient of weight is NaN at element 1$/);
    });

    it("is told by the weight where the last update made that infinite", async () => {
      const { error } = await train((parameters) => new SGD(parameters, { lr: 1e308 * 10 }), 2, []);
      expect(error).toMatch(/; the weight weight is (-Infinity|NaN) at element 0 since the step before$/);
    });
  },
);
