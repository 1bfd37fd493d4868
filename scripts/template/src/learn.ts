import { manualSeed } from "@lectern/autograd";
import { AdamW, type Callback, cosine, generate, Trainer, textData } from "@lectern/train";
import { Writer } from "./model.ts";
import { counting } from "./text.ts";

export interface LearnOptions {
  readonly steps: number;
  /** The run's folder: metrics and checkpoints. Without it nothing is kept. */
  readonly out?: string;
  readonly callbacks?: readonly Callback[];
}

/** Trains a model and lets it write. The same in Node (`train.ts`) and in a page (`page.ts`). */
export async function learn({ steps, out, callbacks }: LearnOptions): Promise<{ loss: number; text: string }> {
  manualSeed(1);
  const context = 32;
  const { train, validation, tokenizer } = textData(counting(3000), { context, batch: 16 });
  const model = new Writer({ vocabulary: tokenizer.size, width: 32, heads: 4, layers: 2, context });
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });

  const trainer = new Trainer({ model, optimizer, tokenizer, out, callbacks, schedule: cosine({ warmup: 50, steps }) });
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: 100, evaluateBatches: 10 });
  const text = await generate(model, tokenizer, "after ", { tokens: 150, temperature: 0.5 });
  return { loss: result.validation!.loss, text };
}
