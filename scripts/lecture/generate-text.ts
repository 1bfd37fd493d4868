/**
 * The transformer for generating text: a model of characters learns Moby-Dick. What it writes is looked at several times while
 * it learns, and the bits that it needs for a character are compared with those of counted pairs and triples.
 */
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import { AdamW, cosine, type EvaluationInfo, generate, Trainer, textData } from "@lectern/train";
import { above, below } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/generate-text.ts";

// #region settings
const settings = {
  full: {
    layers: 4,
    heads: 4,
    width: 128,
    /** How many characters the model sees. With 1 it can be no better than counted pairs. */
    context: 64,
    batch: 24,
    steps: 1500,
    lr: 2e-3,
    /** Characters of each sample, and the temperature that they are drawn at. */
    written: 300,
    temperature: 0.8,
    prompt: "The whale ",
    /** How many characters before the next one are counted: 0 is a unigram, 2 a trigram. */
    orders: [0, 1, 2],
    /** How many of the book's characters are counted, and learned from. */
    counted: 1_200_000,
    /** The one of them that the model is held against. */
    rival: 2,
  },
  quick: { layers: 2, width: 64, context: 48, batch: 16, steps: 350, lr: 4e-3, rival: 1 },
  smallest: { layers: 1, context: 24, steps: 150, counted: 200_000 },
};
// #endregion

// #region ngrams
/**
 * How often each character follows the `order` before it in `text`. What was rare is filled up with what the shorter context
 * says. Gives the probability of the character at `at` of another text.
 */
function counted(text: string, order: number): (other: string, at: number) => number {
  const counts = new Map<string, number>();
  for (let at = order; at < text.length; at++) {
    for (const key of [text.slice(at - order, at), text.slice(at - order, at + 1)]) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const count = (key: string) => counts.get(key) ?? 0;
  // A unigram is filled up with 100 equal characters. The empty key was counted with each of them.
  const shorter = order === 0 ? () => 1 / 100 : counted(text, order - 1);
  return (other, at) => {
    const [before, followed] = [other.slice(at - order, at), other.slice(at - order, at + 1)];
    return (count(followed) + 5 * shorter(other, at)) / (count(before) + 5);
  };
}
// #endregion

const bitsOf = (probabilityAt: (text: string, at: number) => number, text: string, order: number) => {
  let bits = 0;
  for (let at = order; at < text.length; at++) bits -= Math.log2(probabilityAt(text, at));
  return bits / (text.length - order);
};

/** The share of a text's words that are known; those of one or two letters are found by chance. */
function knownWords(text: string, known: ReadonlySet<string>): number {
  const words = wordsOf(text);
  return words.filter((word) => known.has(word)).length / Math.max(1, words.length);
}

const wordsOf = (text: string) => text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];

export const experiment = defineExperiment({
  id: "generate-text",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { layers, heads, width, context, batch, steps, lr, written, temperature, prompt, orders, rival } = settings;
    const text = await loadText("moby-dick");
    const held = text.validation.slice(0, 4000);
    const seen = text.train.slice(0, settings.counted);
    const ngrams = orders.map((order) => ({ order, bits: bitsOf(counted(seen, order), held, order) }));
    const known = new Set(wordsOf(seen));

    // #region training
    const { train, validation, tokenizer } = textData(
      { ...text, train: seen, validation: held },
      { context, batch, seed },
    );
    const model = new GPT({ vocabulary: tokenizer.size, layers, heads, width, context, positions: "rotary" });
    const samples: { step: number; text: string; known: number }[] = [];
    const sample = async (step: number) => {
      const options = { tokens: written, temperature, seed };
      const continued = await generate(model, tokenizer, prompt, options);
      samples.push({ step, text: continued, known: knownWords(continued.slice(prompt.length), known) });
    };
    const curve: [number, number][] = [];
    const onEvaluate = async ({ step, loss }: EvaluationInfo) => {
      curve.push([step, loss / Math.LN2]);
      progress(step, steps);
      await sample(step);
    };
    await sample(0);
    const trainer = new Trainer({
      model,
      optimizer: new AdamW(model.parameters(), { lr, weightDecay: 0.1 }),
      schedule: cosine({ warmup: 20, steps, floor: 0.1 }),
      callbacks: [{ onEvaluate }],
      ...{ progress: "off", log: () => {} },
    });
    await trainer.fit(train, { steps, validation, evaluateEvery: Math.ceil(steps / 5) });
    // #endregion
    return { ngrams, rival, curve, samples };
  },

  // #region claims
  claims: {
    betterThanCounting: ({ curve, ngrams, rival }) =>
      below(curve[curve.length - 1][1], ngrams.find(({ order }) => order === rival)!.bits),
    words: ({ samples }) => above(samples[samples.length - 1].known, samples[0].known + 0.1),
  },
  // #endregion
  breaks: {
    betterThanCounting: { context: 1 },
    words: { steps: 1 },
  },

  figures({ data: { ngrams, curve, samples }, t, number }) {
    const last = curve[curve.length - 1];
    return [
      lines({
        ...t.figures.curve,
        id: "curve",
        code: "training",
        x: { label: t.step },
        y: { label: t.bits },
        series: [
          { name: t.model, points: curve },
          ...ngrams.map(({ order, bits }) => ({
            name: t.ngrams[order],
            points: [curve[0], last].map(([step]) => [step, bits] as const),
          })),
        ],
      }),
      bars({
        ...t.figures.bits,
        id: "bits",
        code: "ngrams",
        value: { label: t.bits, from: 0 },
        decimals: 2,
        bars: [
          ...ngrams.map(({ order, bits }) => ({ label: t.ngrams[order], value: bits })),
          { label: t.model, value: last[1] },
        ],
      }),
      tableOf({
        ...t.figures.samples,
        id: "samples",
        columns: [t.step, t.known, t.text],
        rows: samples.map(({ step, known, text }) => [step, number(known, 2), text.replaceAll(/\s+/g, " ")]),
      }),
    ];
  },
});
