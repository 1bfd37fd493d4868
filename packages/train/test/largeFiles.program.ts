/**
 * Saves weights, or a checkpoint that it then reads again, of so many parts of 64 MiB, and says by how much the process's largest
 * memory grew beyond the tensors themselves: `node largeFiles.program.ts <file> <parts>`.
 */

import { keep, manualSeed, noGrad, randn, type Tensor } from "@lectern/autograd";
import { Module, parameter } from "@lectern/nn";
import { readCheckpoint, restore, SGD, saveCheckpoint } from "../src/index.ts";

class Parts extends Module {
  readonly parts: Tensor[];

  constructor(count: number) {
    super();
    const part = () => keep(noGrad(() => randn([4096, 4096])));
    this.parts = Array.from({ length: count }, () => parameter(part()));
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

const peak = () => process.resourceUsage().maxRSS / 1024;

const [file, parts] = process.argv.slice(2);
manualSeed(1);
const model = new Parts(Number(parts));
const optimizer = new SGD(model.parameters());
const data = {
  batchesPerEpoch: 1,
  next: () => ({}),
  state: () => ({ seed: "", batches: 0 }),
  loadState() {},
};
const training = { model, optimizer, data };
const sums = () => model.parts.map((part) => noGrad(() => part.sum().itemSync()));
const before = sums();
const peaks = [peak()];
await saveCheckpoint(file, training, { step: 1, shown: 1, seconds: 1, losses: [1] });
peaks.push(peak());
noGrad(() => {
  for (const part of model.parts) part.zero_();
});
await restore(await readCheckpoint(file), training);
peaks.push(peak());
const same = JSON.stringify(sums()) === JSON.stringify(before);
console.log(JSON.stringify({ same, tensors: 64 * Number(parts), peaks: peaks.map(Math.round) }));
