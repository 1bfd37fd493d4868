import { type GpuInfo, type GpuStats, manualSeed, scope, setDefaultDevice } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { createGpuDevice, type GpuDevice } from "../../../autograd/src/devices/gpu/device.ts";
import { RandomWindows } from "../../src/data/windows.ts";
import { classification } from "../../src/objective.ts";
import { AdamW } from "../../src/optimizers/adamW.ts";
import { decayMatrices } from "../../src/optimizers/groups.ts";
import { trainStep } from "../../src/step.ts";

export interface Runs {
  readonly parameters: number;
  /** Kernels that a step runs, with gradients clipped and without. */
  readonly clipped: number;
  readonly unclipped: number;
}

/** Steps of a small GPT with dropout, as the Trainer takes them: each waits for its loss, and gives the device's figures. */
function stepsOn(device: GpuDevice, options: { layers: number; dropout?: number; tiedHead?: boolean }) {
  setDefaultDevice(device);
  manualSeed(1);
  const [vocabulary, context] = [17, 16];
  const model = new GPT({ vocabulary, heads: 4, width: 32, context, ...options });
  const tokens = Int32Array.from({ length: 200 }, (_, i) => (i * i) % vocabulary);
  const data = new RandomWindows(tokens, { context, batch: 2, seed: 1 });
  const optimizer = new AdamW(decayMatrices(model, 0.1), { lr: 1e-3 });
  const common = { model, optimizer, objective: classification, device, accumulate: 1 };
  let number = 0;
  const step = async (clip: number): Promise<GpuStats> => {
    // Open over the wait: nothing else runs in this page. A kernel runs once it is compiled; reading waits for that.
    const open = scope();
    await trainStep({ ...common, clip }, data, ++number).loss.item();
    open[Symbol.dispose]();
    return device.stats();
  };
  return { model, step };
}

/** Memory and kernels of the device after each of some steps of training, with dropout, clipping and AdamW. */
export async function statsOfSteps(backend: GpuInfo["backend"], fused: boolean): Promise<GpuStats[]> {
  const device = await createGpuDevice({ backend, fused });
  // A tied head would leave the weight that it does not need to a finalizer, which frees it whenever it likes.
  const { step } = stepsOn(device, { layers: 1, dropout: 0.1, tiedHead: false });
  // The first step makes the optimiser's memory.
  await step(1);
  const stats: GpuStats[] = [];
  for (let i = 0; i < 4; i++) stats.push(await step(1));
  await device.close();
  return stats;
}

/** Counts the kernels that a step of a GPT of four layers runs. */
export async function countRuns(backend: GpuInfo["backend"], fused: boolean): Promise<Runs> {
  const device = await createGpuDevice({ backend, fused });
  const { model, step } = stepsOn(device, { layers: 4 });
  const runs = async (clip: number) => (await step(clip)).launches;
  // The first step makes the optimiser's memory.
  const start = await runs(1);
  const afterClipped = await runs(1);
  const afterUnclipped = await runs(Number.POSITIVE_INFINITY);
  await device.close();
  return {
    parameters: model.parameters().length,
    clipped: afterClipped - start,
    unclipped: afterUnclipped - afterClipped,
  };
}
