/**
 * A loop of one's own, without the Trainer: a batch, its loss, backward, clipping, the optimiser.
 *
 *     npx node scripts/examples/ownLoop.ts [steps]
 */
import { crossEntropy, manualSeed, scope } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import { AdamW, clipGradNorm, cosine, evaluate, generate, textData } from "@lectern/train";

manualSeed(1);
const steps = Number(process.argv[2] ?? 1000);
const { train, validation, tokenizer } = textData(await loadText("moby-dick"), { context: 64, batch: 8 });
const model = new GPT({ vocabulary: tokenizer.size, layers: 2, heads: 4, width: 64, context: 64 });
const optimizer = new AdamW(model.parameters(), { lr: 5e-3 });
const schedule = cosine({ warmup: Math.ceil(steps / 10), steps });

for (let step = 0; step < steps; step++) {
  // A scope gives a step's memory back at once; without one the loop runs too, and memory is given back later.
  const loss = scope(() => {
    const { inputs, targets } = train.next();
    const loss = crossEntropy(model.forward(inputs), targets);
    loss.backward();
    clipGradNorm(model.parameters(), 1);
    optimizer.lrScale = schedule(step);
    optimizer.step();
    optimizer.zeroGrad();
    return loss.detach();
  });
  if (step % 100 === 0) console.log(`step ${step}: loss ${(await loss.item()).toFixed(3)}`);
}

const { loss } = await evaluate(model, validation, { batches: 30 });
console.log(`validation loss ${loss.toFixed(3)}`);
model.eval();
console.log(await generate(model, tokenizer, "Call me ", { tokens: 100, temperature: 0.7, seed: 1 }));
