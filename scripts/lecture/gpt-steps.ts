/**
 * One prompt through a GPT, step by step: tokens, vectors, positions, blocks, the product with the embedding, softmax, a draw.
 * After each block the head can be asked already what comes next (the logit lens); and the head may be the embedding.
 */
import { arange, crossEntropy, manualSeed, noGrad, type Tensor, tensor } from "@lectern/autograd";
import { loadText } from "@lectern/datasets";
import { GPT } from "@lectern/nn";
import {
  AdamW,
  BPETokenizer,
  ConsecutiveWindows,
  type EvaluationInfo,
  type Tokenizer,
  Trainer,
  textData,
} from "@lectern/train";
import { above, atMost, below } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { readyModel } from "../src/lecture/readyModel.ts";
import { bars, heatMap, lines, tableOf } from "../src/report/figures.ts";
import { texts } from "./texts/gpt-steps.ts";

// #region settings
const settings = {
  full: {
    /** A model by its name, or the folder of one; "gpt2" and "rugpt3-small" are fetched when they are first used. */
    model: "moby-small",
    prompt: "The captain of the ship looked at the white whale",
    /** False throws away what the model has learned; false leaves the positions out of the steps. */
    trained: true,
    positions: true,
    /** How many characters of held-out text the logit lens is measured on. */
    measured: 6000,
    /** Whether the head of the first of two small models is its embedding; how much both read, and their sizes. */
    tied: true,
    read: 200_000,
    small: { vocabulary: 600, layers: 2, heads: 4, width: 64, context: 32 },
    batch: 16,
    steps: 400,
  },
  quick: { measured: 3000, steps: 200 },
  smallest: {
    measured: 1000,
    read: 50_000,
    steps: 60,
    small: { vocabulary: 400, layers: 1, heads: 2, width: 32, context: 16 },
  },
};
type Settings = typeof settings.full;
// #endregion

interface Step {
  readonly name: "tokens" | "embedding" | "positions" | "block" | "norm" | "logits" | "probabilities";
  readonly block?: number;
  readonly value: Tensor;
}

// #region steps
/** Everything that a GPT does, one step after the other. tokens: int32 [1, time] */
function stepsOf(model: GPT, tokens: Tensor, positions = true): Step[] {
  const [, time] = tokens.shape;
  const steps: Step[] = [{ name: "tokens", value: tokens }];
  let x = model.tokens.forward(tokens);
  steps.push({ name: "embedding", value: x });
  if (positions && model.positions !== undefined) x = model.positions.forward(x);
  steps.push({ name: "positions", value: x });
  for (const [i, block] of model.blocks.entries()) {
    x = block.forward(x);
    steps.push({ name: "block", block: i + 1, value: x });
  }
  const normed = model.norm?.forward(x) ?? x;
  const logits = headOf(model, x);
  steps.push({ name: "norm", value: normed }, { name: "logits", value: logits });
  return [...steps, { name: "probabilities", value: logits.select(1, time - 1).softmax(-1) }];
}

/** Norm and head, which can be asked after any block: the product with the embedding. x: [batch, time, width] */
function headOf(model: GPT, x: Tensor): Tensor {
  const normed = model.norm?.forward(x) ?? x;
  return normed.matmul(model.head.weight.T);
}
// #endregion

// #region lens
/** The loss of the head after each block, the first before any: how far the answer is already there. */
function lensLosses(model: GPT, tokenizer: Tokenizer, text: string): number[] {
  const { context } = model.options;
  const data = new ConsecutiveWindows(tokenizer.encode(text), { context, batch: 8 });
  const sums: number[] = [];
  let count = 0;
  for (const { inputs, targets } of data.batches()) {
    const streams = stepsOf(model, inputs).filter(({ name }) => name === "positions" || name === "block");
    for (const [depth, { value }] of streams.entries()) {
      const loss = crossEntropy(headOf(model, value), targets, { reduction: "sum" }).itemSync();
      sums[depth] = (sums[depth] ?? 0) + loss;
    }
    count += targets.size;
  }
  return sums.map((sum) => sum / count);
}
// #endregion

