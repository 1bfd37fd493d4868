import { manualSeed, openGpu } from "@lectern/autograd";
import { expect, it } from "vitest";
import { AdamW, RunFolder, Trainer, type TrainerOptions } from "../src/index.ts";
import { temporaryFolder, useDevice } from "./helpers.ts";
import { language } from "./settings.ts";

async function train(steps: number, changes: Partial<TrainerOptions>) {
  manualSeed(1);
  const { model, train: data } = language();
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
  const trainer = new Trainer({ model, optimizer, saveEvery: 5, progress: "off", log: () => {}, ...changes });
  return trainer.fit(data, { steps });
}

it("ends a training whose GPU is lost with its last checkpoint, from which another device goes on", async () => {
  const out = temporaryFolder();
  const gpu = await openGpu({ backend: "webasm" });
  useDevice("gpu");
  const losing = {
    onStep: async ({ step }: { step: number }) => {
      if (step === 17) await gpu.close();
    },
  };
  const { path } = new RunFolder(out).checkpointFile(15);
  const lost = train(40, { out, callbacks: [losing] });
  await expect(lost).rejects.toMatchObject({ name: "DeviceLostError" });
  await expect(lost).rejects.toThrow(
    `the GPU was lost (it was closed), and all that was on it is gone: open it anew with openGpu(), and load a checkpoint; the last checkpoint is ${path}: the same with --resume (resume: true) goes on from there, on this device or another`,
  );
  useDevice("cpu");
  const { steps } = await train(20, { out, resume: true });
  expect(steps).toBe(20);
  const taken = (await new RunFolder(out).metrics()).filter(({ event }) => event === "step").map(({ step }) => step);
  expect(taken).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});
