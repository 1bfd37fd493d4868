import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { manualSeed, memoryUsage, openGpu } from "@lectern/autograd";
import { AdamW, cosine, decayMatrices, Trainer } from "../../src/index.ts";
import { temporaryFolder, useDevice } from "../helpers.ts";
import { language } from "../settings.ts";

/** What is held at some step: on the device, and by JavaScript in MB. */
export interface Held {
  readonly storages: number;
  readonly bytes: number;
  readonly heap: number;
}

/** Trains for so many steps, evaluating and saving on the way, and gives what was held early and late, at like places. */
export async function soak(device: string, steps: number): Promise<{ early: Held; late: Held }> {
  if (device === "gpu") await openGpu({ backend: "webasm" });
  useDevice(device);
  manualSeed(1);
  const { model, train, validation } = language();
  const collect = collector();
  const found = new Map<number, Held>();
  // Halfway between two evaluations.
  const [first, last] = [150, steps - 50];
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(decayMatrices(model, 0.1), { lr: 1e-2 }),
    schedule: cosine({ warmup: 5, steps }),
    out: temporaryFolder(),
    saveEvery: 100,
    callbacks: [
      {
        async onStep({ step }) {
          if (step !== first && step !== last) return;
          // What nobody reaches is freed by finalizers, which run in a task of their own.
          for (let i = 0; i < 3; i++) {
            collect();
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          const { storages, bytes } = memoryUsage();
          found.set(step, { storages, bytes, heap: process.memoryUsage().heapUsed / 1e6 });
        },
      },
    ],
    progress: "off",
    log: () => {},
  });
  await trainer.fit(train, { steps, validation, evaluateEvery: 100 });
  return { early: found.get(first)!, late: found.get(last)! };
}

/** V8's garbage collection, which programs do not see otherwise. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