/** What the head finds likeliest for the last position after each block, and how likely what it says in the end is. */
function lensOf(model: GPT, tokenizer: Tokenizer, steps: readonly Step[]) {
  const streams = steps.filter(({ name }) => name === "positions" || name === "block");
  const rows = streams.map(({ value }) => {
    const last = headOf(model, value)
      .select(1, value.shape[1] - 1)
      .softmax(-1);
    return [...last.dataSync()];
  });
  const final = best(rows[rows.length - 1], 1)[0].token;
  return rows.map((probabilities, depth) => ({
    depth,
    likeliest: best(probabilities, 3).map(({ token, probability }) => ({
      text: tokenizer.decode([token]),
      probability,
    })),
    final: probabilities[final],
  }));
}

const best = (probabilities: readonly number[], count: number) =>
  probabilities
    .map((probability, token) => ({ token, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);

// #region tied
/** Two small models that differ in their head: the embedding itself, or a matrix of its own. */
async function heads({ tied, read, small, batch, steps }: Settings, seed: number, told: (share: number) => void) {
  const moby = await loadText("moby-dick");
  const corpus = { train: moby.train.slice(0, read), validation: moby.validation.slice(0, 3000) };
  const tokenizer = BPETokenizer.from([corpus.train], { size: small.vocabulary });
  const found = [];
  for (const tiedHead of [tied, false]) {
    manualSeed(seed);
    const { train, validation } = textData(corpus, { tokenizer, context: small.context, batch, seed });
    const model = new GPT({ ...small, tiedHead });
    const optimizer = new AdamW(model.parameters(), { lr: 3e-3 });
    const curve: [number, number][] = [];
    const callbacks = [{ onEvaluate: ({ step, loss }: EvaluationInfo) => void curve.push([step, loss]) }];
    const trainer = new Trainer({ model, optimizer, callbacks, progress: "off", log: () => {} });
    await trainer.fit(train, { steps, validation, evaluateEvery: Math.ceil(steps / 6) });
    found.push({ parameters: model.numParameters(), curve, loss: curve[curve.length - 1][1] });
    told(found.length / 2);
  }
  return found;
}
// #endregion

export const experiment = defineExperiment({
  id: "gpt-steps",
  texts,
  settings,

  async run({ settings, seed, progress }) {
    const ready = await readyModel(settings.model);
    const model = settings.trained ? ready.model : new GPT(ready.model.options).eval();
    const { tokenizer } = ready;
    const ids = [...tokenizer.encode(settings.prompt)];
    const tokens = tensor([ids], { dtype: "int32" });
    const shown = noGrad(() => {
      const steps = stepsOf(model, tokens, settings.positions);
      const byName = (name: Step["name"]) => steps.find((step) => step.name === name)!.value;
      const rows = (value: Tensor) => value.select(0, 0).arraySync() as number[][];
      const [probabilities] = byName("probabilities").arraySync() as number[][];
      const layers = model.attentionWeights(tokens);
      return {
        shapes: steps.map(({ name, block, value }) => ({ name, block, shape: value.shape })),
        embedding: rows(byName("embedding").slice(2, 0, 16)),
        positions: positionRows(model, ids.length),
        attention: layers.flatMap((layer, i) =>
          (layer.select(0, 0).arraySync() as number[][][]).map((weights, head) => ({
            layer: i + 1,
            head: head + 1,
            weights,
          })),
        ),
        likeliest: best(probabilities, 10).map(({ token, probability }) => ({
          text: tokenizer.decode([token]),
          probability,
        })),
        lens: lensOf(model, tokenizer, steps),
        fromModel: byName("logits").sub(model.forward(tokens)).abs().max().itemSync(),
      };
    });
    const held = (await loadText("moby-dick")).validation.slice(0, settings.measured);
    return {
      ...shown,
      pieces: ids.map((id) => tokenizer.decode([id])),
      lensLosses: noGrad(() => lensLosses(model, tokenizer, held)),
      heads: await heads(settings, seed, (share) => progress(1 + 2 * share, 3)),
    };
  },

  // #region claims
  claims: {
    steps: ({ fromModel }) => atMost(fromModel, 1e-4),
    lens: ({ lensLosses }) => below(lensLosses[lensLosses.length - 1], lensLosses[0] - 0.5),
    tied: ({ heads: [tied, own] }) => [below(tied.parameters, own.parameters), above(tied.loss, own.loss)],
  },
  // #endregion
  breaks: {
    steps: { positions: false, steps: 1 },
    lens: { trained: false, steps: 1 },
    tied: { tied: false, steps: 1 },
  },

  figures({ data, t, number }) {
    const pieces = data.pieces.map((piece, i) => `${i + 1} ${shown(piece)}`);
    const numbers = data.embedding[0].map((_, i) => `${i + 1}`);
    return [
      tableOf({
        ...t.figures.shapes,
        id: "shapes",
        code: "steps",
        columns: [t.step, t.shape, t.what],
        rows: data.shapes.map(({ name, block, shape }) => [
          block === undefined ? t.steps[name].name : `${t.steps[name].name} ${block}`,
          `[${shape.join(", ")}]`,
          t.steps[name].what,
        ]),
      }),
      heatMap({
        ...t.figures.vectors,
        id: "vectors",
        rows: pieces,
        columns: numbers,
        rowLabel: t.token,
        columnLabel: t.element,
        panels: [
          { title: t.steps.embedding.name, values: data.embedding },
          { title: t.position, values: data.positions },
        ],
      }),
      heatMap({
        ...t.figures.attention,
        id: "attention",
        rows: pieces,
        columns: pieces,
        rowLabel: t.looks,
        columnLabel: t.at,
        panels: data.attention.map(({ layer, head, weights }) => ({ title: t.head(layer, head), values: weights })),
      }),
      bars({
        ...t.figures.likeliest,
        id: "likeliest",
        value: { label: t.probability, from: 0 },
        decimals: 3,
        bars: data.likeliest.map(({ text, probability }, i) => ({
          label: `${i + 1} ${shown(text)}`,
          value: probability,
        })),
      }),
      tableOf({
        ...t.figures.lens,
        id: "lens",
        code: "lens",
        columns: [t.after, t.likeliest, t.final],
        rows: data.lens.map(({ depth, likeliest, final }) => [
          depth === 0 ? t.beforeBlocks : `${t.steps.block.name} ${depth}`,
          likeliest.map(({ text, probability }) => `${shown(text)} ${number(probability, 2)}`).join(", "),
          number(final, 3),
        ]),
      }),
      lines({
        ...t.figures.lensLosses,
        id: "lens-losses",
        x: { label: t.blocks },
        y: { label: t.loss },
        series: [{ name: t.lens, points: data.lensLosses.map((loss, depth) => [depth, loss] as const) }],
      }),
      lines({
        ...t.figures.heads,
        id: "heads",
        code: "tied",
        x: { label: t.training },
        y: { label: t.loss },
        series: data.heads.map(({ parameters, curve }, i) => ({
          name: `${i === 0 ? t.tied : t.own}: ${number(parameters)}`,
          points: curve,
        })),
      }),
    ];
  },
});

/** The beginnings of the first positions' vectors; zeros where positions are no vectors. */
function positionRows(model: GPT, time: number): number[][] {
  const { width } = model.options;
  const nothing = model.tokens
    .forward(arange(0, time, 1))
    .mul(0)
    .reshape(1, time, width);
  const rows = model.positions?.forward(nothing) ?? nothing;
  return rows.select(0, 0).slice(1, 0, Math.min(16, width)).arraySync() as number[][];
}

/** Spaces and line breaks can be seen. */
function shown(token: string): string {
  return token.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\r", "");
}
