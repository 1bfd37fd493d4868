/**
 * The transformer for classification: tokens to vectors, blocks in which every position sees all, one vector by pooling, classes.
 * It reads film reviews where IMDB has been fetched, else mail where that has, else first names, letter by letter.
 */
import { manualSeed, noGrad, scope, tensor } from "@lectern/autograd";
import { loadLabelled } from "@lectern/datasets";
import { isAvailable } from "@lectern/datasets/node";
import { evaluation, TransformerClassifier } from "@lectern/nn";
import {
  AdamW,
  CharTokenizer,
  cosine,
  DataLoader,
  type EvaluationInfo,
  type Example,
  SortedExamples,
  type Tokenizer,
  Trainer,
  WordTokenizer,
} from "@lectern/train";
import { above } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { heatMap, lines, markedTexts } from "../src/report/figures.ts";
import { texts } from "./texts/classify-imdb.ts";

// #region settings
const settings = {
  full: {
    /** A data set's name, or the path of a table; the best that is here unless given. */
    data: "",
    /** True deals the classes out at random: then there is nothing to learn. */
    shuffled: false,
    layers: 2,
    heads: 4,
    width: 64,
    /** Tokens of a text that are read. */
    context: 256,
    vocabulary: 10_000,
    /** How many texts are read, and how many of them are held back. */
    texts: 20_000,
    heldBack: 1000,
    batch: 32,
    lr: 1e-3,
    steps: 1500,
  },
  quick: { layers: 1, width: 32, context: 64, vocabulary: 3000, texts: 5000, heldBack: 500, lr: 3e-3, steps: 500 },
  smallest: { texts: 2000, heldBack: 200, steps: 120, lr: 5e-3 },
};
type Settings = typeof settings.full;
// #endregion

/** What is read unless something else is named: the longest texts that are on this machine. */
const bestHere = () => ["imdb", "spam-assassin"].find((name) => isAvailable(name)) ?? "names";

interface Data {
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  /** A text as the pieces that its tokens are. */
  pieces(text: string): string[];
  readonly train: readonly Example[];
  readonly validation: readonly (Example & { text: string })[];
}

async function read(name: string, { shuffled, texts, heldBack, vocabulary }: Settings, seed: number): Promise<Data> {
  const corpus = await loadLabelled(name, { seed, validationRows: heldBack });
  const train = corpus.train.slice(0, texts);
  // Names are read letter by letter, everything else by words.
  const isShort = name.endsWith("names");
  const plain = (text: string) => (isShort ? text.toLowerCase() : text);
  const all = train.map(({ text }) => plain(text));
  const tokenizer = isShort
    ? CharTokenizer.from(all.join(""), { unknown: true })
    : WordTokenizer.from(all, { size: vocabulary });
  const encoded = [train, corpus.validation.slice(0, heldBack)].map((examples) => {
    // Every example gets the class of the next one: as many of each, and none of them its own.
    const labels = examples.map((_, i) => examples[shuffled ? (i + 1) % examples.length : i].label);
    return examples.map(({ text }, i) => ({
      text: plain(text),
      tokens: tokenizer.encode(plain(text)),
      label: labels[i],
    }));
  });
  const pieces = (text: string) => [...tokenizer.encode(text)].map((token) => tokenizer.decode([token]));
  return { labels: corpus.labels, tokenizer, pieces, train: encoded[0], validation: encoded[1] };
}

// #region looks
/** How much attention each token of a text gets in the last layer: the mean over heads and over those who look. [time] */
function attentionTo(model: TransformerClassifier, tokens: Int32Array): number[] {
  const inputs = tensor([[...tokens]], { dtype: "int32" });
  const layers = model.attentionWeights(inputs);
  return layers[layers.length - 1].mean([0, 1, 2]).arraySync() as number[];
}
// #endregion

/** Texts whose attention is shown. */
const SHOWN = 10;

/** How often each class was taken for each. [true class][predicted class] */
function confusion(model: TransformerClassifier, data: SortedExamples, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const evaluating = evaluation(model);
  for (const { inputs, targets, mask } of data.batches()) {
    const found = scope(() =>
      evaluating(() => noGrad(() => model.forward(inputs, mask).argmax(-1).dataSync().slice())),
    );
    const wanted = targets.dataSync();
    for (const [i, predicted] of [...found].entries()) counts[wanted[i]][predicted]++;
  }
  return counts;
}

