// README's first program, with fewer steps, as a page runs it.
import { manualSeed } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import { AdamW, cosine, decayMatrices, generate, RunFolder, Trainer, textData } from "@lectern/train";

/** What the test calls in the page. */
export interface FirstProgramPage {
  ready: boolean;
  run(): Promise<{ trainLoss: number; text: string; files: string[] }>;
}

const page = globalThis as unknown as FirstProgramPage;

page.run = async () => {
  manualSeed(1);
  const { train, validation, tokenizer } = textData(await loadText("moby-dick"), { context: 64, batch: 12 });

  const model = new GPT({ vocabulary: tokenizer.size, layers: 4, heads: 4, width: 128, context: 64 });
  const optimizer = new AdamW(decayMatrices(model, 0.1), { lr: 1e-3, betas: [0.9, 0.99] });

  const schedule = cosine({ warmup: 100, steps: 500 });
  const trainer = new Trainer({ model, optimizer, schedule, tokenizer, out: "runs/first" });
  const { trainLoss } = await trainer.fit(train, { steps: 2, validation, evaluateEvery: 2, evaluateBatches: 1 });

  const text = await generate(model, tokenizer, "Call me ", { tokens: 20, temperature: 0.8 });
  return { trainLoss, text, files: (await new RunFolder("runs/first").store.list()).sort() };
};

page.ready = true;
