import {
  cpuInfo,
  defineKernel,
  gpuInfo,
  manualSeed,
  openGpu,
  setDefaultDevice,
  setThreads,
  type Tensor,
  tensor,
} from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { AdamW, decayMatrices, MemoryStore, Trainer, textData } from "@lectern/train";

/** What the tests call in the page. */
export interface StepsPage {
  ready: boolean;
  /** The losses of some steps of a small GPT with dropout, what they were computed on, or why not by threads, and what a kernel of one's own gives. */
  losses(where: Where): Promise<{ losses: number[]; runsOn: string; own: unknown }>;
}

export type Where = "cpu" | "webgpu" | "webgl2" | "webasm";

const page = globalThis as unknown as StepsPage;

async function open(where: Where): Promise<string> {
  if (where === "cpu") {
    setThreads(2);
    setDefaultDevice("cpu");
    return "cpu";
  }
  setDefaultDevice(await openGpu({ backend: where }));
  return gpuInfo().backend;
}

/** What a bundler must not rewrite is written as text. */
const shifted = defineKernel<[Tensor], [number]>("shifted", {
  kernel: "function (x, shift) { const value = x[this.thread.x]; if (value > 2) return shift; return value + shift; }",
  shape: (x) => x.shape,
});

page.losses = async (where) => {
  const runsOn = await open(where);
  manualSeed(1);
  const { train, validation, tokenizer } = textData("Call me Ishmael. Some years ago – ".repeat(10), {
    context: 16,
    batch: 4,
  });
  const options = { layers: 1, heads: 2, width: 16, context: 16, dropout: 0.1 };
  const model = new GPT({ vocabulary: tokenizer.size, ...options });
  const losses: number[] = [];
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(decayMatrices(model, 0.1), { lr: 1e-2 }),
    tokenizer,
    out: new MemoryStore(),
    callbacks: [
      {
        onStep: ({ loss }) => void losses.push(loss),
        onEvaluate: ({ loss, accuracy }) => void losses.push(loss, accuracy ?? 0),
      },
    ],
    progress: "off",
    log() {},
  });
  await trainer.fit(train, { steps: 4, validation, evaluateEvery: 4 });
  const trouble = where === "cpu" ? cpuInfo().threadsReason : undefined;
  return { losses, runsOn: trouble ?? runsOn, own: await shifted(tensor([1, 2, 3]), 10).array() };
};

page.ready = true;
