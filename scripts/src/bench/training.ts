import { type Device, manualSeed, random, tensor } from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import { AdamW, type BatchSource, classification, type StepSettings, trainStep } from "@lectern/train";
import type { Case } from "./measurement.ts";
import { countTensors } from "./tensorMemory.ts";
import { time } from "./timing.ts";
import { type ScalingAxis, type Timing, type TrainingSize, workloads } from "./workloads.ts";

const CLASSES = 2;

/**
 * One step of training on random tokens, as the Trainer takes it: the model's loss, its gradient, clipping at 1, AdamW.
 * Resolves when the step has been computed.
 */
export function trainingStep(size: TrainingSize, device: Device): () => Promise<void> {
  manualSeed(0);
  const { task, batch: rows, context, vocabulary } = size;
  const model = task === "char" ? new GPT(size) : new TransformerClassifier({ ...size, classes: CLASSES });
  const below = (n: number, shape: number[]) => {
    const length = shape.reduce((product, part) => product * part, 1);
    return tensor(
      Int32Array.from({ length }, () => Math.floor(random() * n)),
      { shape, device },
    );
  };
  const inputs = below(vocabulary, [rows, context]);
  const targets = task === "char" ? below(vocabulary, [rows, context]) : below(CLASSES, [rows]);
  const batch = { inputs, targets, count: rows * context, unit: "tokens" };
  const data: BatchSource = {
    batchesPerEpoch: 1,
    next: () => batch,
    state: () => ({ seed: "0", batches: 0 }),
    loadState: () => {},
  };
  const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
  const settings: StepSettings = { model, optimizer, objective: classification, device, clip: 1, accumulate: 1 };
  return async () => {
    const { loss } = trainStep(settings, data, 1);
    await loss.item();
    // Where kernels queue, the loss is there before the optimiser has done its part.
    device.finish?.();
  };
}

/** Times steps of one size, with the most memory that tensors take. */
export async function measureTraining(
  name: string,
  size: TrainingSize,
  device: Device,
  timing: Timing,
  steps?: number,
): Promise<Case> {
  const peakMB = await countTensors(device);
  const times = await time(trainingStep(size, device), timing, steps);
  return { name, ...times, tokens: size.batch * size.context, tensorsMB: peakMB() };
}

/** A step's time where one size grows and the others stay. */
export async function measureScaling(device: Device, steps?: number): Promise<Case[]> {
  const { timing, scaling } = workloads;
  const { base, axes } = scaling;
  const cases: Case[] = [];
  for (const axis of Object.keys(axes) as ScalingAxis[]) {
    for (const x of axes[axis]) {
      const measured = await measureTraining(`${axis} ${x}`, { ...base, [axis]: x }, device, timing.kernels, steps);
      cases.push({ ...measured, axis, x });
    }
  }
  return cases;
}
