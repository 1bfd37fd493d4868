import {
  type Device,
  type GpuInfo,
  gpuInfo,
  manualSeed,
  type NestedArray,
  openGpu,
  setDefaultDevice,
  tensor,
} from "@lectern/autograd";
import { GPT, TransformerClassifier } from "@lectern/nn";
import type { Batch } from "../../src/data/batch.ts";
import type { Model } from "../../src/model.ts";
import { classification } from "../../src/objective.ts";
import { AdamW } from "../../src/optimizers/adamW.ts";
import { decayMatrices } from "../../src/optimizers/groups.ts";
import { trainStep } from "../../src/step.ts";

/** What a run in PyTorch began with, was shown, and had for losses. */
export interface Training<Options> {
  options: Options;
  weights: Record<string, { shape: number[]; values: number[] }>;
  batches: { tokens: NestedArray; targets?: NestedArray; labels?: NestedArray; paddingMask?: NestedArray }[];
  losses: number[];
}

export interface Trainings {
  optimizer: { lr: number; betas: [number, number]; eps: number; weightDecay: number; clip: number };
  gpt: Training<ConstructorParameters<typeof GPT>[0]>;
  classifier: Training<ConstructorParameters<typeof TransformerClassifier>[0]>;
}

export type Backend = GpuInfo["backend"];

/** Losses, step by step. */
export interface Losses {
  readonly gpt: number[];
  readonly classifier: number[];
}

/** Trains both models of the fixture on the gpu, as PyTorch did. */
export async function trainBoth(backend: Backend, trainings: Trainings, fused?: boolean): Promise<Losses> {
  const device = await openGpu({ backend, fused });
  if (gpuInfo().backend !== backend) throw new Error(`asked for ${backend}, got ${gpuInfo().backend}`);
  return trainBothOn(device, trainings);
}

/** The same on any device. */
export async function trainBothOn(device: Device, trainings: Trainings): Promise<Losses> {
  setDefaultDevice(device);
  const { gpt, classifier, optimizer } = trainings;
  manualSeed(1);
  return {
    gpt: await losses(new GPT(gpt.options), gpt, optimizer),
    classifier: await losses(new TransformerClassifier(classifier.options), classifier, optimizer),
  };
}

async function losses(
  model: Model,
  { weights, batches }: Training<unknown>,
  { weightDecay, clip, ...options }: Trainings["optimizer"],
): Promise<number[]> {
  const entries = Object.entries(weights);
  model.loadStateDict(new Map(entries.map(([name, { shape, values }]) => [name, tensor(values, { shape })])));
  const optimizer = new AdamW(decayMatrices(model, weightDecay), options);
  const [{ device }] = model.parameters();
  const settings = { model, optimizer, objective: classification, device, clip, accumulate: 1 };
  let number = 0;
  const data = {
    batchesPerEpoch: batches.length,
    next: () => batchOf(batches[number++]),
    state: () => ({ seed: "", batches: number }),
    loadState() {},
  };
  // Nothing is read before all steps are asked for: the device has to keep them in order by itself.
  const readings = batches.map((_, i) => trainStep(settings, data, i + 1).loss.item());
  return Promise.all(readings);
}

function batchOf({ tokens, targets, labels, paddingMask }: Training<unknown>["batches"][number]): Batch {
  const ints = (values: NestedArray) => tensor(values, { dtype: "int32" });
  const inputs = ints(tokens);
  const mask = paddingMask === undefined ? undefined : ints(paddingMask);
  return { inputs, targets: ints(targets ?? labels!), mask };
}
