/**
 * A training as a process of its own, which goes on where the one before it was killed:
 *
 *     node program.ts <model> <device> <folder> <steps> [<write>]
 *
 * It says each step that is done. With a number it says "writing" in the middle of that write of its checkpoints, and stays there.
 */

import { manualSeed, openGpu, setDefaultDevice } from "@lectern/autograd";
import { AdamW, cosine, decayMatrices, Trainer } from "../../src/index.ts";
import { FolderStore } from "../../src/store/folder.ts";
import type { StoreWriter } from "../../src/store/store.ts";
import { classification, language, wide } from "../settings.ts";

/** A folder in which a write of a checkpoint comes to a stop: with half of its bytes written, or before the file has its name. */
class StoppingStore extends FolderStore {
  #left: number;

  constructor(path: string, write: number) {
    super(path);
    this.#left = write;
  }

  override async writer(name: string): Promise<StoreWriter> {
    const writer = await super.writer(name);
    if (!name.startsWith("checkpoints/")) return writer;
    return {
      ...writer,
      append: async (part) => {
        if (--this.#left !== 0) return writer.append(part);
        await writer.append(part.slice(0, part.length / 2));
        return this.#stop();
      },
      commit: () => (--this.#left === 0 ? this.#stop() : writer.commit()),
    };
  }

  /** The file is there, and those that it makes needless are too. */
  override async remove(name: string): Promise<void> {
    return --this.#left === 0 ? this.#stop() : super.remove(name);
  }

  #stop(): Promise<never> {
    console.log("writing");
    // A promise alone does not keep a process.
    setInterval(() => {}, 1000);
    return new Promise(() => {});
  }
}

const [kind, device, folder, steps, write = "0"] = process.argv.slice(2);
if (device === "gpu") await openGpu({ backend: "webasm" });
setDefaultDevice(device);
manualSeed(1);
const settings = { gpt: language, classifier: classification, wide };
const { model, train, validation } = settings[kind as keyof typeof settings]();
const trainer = new Trainer({
  model,
  optimizer: new AdamW(decayMatrices(model, 0.1), { lr: 1e-2 }),
  schedule: cosine({ warmup: 5, steps: Number(steps) }),
  out: new StoppingStore(folder, Number(write)),
  resume: true,
  saveEvery: 3,
  callbacks: [{ onStep: ({ step }) => console.log(`step ${step}`) }],
  progress: "off",
  log: () => {},
});
await trainer.fit(train, { steps: Number(steps), validation, evaluateEvery: 4 });
