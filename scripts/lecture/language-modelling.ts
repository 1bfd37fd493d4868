/**
 * Anything that is a text is language modelling: "2+2=" goes on with "4", "кот -> " with "cat". A rule is learned from examples
 * and serves for new ones; what a word means has to be learned by heart. The same sums by the original transformer, whose
 * decoder looks at what the encoder has read.
 */
import { manualSeed, noGrad, tensor } from "@lectern/autograd";
import { arithmetic, type Pair, translation } from "@lectern/datasets";
import { EncoderDecoder, GPT, type Module } from "@lectern/nn";
import {
  AdamW,
  type BatchSequence,
  type BatchSource,
  CharTokenizer,
  cosine,
  DataLoader,
  encodePairs,
  evaluate,
  exactMatch,
  generateTexts,
  type HostTensor,
  type Objective,
  type OnDevice,
  padPairs,
  pairData,
  SortedExamples,
  supervised,
  Trainer,
} from "@lectern/train";
import { above, atLeast, atMost } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { heatMap, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/language-modelling.ts";

// #region settings
const settings = {
  full: {
    /** False gives every sum the answer of another one: then there is nothing to understand. */
    rule: true,
    /** False leaves the easiest sums alone, of two digits each, in which nothing is carried. */
    carry: true,
    /** Whether the last digit of a sum is written first, as one computes it on paper. */
    reversed: true,
    layers: 2,
    width: 128,
    lr: 2e-3,
    batch: 64,
    sumSteps: 3000,
    wordSteps: 800,
    /** How many of the words are used. */
    words: 378,
    /** How many questions of each kind are asked in an evaluation, and how often there is one. */
    asked: 500,
    moments: 8,
  },
  quick: { width: 64, sumSteps: 900, wordSteps: 600, asked: 200, lr: 4e-3 },
  smallest: {
    width: 64,
    layers: 1,
    carry: false,
    sumSteps: 180,
    wordSteps: 60,
    words: 40,
    asked: 100,
    moments: 2,
    lr: 6e-3,
  },
};
type Settings = typeof settings.full;
// #endregion

/** The longest prompt with its answer and its end, in characters. */
const CONTEXT = 32;
const ASKED = "12+34=";

type Corpus = { readonly train: readonly Pair[]; readonly validation: readonly Pair[] };

/** Sums; without the rule, each has the answer of the next one. */
function sums({ rule, carry, reversed }: Settings, seed: number): Corpus {
  const all = arithmetic({ reversed, seed });
  const asked = (pairs: readonly Pair[]) => (carry ? pairs : pairs.filter(isEasy));
  const corpus = { train: asked(all.train), validation: asked(all.validation) };
  if (rule) return corpus;
  const moved = (pairs: readonly Pair[]) =>
    pairs.map(({ prompt }, i) => ({ prompt, answer: pairs[(i + 1) % pairs.length].answer }));
  return { train: moved(corpus.train), validation: moved(corpus.validation) };
}

/** "12+34=": two digits each, and none is carried. */
function isEasy({ prompt }: Pair): boolean {
  const [a, b] = prompt.slice(0, -1).split("+");
  return a.length === 2 && b.length === 2 && [0, 1].every((i) => Number(a[i]) + Number(b[i]) < 10);
}

function words(count: number, seed: number): Corpus {
  const { train, validation } = translation({ seed });
  const held = Math.max(4, Math.round(count / 10));
  return { train: train.slice(0, count - held), validation: validation.slice(0, held) };
}

interface Learned {
  /** [step, share of the pairs seen in training that are answered whole, share of the unseen ones] */
  readonly curve: (readonly [step: number, seen: number, unseen: number])[];
}

// #region training
/** Trains, and asks now and then: what was seen, and what was not. */
async function learn<M extends Module, B extends object>(
  model: M,
  data: { train: BatchSource<B>; seen: BatchSequence<B>; unseen: BatchSequence<B>; objective: Objective<M, B> },
  { steps, moments, lr }: { steps: number; moments: number; lr: number },
  told: (share: number) => void,
): Promise<Learned> {
  const { train, seen, unseen, objective } = data;
  const trainer = new Trainer({
    model,
    objective,
    optimizer: new AdamW(model.parameters(), { lr }),
    schedule: cosine({ warmup: 20, steps, floor: 0.05 }),
    progress: "off",
  });
  const curve: (readonly [number, number, number])[] = [[0, 0, 0]];
  for (let moment = 1; moment <= moments; moment++) {
    const step = Math.max(1, Math.round((moment * steps) / moments));
    await trainer.fit(train, { steps: step });
    const [known, fresh] = [await evaluate(model, seen, { objective }), await evaluate(model, unseen, { objective })];
    curve.push([step, known.measures.exactMatch, fresh.measures.exactMatch]);
    told(moment / moments);
  }
  return { curve };
}
// #endregion

/** A GPT that learns the answers of pairs, and what it says to some. */
async function asLanguage(
  corpus: Corpus,
  given: Settings & { steps: number; seed: number },
  told: (share: number) => void,
) {
  const { layers, width, batch, asked, seed } = given;
  manualSeed(seed);
  const { train, tokenizer, objective } = pairData(corpus, { context: CONTEXT, batch, seed });
  const model = new GPT({ vocabulary: tokenizer.size, layers, heads: 4, width, context: CONTEXT });
  const some = (pairs: readonly Pair[]) =>
    new SortedExamples(encodePairs(tokenizer, pairs.slice(0, asked)), { batch: 100, collate: padPairs });
  const parts = { train, seen: some(corpus.train), unseen: some(corpus.validation), objective };
  const learned = await learn(model, parts, given, told);
  const shown = [...corpus.train.slice(0, 3), ...corpus.validation.slice(0, 3)];
  const prompts = shown.map(({ prompt }) => prompt);
  const options = { tokens: 12, strategy: "greedy", stop: "\n" };
  const answers = (await generateTexts(model, tokenizer, prompts, options)).map((text, i) =>
    text.slice(prompts[i].length),
  );
  return { ...learned, answers: shown.map((pair, i) => ({ ...pair, given: answers[i], seen: i < 3 })) };
}

// #region original
interface Sequences {
  readonly source: HostTensor;
  readonly sourceMask: HostTensor;
  readonly target: HostTensor;
  readonly wanted: HostTensor;
}

/** Prompts for the encoder; for the decoder answers behind a line break, and what it should say at each place. */
const sequencesOf =
  (tokenizer: CharTokenizer) =>
  (pairs: readonly Pair[]): Sequences => {
    const table = (texts: readonly string[], filling: number): HostTensor => {
      const time = Math.max(...texts.map(({ length }) => length));
      const data = new Int32Array(texts.length * time).fill(filling);
      for (const [row, text] of texts.entries()) data.set(tokenizer.encode(text), row * time);
      return { data, shape: [texts.length, time] };
    };
    const source = table(
      pairs.map(({ prompt }) => prompt),
      -1,
    );
    return {
      source: { ...source, data: source.data.map((token) => Math.max(0, token)) },
      sourceMask: { ...source, data: source.data.map((token) => Number(token >= 0)) },
      target: table(
        pairs.map(({ answer }) => `\n${answer}`),
        0,
      ),
      wanted: table(
        pairs.map(({ answer }) => `${answer}\n`),
        -100,
      ),
    };
  };

const answering = supervised<EncoderDecoder, OnDevice<Sequences>>({
  outputs: (model, { source, target, sourceMask }) => model.forward(source, target, sourceMask),
  targets: ({ wanted }) => wanted,
  measures: { exactMatch },
});
// #endregion

/** The same sums by an encoder and a decoder, and what the decoder looks at while it writes one answer. */
async function byOriginal(
  corpus: Corpus,
  given: Settings & { steps: number; seed: number },
  told: (share: number) => void,
) {
  const { layers, width, batch, asked, seed } = given;
  manualSeed(seed);
  const tokenizer = CharTokenizer.from("\n0123456789+=");
  const collate = sequencesOf(tokenizer);
  const sizes = { sourceVocabulary: tokenizer.size, targetVocabulary: tokenizer.size };
  const model = new EncoderDecoder({ ...sizes, layers, heads: 4, width, context: CONTEXT, norm: "pre" });
  const some = (pairs: readonly Pair[]) => new SortedExamples(pairs.slice(0, asked), { batch: 100, collate });
  const train = new DataLoader(corpus.train, { batch, seed, collate });
  const parts = { train, seen: some(corpus.train), unseen: some(corpus.validation), objective: answering };
  const learned = await learn(model, parts, given, told);

  const [a, b] = ASKED.slice(0, -1).split("+").map(Number);
  const sum = `${a + b}`;
  const answer = given.reversed ? [...sum].reverse().join("") : sum;
  const tokensOf = (text: string) => tensor([[...tokenizer.encode(text)]], { dtype: "int32" });
  const weights = noGrad(() => {
    const layers = model.crossAttentionWeights(tokensOf(ASKED), tokensOf(`\n${answer}`));
    return layers[layers.length - 1].select(0, 0).mean(0).arraySync() as number[][];
  });
  return { ...learned, weights, answer: [...answer, "end"] };
}

export const experiment = defineExperiment({
  id: "language-modelling",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { sumSteps, wordSteps } = settings;
    const told = (part: number) => (share: number) => progress(part + share, 3);
    const sumCorpus = sums(settings, seed);
    const ofSums = { ...settings, steps: sumSteps, seed };
    return {
      sums: await asLanguage(sumCorpus, ofSums, told(0)),
      words: await asLanguage(words(settings.words, seed), { ...settings, steps: wordSteps, seed }, told(1)),
      original: await byOriginal(sumCorpus, ofSums, told(2)),
    };
  },

  // #region claims
  claims: {
    rule: ({ sums }) => understood(sums),
    byHeart({ words: { curve } }) {
      const [, seen, unseen] = curve[curve.length - 1];
      return [atLeast(seen, 0.8, "seen"), atMost(unseen, 0.2, "unseen")];
    },
    original: ({ original }) => understood(original),
  },
  // #endregion
  breaks: {
    rule: { rule: false, wordSteps: 1 },
    byHeart: { sumSteps: 1, wordSteps: 1 },
    original: { rule: false, wordSteps: 1 },
  },

  figures({ data: { sums, words, original }, t }) {
    const curves = ({ curve }: Learned, name: string) => [
      { name: `${name}, ${t.seen}`, points: curve.map(([step, seen]) => [step, seen] as const), dashed: true },
      { name: `${name}, ${t.unseen}`, points: curve.map(([step, , unseen]) => [step, unseen] as const) },
    ];
    const axes = { x: { label: t.step }, y: { label: t.right, from: 0, to: 1 } };
    return [
      lines({
        ...t.figures.sums,
        ...axes,
        id: "sums",
        code: "training",
        series: [...curves(sums, t.gpt), ...curves(original, t.original)],
      }),
      lines({ ...t.figures.words, ...axes, id: "words", series: curves(words, t.gpt) }),
      tableOf({
        ...t.figures.answers,
        id: "answers",
        columns: [t.asked, t.wanted, t.given, t.was],
        rows: [...sums.answers, ...words.answers].map(({ prompt, answer, given, seen }) => [
          ...[prompt, answer, given],
          seen ? t.seen : t.unseen,
        ]),
      }),
      heatMap({
        ...t.figures.looks,
        id: "looks",
        code: "original",
        rows: original.answer.map((digit, i) => (digit === "end" ? t.end : `${i + 1}: ${digit}`)),
        columns: [...ASKED].map((character, i) => `${i + 1}: ${character}`),
        rowLabel: t.writes,
        columnLabel: t.looks,
        panels: [{ values: original.weights }],
      }),
    ];
  },
});

/** New questions are answered too, if not so many of them. */
function understood({ curve }: Learned) {
  const [, seen, unseen] = curve[curve.length - 1];
  return [atLeast(unseen, seen / 2), above(unseen, 0.1)];
}
