/**
 * Low-rank adapters beside full fine-tuning (Hu et al., 2021). A model has learned two languages: in one of them a letter is
 * mostly that of three places before, in the other that of five. It is tuned to the second alone, once with all its
 * parameters, and once with adapters of its attention.
 *
 *     npx node scripts/examples/adapters.ts [steps of fine-tuning]
 */
import { manualSeed, random } from "@lectern/autograd";
import { addLoRA, GPT } from "@lectern/nn";
import { AdamW, ConsecutiveWindows, cosine, evaluate, RandomWindows, Trainer } from "@lectern/train";

const LETTERS = 8;
const CONTEXT = 16;

/** Four of five letters are those of `back` places before; the others are any. */
function echo(back: number, length: number): Int32Array {
  const text = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    text[i] = i >= back && random() < 0.8 ? text[i - back] : Math.floor(random() * LETTERS);
  }
  return text;
}

async function train(model: GPT, text: Int32Array, steps: number, lr: number): Promise<void> {
  const parameters = model.parameters().filter((p) => p.requiresGrad);
  const schedule = cosine({ warmup: Math.min(20, Math.floor(steps / 10)), steps });
  const optimizer = new AdamW(parameters, { lr });
  const data = new RandomWindows(text, { context: CONTEXT, batch: 16, seed: 1 });
  await new Trainer({ model, optimizer, schedule, progress: "off", log: () => undefined }).fit(data, { steps });
}

manualSeed(1);
const steps = Number(process.argv[2] ?? 80);
const make = () => new GPT({ vocabulary: LETTERS, layers: 1, heads: 4, width: 64, context: CONTEXT });
const base = make();
const both = Array.from({ length: 60 }, (_, i) => Array.from(echo(i % 2 === 0 ? 5 : 3, 200))).flat();
await train(base, Int32Array.from(both), 300, 5e-3);

const [tuning, unseen] = [echo(5, 6000), echo(5, 2000)];
const lossOf = async (model: GPT) =>
  (await evaluate(model, new ConsecutiveWindows(unseen, { context: CONTEXT, batch: 32, stride: 8 }))).loss.toFixed(3);

const copy = () => {
  const model = make();
  model.loadStateDict(base.stateDict());
  return model;
};
const full = copy();
await train(full, tuning, steps, 1e-3);
const adapted = addLoRA(copy(), { rank: 3 });
await train(adapted, tuning, steps, 1e-2);

const trained = adapted.parameters().reduce((sum, p) => sum + (p.requiresGrad ? p.size : 0), 0);
const share = ((100 * trained) / adapted.numParameters()).toFixed(1);
console.log(`before: ${await lossOf(base)} nats a letter`);
console.log(`all parameters: ${await lossOf(full)}`);
console.log(`adapters, ${share} % of the parameters: ${await lossOf(adapted)}`);
