/** Self-attention in three lines: dot products, softmax, weighted sum. */
import { randn, type Tensor, tensor } from "@lectern/autograd";
import { SelfAttention } from "@lectern/nn";
import { above, atMost } from "../src/lecture/claims.ts";
import { defineExperiment } from "../src/lecture/experiment.ts";
import { bars, heatMap } from "../src/report/figures.ts";
import { texts } from "./texts/attention-basic.ts";

// #region settings
const settings = {
  full: {
    /** Without it, the weights are the dot products themselves. */
    softmax: true,
    /** How much the vectors of the words are moved at random. */
    noise: 0.1,
  },
  quick: {},
  smallest: {},
};
// #endregion

// #region words
/** Each word's vector says what it is about: [animal, food, movement, place]. */
const WORDS = {
  cat: [1.6, 0, 0.2, 0],
  dog: [1.5, 0, 0.4, -0.2],
  eats: [0.5, 1.4, 0, -0.4],
  fish: [1.1, 1.2, 0, 0],
  runs: [0.6, -0.4, 1.5, 0.3],
  home: [0, 0.2, 0.4, 1.6],
};
// #endregion

// #region attention
/** x: [time, width] -> weights [time, time] and outputs [time, width] */
function attention(x: Tensor, softmax: boolean): { weights: Tensor; outputs: Tensor } {
  const scores = x.matmul(x.T);
  const weights = softmax ? scores.softmax(-1) : scores;
  return { weights, outputs: weights.matmul(x) };
}
// #endregion

export const experiment = defineExperiment({
  id: "attention-basic",
  texts,
  settings,
  async run({ settings: { softmax, noise } }) {
    const vectors = tensor(Object.values(WORDS));
    const x = vectors.add(randn(vectors.shape).mul(noise));
    const { weights, outputs } = attention(x, softmax);
    const layer = new SelfAttention().forward(x.unsqueeze(0)).squeeze(0);
    const rows = async (t: Tensor) => (await t.array()) as number[][];
    return {
      words: Object.keys(WORDS),
      inputs: await rows(x),
      scores: await rows(x.matmul(x.T)),
      weights: await rows(weights),
      outputs: await rows(outputs),
      /** How far the three lines are from the library's layer. */
      fromLayer: await outputs.sub(layer).abs().max().item(),
    };
  },

  // #region claims
  claims: {
    sums: ({ weights }) => atMost(Math.max(...weights.map((row) => Math.abs(sum(row) - 1))), 1e-6),
    all: ({ weights }) => above(Math.min(...weights.flat()), 0),
    mean: ({ inputs, outputs }) => atMost(Math.max(...outputs.flat()), Math.max(...inputs.flat())),
    layer: ({ fromLayer }) => atMost(fromLayer, 1e-6),
  },
  // #endregion
  breaks: {
    sums: { softmax: false },
    all: { softmax: false },
    mean: { softmax: false },
    layer: { softmax: false },
  },

  figures({ data: { words, scores, weights, outputs }, t }) {
    const named = words.map((word) => t.words[word as keyof typeof WORDS]);
    const axes = { rows: named, columns: named, rowLabel: t.output, columnLabel: t.input };
    return [
      heatMap({
        ...t.figures.weights,
        ...axes,
        id: "weights",
        panels: [
          { title: t.scores, values: scores },
          { title: t.weights, values: weights },
        ],
        code: "attention",
      }),
      bars({
        ...t.figures.sums,
        id: "sums",
        value: { label: t.sum },
        decimals: 3,
        bars: named.flatMap((label, i) => [
          { label, group: t.scores, value: sum(scores[i]) },
          { label, group: t.weights, value: sum(weights[i]) },
        ]),
        code: "claims",
      }),
      heatMap({
        ...t.figures.outputs,
        ...axes,
        id: "outputs",
        columns: t.traits,
        columnLabel: t.trait,
        panels: [{ values: outputs }],
        code: "words",
      }),
    ];
  },
});

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
