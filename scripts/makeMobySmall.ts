import { fileURLToPath } from "node:url";
import { manualSeed } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import {
  AdamW,
  BPETokenizer,
  cosine,
  decayMatrices,
  generate,
  saveHuggingFace,
  Trainer,
  textData,
} from "@lectern/train";

/**
 * Trains models/moby-small, the model that comes with Lectern: GPT-2's architecture, small enough for a repository, on
 * Moby-Dick, which is in the public domain. With one thread the same seed gives the same weights:
 *
 *     LECTERN_THREADS=1 LECTERN_BLAS=off npx node scripts/makeMobySmall.ts
 */
const STEPS = 3000;
const CONTEXT = 128;

manualSeed(1851);
const corpus = await loadText("moby-dick");
const tokenizer = BPETokenizer.from([corpus.train], { size: 768 });
const { train, validation } = textData(corpus, { tokenizer, context: CONTEXT, batch: 16 });
const model = new GPT({
  ...{ vocabulary: tokenizer.size, layers: 3, heads: 4, width: 64, context: CONTEXT },
  // As GPT-2 has it, so that other programs know the layout.
  ...{ bias: true, activation: "geluTanh" },
});
console.log(`${model.numParameters()} parameters`);

const optimizer = new AdamW(decayMatrices(model, 0.1), { lr: 3e-3 });
const trainer = new Trainer({ model, optimizer, schedule: cosine({ warmup: 100, steps: STEPS, floor: 0.05 }) });
await trainer.fit(train, { steps: STEPS, validation, evaluateEvery: 500 });

await saveHuggingFace(fileURLToPath(new URL("../models/moby-small", import.meta.url)), model, tokenizer, {
  float: "float16",
});
console.log(await generate(model, tokenizer, "The whale ", { tokens: 100, temperature: 0.8, seed: 1 }));
