/**
 * A model that others trained: opened from the layout of Hugging Face's transformers, asked to write, trained a little further on
 * another text, saved so that transformers opens it, and opened again. With a folder of GPT-2 or ruGPT-3 it is the same.
 */
import { noGrad, scope, tensor } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import type { GPT } from "@lectern/nn";
import {
  AdamW,
  ConsecutiveWindows,
  type EvaluationInfo,
  evaluate,
  generate,
  linear,
  loadHuggingFace,
  MemoryStore,
  saveHuggingFace,
  Trainer,
  textData,
} from "@lectern/train";
import { above, below, equal } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { readyModel } from "../src/lecture/readyModel.ts";
import { bars, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/hugging-face.ts";

// #region settings
const settings = {
  full: {
    /** A model by its name, or the folder of one; "gpt2" and "rugpt3-small" are fetched when they are first used. */
    model: "moby-small",
    /** The text that it is trained on further, and the one that it knew: a data set's name, or a file. */
    newText: "udhr:eng",
    oldText: "moby-dick",
    prompt: "Everyone has the right to",
    steps: 300,
    context: 64,
    batch: 8,
    lr: 1e-3,
    written: 60,
    /** What the numbers of the saved model are rounded to: float32 loses nothing. */
    float: "float32",
  },
  quick: { steps: 100 },
  smallest: { steps: 25, context: 32, written: 10 },
};
// #endregion

/** Tokens that both models are asked about, saved and opened again. */
const ASKED = 12;

// #region roundtrip
/** Saves the model, opens it again, and says how far the two are apart: the largest difference of a logit. */
async function savedAndOpened(model: GPT, tokens: readonly number[], float: string): Promise<number> {
  const folder = new MemoryStore();
  await saveHuggingFace(folder, model, undefined, { float: float as "float32" });
  const opened = await loadHuggingFace(folder);
  const inputs = tensor([[...tokens]], { dtype: "int32" });
  return scope(() => noGrad(() => opened.model.forward(inputs).sub(model.forward(inputs)).abs().max().itemSync()));
}
// #endregion

export const experiment = defineExperiment({
  id: "hugging-face",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { newText, oldText, prompt, steps, context, batch, lr, written, float } = settings;
    // #region fine-tuning
    const { model, tokenizer } = await readyModel(settings.model);
    const write = () => generate(model, tokenizer, prompt, { tokens: written, temperature: 0.7, seed });
    const { train, validation } = textData(await loadText(newText), { tokenizer, context, batch, seed });
    const known = (await loadText(oldText)).validation.slice(0, 4000);
    const old = new ConsecutiveWindows(tokenizer.encode(known), { context, batch });
    const before = { old: (await evaluate(model, old)).loss, new: (await evaluate(model, validation)).loss };
    const writtenBefore = await write();

    const curve: [number, number][] = [[0, before.new]];
    const onEvaluate = ({ step, loss }: EvaluationInfo) => {
      curve.push([step, loss]);
      progress(step, steps);
    };
    const trainer = new Trainer({
      model,
      optimizer: new AdamW(model.parameters(), { lr }),
      schedule: linear({ steps }),
      callbacks: [{ onEvaluate }],
      ...{ progress: "off", log: () => {} },
    });
    await trainer.fit(train, { steps, validation, evaluateEvery: Math.ceil(steps / 5) });
    model.eval();
    // #endregion
    return {
      options: model.options,
      parameters: model.numParameters(),
      before,
      after: { old: (await evaluate(model, old)).loss, new: curve[curve.length - 1][1] },
      curve,
      written: [writtenBefore, await write()],
      changed: await savedAndOpened(model, [...tokenizer.encode(known)].slice(0, ASKED), float),
    };
  },

  // #region claims
  claims: {
    saved: ({ changed }) => equal(changed, 0),
    learned: ({ before, after }) => below(after.new, before.new - 0.3),
    forgets: ({ before, after }) => above(after.old, before.old + 0.05),
  },
  // #endregion
  breaks: {
    saved: { float: "float16" },
    learned: { lr: 1e-7 },
    forgets: { lr: 1e-7 },
  },

  figures({ data: { options, parameters, before, after, curve, written }, t, number }) {
    const { layers, heads, width, context, vocabulary } = options;
    return [
      tableOf({
        ...t.figures.model,
        id: "model",
        columns: [t.what, t.value],
        rows: Object.entries({ layers, heads, width, context, vocabulary, parameters }).map(([name, value]) => [
          t.sizes[name as keyof typeof t.sizes],
          number(value),
        ]),
      }),
      lines({
        ...t.figures.curve,
        id: "curve",
        code: "fine-tuning",
        x: { label: t.step },
        y: { label: t.loss },
        series: [{ name: t.new, points: curve }],
      }),
      bars({
        ...t.figures.losses,
        id: "losses",
        code: "roundtrip",
        value: { label: t.loss, from: 0 },
        decimals: 2,
        bars: (["new", "old"] as const).flatMap((text) => [
          { label: t[text], value: before[text], group: t.before },
          { label: t[text], value: after[text], group: t.after },
        ]),
      }),
      tableOf({
        ...t.figures.texts,
        id: "texts",
        columns: [t.when, t.text],
        rows: written.map((text, i) => [i === 0 ? t.before : t.after, text.replaceAll(/\s+/g, " ")]),
      }),
    ];
  },
});