/** Words stand apart, letters do not. */
const separated = (piece: string, pieces: readonly string[]) =>
  pieces.some((other) => other.length > 1) ? `${piece} ` : piece;

const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

export const experiment = defineExperiment({
  id: "classify-imdb",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { layers, heads, width, context, batch, lr, steps } = settings;
    const name = settings.data === "" ? bestHere() : settings.data;
    const { labels, tokenizer, pieces, train, validation } = await read(name, settings, seed);
    const test = new SortedExamples(validation, { batch: 100, maxLength: context });
    const sizes = { vocabulary: tokenizer.size, classes: labels.length, layers, heads, width, context };

    const models = [];
    for (const [i, pooling] of (["mean", "max"] as const).entries()) {
      // #region training
      manualSeed(seed);
      const model = new TransformerClassifier({ ...sizes, pooling });
      const curve: [number, number][] = [];
      const onEvaluate = ({ step, accuracy }: EvaluationInfo) => {
        curve.push([step, accuracy!]);
        progress(i * steps + step, 2 * steps);
      };
      const trainer = new Trainer({
        model,
        optimizer: new AdamW(model.parameters(), { lr }),
        schedule: cosine({ warmup: 20, steps, floor: 0.1 }),
        callbacks: [{ onEvaluate }],
        ...{ progress: "off", log: () => {} },
      });
      const loader = new DataLoader(train, { batch, maxLength: context, seed });
      await trainer.fit(loader, { steps, validation: test, evaluateEvery: Math.ceil(steps / 8) });
      // #endregion
      models.push({ pooling, model, curve, accuracy: curve[curve.length - 1][1] });
    }

    const [{ model }] = models;
    const looks = (example: Example) => noGrad(() => attentionTo(model, example.tokens.subarray(0, context)));
    const counts = confusion(model, test, labels.length);
    return {
      data: name,
      labels,
      models: models.map(({ pooling, curve, accuracy }) => ({ pooling, curve, accuracy })),
      confusion: counts,
      majority: Math.max(...counts.map((row) => row.reduce((sum, n) => sum + n, 0))) / validation.length,
      /** How many times as much as an even share the token that is most looked at gets. */
      favoured: mean(
        validation
          .filter(({ tokens }) => tokens.length > 3)
          .slice(0, 50)
          .map((example) => {
            const weights = looks(example);
            return Math.max(...weights) * weights.length;
          }),
      ),
      shown: validation
        .filter(({ tokens }) => tokens.length > 3)
        .slice(0, SHOWN)
        .map((example) => ({
          label: labels[example.label],
          weights: looks(example),
          pieces: pieces(example.text).slice(0, context),
        })),
    };
  },

  // #region claims
  claims: {
    learns: ({ models: [{ accuracy }], majority }) => above(accuracy, majority + 0.05),
    looks: ({ favoured }) => above(favoured, 1.3),
  },
  // #endregion
  breaks: {
    learns: { shuffled: true },
    looks: { steps: 1 },
  },

  figures({ data, t }) {
    const { models, majority, shown } = data;
    const named = (label: string) => t.labels[label] ?? label;
    const labels = data.labels.map(named);
    const ends = models[0].curve.map(([step]) => step);
    return [
      lines({
        ...t.figures.curve,
        id: "curve",
        code: "training",
        x: { label: t.step },
        y: { label: t.right },
        series: [
          ...models.map(({ pooling, curve }) => ({ name: t.pooling[pooling], points: curve })),
          {
            name: t.majority,
            points: [ends[0], ends[ends.length - 1]].map((step) => [step, majority] as const),
            dashed: true,
          },
        ],
      }),
      heatMap({
        ...t.figures.confusion,
        id: "confusion",
        rows: labels,
        columns: labels,
        rowLabel: t.is,
        columnLabel: t.taken,
        panels: [{ values: data.confusion }],
      }),
      markedTexts({
        ...t.figures.looks,
        id: "looks",
        code: "looks",
        lines: shown.map(({ label, weights, pieces }) => ({
          label: named(label),
          tokens: pieces.map((text, i) => ({
            text: separated(text, pieces),
            weight: weights[i] / Math.max(...weights),
          })),
        })),
      }),
    ];
  },
});
