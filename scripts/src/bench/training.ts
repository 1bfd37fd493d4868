import { type Device, manualSeed, randint } from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import { AdamW, type BatchSource, classification, type StepSettings, trainStep } from "@lectern/train";
import { layerWorkload } from "./layers.ts";
import type { Case } from "./measurement.ts";
import { countTensors } from "./tensorMemory.ts";
import { time } from "./timing.ts";
import { type LayerSize, type ScalingAxis, type Timing, type TrainingSize, workloads } from "./workloads.ts";

const CLASSES = 2;

/** A transformer with random weights, and random tokens with what follows them, or their class. */
function transformerWorkload(size: TrainingSize, device: Device) {
  manualSeed(0);
  const { task, batch, context, vocabulary } = size;
  const model = task === "char" ? new GPT(size) : new TransformerClassifier({ ...size, classes: CLASSES });
  const inputs = randint(0, vocabulary, [batch, context], { device });
  const targets =
    task === "char" ? randint(0, vocabulary, [batch, context], { device }) : randint(0, CLASSES, [batch], { device });
  return { model, inputs, targets };
}

/**
 * One step of training on random examples, as the Trainer takes it: the model's loss, its gradient, clipping at 1, AdamW.
 * Resolves when the step has been computed.
 */
export function trainingStep(size: TrainingSize | LayerSize, device: Device): () => Promise<void> {
  const { model, inputs, targets } = "layer" in size ? layerWorkload(size, device) : transformerWorkload(size, device);
  const batch = { inputs, targets, count: inputsOf(size), unit: "tokens" };
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

/** How many tokens, steps of sequences or images a step reads. */
function inputsOf(size: TrainingSize | LayerSize): number {
  if (!("layer" in size)) return size.batch * size.context;
  return size.layer === "LSTM" ? size.batch * size.time : size.batch;
}

/** Times steps of one size, with the most memory that tensors take. */
export async function measureTraining(
  name: string,
  size: TrainingSize | LayerSize,
  device: Device,
  timing: Timing,
  steps?: number,
): Promise<Case> {
  const peakMB = await countTensors(device);
  const times = await time(trainingStep(size, device), timing, steps);
  return { name, ...times, tokens: inputsOf(size), tensorsMB: peakMB() };
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
