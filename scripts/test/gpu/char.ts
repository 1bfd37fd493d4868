import { type Device, manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { AdamW, cosine, decayMatrices, evaluate, generate, Trainer, textData } from "@lectern/train";
import { charPresets } from "../../src/presets.ts";

export interface CharRun {
  readonly vocabulary: number;
  /** Of each step, in nats a character. */
  readonly losses: number[];
  /** On the validation text, before and after. */
  readonly before: number;
  readonly after: number;
  /** The prompt, and what the model writes behind it. */
  readonly sample: string;
}

export const PROMPT = "the ";
export const SAMPLE = 24;
const CONTEXT = 32;

/** The character model of `lectern train char --preset tiny --context 32`, trained for some steps. */
export async function trainChar(
  device: Device,
  text: { readonly train: string; readonly validation: string },
  steps: number,
): Promise<CharRun> {
  manualSeed(1);
  const { layers, heads, width, tiedHead, batch, lr, betas, weightDecay, clip } = charPresets.tiny;
  const { train, validation, tokenizer } = textData(text, { context: CONTEXT, batch, seed: 1 });
  const vocabulary = tokenizer.size;
  const model = new GPT({ vocabulary, layers, heads, width, context: CONTEXT, tiedHead }).to(device);

  const optimizer = new AdamW(decayMatrices(model, weightDecay), { lr, betas });
  const schedule = cosine({ warmup: 10, steps });
  const losses: number[] = [];
  const callbacks = [{ onStep: ({ loss }: { loss: number }) => void losses.push(loss) }];
  const trainer = new Trainer({ model, optimizer, schedule, clip, callbacks, progress: "off", log: () => {} });

  const { loss: before } = await evaluate(model, validation);
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: steps });
  const sample = await generate(model, tokenizer, PROMPT, { tokens: SAMPLE, seed: 1 });
  return { vocabulary, losses, before, after: result.validation!.loss, sample };
}
