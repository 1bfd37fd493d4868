import { type GpuInfo, manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { createGpuDevice } from "../../../autograd/src/devices/gpu/device.ts";
import { RandomWindows } from "../../src/data/windows.ts";
import { meanCrossEntropy } from "../../src/model.ts";
import { AdamW } from "../../src/optimizers/adamW.ts";
import { decayMatrices } from "../../src/optimizers/groups.ts";
import { trainStep } from "../../src/step.ts";

export interface Runs {
  readonly parameters: number;
  /** Kernels that a step runs, with gradients clipped and without. */
  readonly clipped: number;
  readonly unclipped: number;
}

/** Counts the kernels that a step of a GPT of four layers runs. */
export async function countRuns(backend: GpuInfo["backend"], fused: boolean): Promise<Runs> {
  const device = await createGpuDevice({ backend, fused });
  manualSeed(1);
  const [vocabulary, context] = [17, 16];
  const model = new GPT({ vocabulary, layers: 4, heads: 4, width: 32, context }).to(device);
  const tokens = Int32Array.from({ length: 200 }, (_, i) => (i * i) % vocabulary);
  const data = new RandomWindows(tokens, { context, batch: 2, seed: 1 });
  const optimizer = new AdamW(decayMatrices(model, 0.1), { lr: 1e-3 });
  const common = { model, optimizer, loss: meanCrossEntropy, device, accumulate: 1 };
  let number = 0;
  const runs = async (clip: number) => {
    const { loss } = trainStep({ ...common, clip }, data, ++number);
    // A kernel runs once it is compiled; reading waits for that.
    await loss.item();
    const { launches } = device.stats();
    return launches;
  };
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
