/**
 * The mask hides the future. With it, what a position puts out does not depend on later ones at all; without it, a language
 * model reads the answer off its input, and has learned nothing when it has to write.
 */
import { crossEntropy, gradients, manualSeed, randn, type Tensor } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { Embedding, LayerNorm, Linear, Module, TransformerBlock } from "@lectern/nn";
import { AdamW, type EvaluationInfo, generate, type Score, supervised, Trainer, textData } from "@lectern/train";
import { above, below, equal } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, heatMap, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/causal-mask.ts";

// #region settings
const settings = {
  full: {
    /** Whether the first of the two models has its mask. */
    causal: true,
    context: 32,
    width: 64,
    layers: 2,
    lr: 3e-3,
    batch: 32,
    steps: 1500,
    /** Positions in the picture of gradients. */
    shown: 10,
    /** Characters that the models write. */
    written: 100,
  },
  quick: { steps: 200, batch: 16 },
  smallest: { context: 16, width: 32, layers: 1, steps: 140, lr: 1e-2, written: 10 },
};
// #endregion

const PROMPT = "The whale ";

interface Sizes {
  readonly vocabulary: number;
  readonly context: number;
  readonly width: number;
  readonly layers: number;
}

// #region model
/** A language model whose mask can be left out. */
class CharacterModel extends Module {
  readonly options: Sizes;
  readonly characters: Embedding;
  readonly blocks: TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(options: Sizes, causal: boolean) {
    super();
    this.options = options;
    const { vocabulary, context, width, layers } = options;
    const block = { width, heads: 4, rotary: context, causal };
    this.characters = new Embedding(vocabulary, width);
    this.blocks = Array.from({ length: layers }, () => new TransformerBlock(block));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, vocabulary);
  }

  /** characters: int32 [batch, time] -> logits of the ones that follow [batch, time, vocabulary] */
  forward(characters: Tensor): Tensor {
    let x = this.characters.forward(characters);
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x));
  }
}
// #endregion

// #region gradients
/** How much output t (a row) changes with input s (a column): the length of its gradient. */
function influence({ blocks }: CharacterModel, time: number, width: number): number[][] {
  const inputs = randn([1, time, width], { requiresGrad: true });
  return Array.from({ length: time }, (_, t) => {
    const outputs = blocks.reduce((x, block) => block.forward(x), inputs);
    const [gradient] = gradients(outputs.select(1, t).sum(), [inputs]);
    return gradient!.select(0, 0).norm(2, 1).arraySync() as number[];
  });
}
// #endregion

// #region losses
/** The loss at the last position alone: behind it there is nothing to be seen, mask or not. */
const lastLoss: Score = (logits, targets) => {
  const [rows, time] = targets.shape;
  const options = { reduction: "sum" } as const;
  return { sum: crossEntropy(logits.select(1, time - 1), targets.select(1, time - 1), options), count: rows };
};
// #endregion

export const experiment = defineExperiment({
  id: "causal-mask",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const { causal, context, width, layers, steps, batch, lr, shown, written } = settings;
    const text = await loadText("moby-dick");
    const short = { ...text, train: text.train.slice(0, 300_000), validation: text.validation.slice(0, 3000) };
    const models = [];
    for (const [i, masked] of [causal, false].entries()) {
      manualSeed(seed);
      const { train, validation, tokenizer } = textData(short, { context, batch, seed });
      const model = new CharacterModel({ vocabulary: tokenizer.size, context, width, layers }, masked);
      const influences = influence(model, shown, width);
      const curve: [number, number][] = [];
      const onEvaluate = ({ step, loss }: EvaluationInfo) => {
        curve.push([step, loss]);
        progress(i * steps + step, 2 * steps);
      };
      const trainer = new Trainer({
        model,
        optimizer: new AdamW(model.parameters(), { lr }),
        objective: supervised({ measures: { last: lastLoss } }),
        callbacks: [{ onEvaluate }],
        ...{ progress: "off", log: () => {} },
      });
      const result = await trainer.fit(train, { steps, validation, evaluateEvery: Math.ceil(steps / 8) });
      const { loss, last } = result.validation!.measures;
      const sample = await generate(model, tokenizer, PROMPT, { tokens: written, temperature: 0.7, seed });
      models.push({ influences, curve, loss, last, sample });
    }
    const [masked, open] = models;
    return { masked, open };
  },

  // #region claims
  claims: {
    zero: ({ masked }) => equal(Math.max(...masked.influences.flatMap((row, t) => row.slice(t + 1))), 0),
    collapse: ({ masked, open }) => below(open.loss, masked.loss / 2),
    nothingLearned: ({ masked, open }) => above(open.last, masked.last + 0.3),
  },
  // #endregion
  breaks: {
    zero: { causal: false, steps: 1 },
    collapse: { causal: false },
    nothingLearned: { causal: false },
  },

  figures({ data: { masked, open }, t }) {
    const positions = masked.influences.map((_, position) => `${position + 1}`);
    const both = [
      [t.masked, masked],
      [t.open, open],
    ] as const;
    return [
      heatMap({
        ...t.figures.influence,
        id: "influence",
        code: "gradients",
        rows: positions,
        columns: positions,
        rowLabel: t.output,
        columnLabel: t.input,
        panels: both.map(([title, { influences }]) => ({ title, values: influences.map(ofOthers) })),
      }),
      lines({
        ...t.figures.loss,
        id: "loss",
        code: "model",
        x: { label: t.step },
        y: { label: t.loss, from: 0 },
        series: both.map(([name, { curve }]) => ({ name, points: curve })),
      }),
      bars({
        ...t.figures.last,
        id: "last",
        code: "losses",
        value: { label: t.loss, from: 0 },
        decimals: 2,
        bars: both.flatMap(([group, { loss, last }]) => [
          { label: t.everywhere, value: loss, group },
          { label: t.last, value: last, group },
        ]),
      }),
      tableOf({
        ...t.figures.samples,
        id: "samples",
        columns: [t.model, t.text],
        rows: both.map(([name, { sample }]) => [name, sample.replaceAll("\n", " ")]),
      }),
    ];
  },
});

/** A row without what an output owes to its own input, beside which the rest could not be seen. */
const ofOthers = (row: readonly number[], self: number) => row.map((value, input) => (input === self ? 0 : value));
