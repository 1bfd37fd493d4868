import { noGrad, scope, type Tensor, tensor } from "@lectern/autograd";
import { type GPT, TransformerClassifier } from "@lectern/nn";
import { type Batch, type BatchSequence, evaluateClasses, type OpenedRun, type Tokenizer } from "@lectern/train";
import { type Figure, heatMap, markedTexts } from "../report/figures.ts";
import type { Language } from "../report/language.ts";
import { runWords } from "../report/runWords.ts";
import { shownToken } from "../tokenizers.ts";

/** Tokens that a picture of attention has room for, and heads. */
const [TOKENS, HEADS] = [24, 8];

/** Who attends to whom in a text: a matrix for each head, of the first and the last layers where there are many. */
export async function attentionFigure(
  model: GPT,
  tokenizer: Tokenizer,
  tokens: Int32Array,
  language: Language,
): Promise<Figure> {
  const t = runWords[language];
  const seen = tokens.subarray(-Math.min(TOKENS, model.options.context));
  const input = tensor(seen, { shape: [1, seen.length], device: model.tokens.weight.device });
  const layers = await weightsOf(() => model.attentionWeights(input));
  const panels = layers.flatMap(([heads], layer) =>
    heads.map((values, head) => ({ title: t.head(layer + 1, head + 1), values })),
  );
  const named = [...seen].map((token) => labelOf(tokenizer, token));
  return heatMap({
    ...t.attention,
    ...{ id: "attention", rows: named, columns: named, rowLabel: t.query, columnLabel: t.key },
    panels: panels.length <= HEADS ? panels : [...panels.slice(0, HEADS / 2), ...panels.slice(-HEADS / 2)],
  });
}

/** A token as a picture shows it: with its spaces seen. */
export const labelOf = (tokenizer: Tokenizer, token: number): string =>
  shownToken(tokenizer, token).replaceAll(" ", "␣");

/** For each layer, [batch][head][query][key]. */
async function weightsOf(attention: () => Tensor[]): Promise<number[][][][][]> {
  const layers = scope(() => noGrad(attention));
  return Promise.all(layers.map(async (weights) => (await weights.array()) as number[][][][]));
}

/** Batches of the validation data that a picture is made from, and texts that are shown whole. */
const [BATCHES, TEXTS] = [64, 4];

/** What texts of some classes are taken for, and what the model looks at in some of them. */
export async function classifierFigures(
  { model, tokenizer }: OpenedRun,
  data: BatchSequence,
  labels: readonly string[],
  language: Language,
): Promise<Figure[]> {
  if (!(model instanceof TransformerClassifier) || tokenizer === undefined) return [];
  const t = runWords[language];
  const looked = [...first(data, BATCHES).batches()].length;
  const { confusion } = await evaluateClasses(model, first(data, BATCHES), labels.length);
  const axes = { rows: labels, columns: labels, rowLabel: t.truth, columnLabel: t.prediction };
  const matrix = heatMap({ ...t.confusion, ...axes, id: "confusion", panels: [{ values: confusion }] });
  // They come sorted by length, the shortest first.
  const [middle] = [...first(data, Math.ceil(looked / 2)).batches()].slice(-1);
  return [matrix, await lookedAt(model, tokenizer, middle, labels, language)];
}

/** The first batches of some data. */
function first(data: BatchSequence, count: number): BatchSequence {
  return {
    *batches(device) {
      let number = 0;
      for (const batch of data.batches(device)) {
        if (number++ === count) return;
        yield batch;
      }
    },
  };
}

async function lookedAt(
  model: TransformerClassifier,
  tokenizer: Tokenizer,
  { inputs, mask }: Batch,
  labels: readonly string[],
  language: Language,
): Promise<Figure> {
  const last = (await weightsOf(() => model.attentionWeights(inputs, mask).slice(-1)))[0];
  const taken = scope(() => noGrad(() => model.forward(inputs, mask).argmax(-1)));
  const predictions = (await taken.array()) as number[];
  const tokens = (await inputs.array()) as number[][];
  const real = mask === undefined ? undefined : ((await mask.array()) as number[][]);
  const lines = tokens.slice(0, TEXTS).map((row, i) => {
    const kept = row.filter((_, position) => real === undefined || real[i][position] === 1).slice(0, 60);
    // What a position gets from all others, over all heads; the greatest is dark.
    const got = kept.map((_, key) =>
      last[i].reduce((sum, head) => sum + head.slice(0, kept.length).reduce((s, r) => s + r[key], 0), 0),
    );
    const most = Math.max(...got);
    const pieces = kept.map((token, position) => ({
      text: shownToken(tokenizer, token),
      weight: got[position] / most,
    }));
    const spaced = pieces.some(({ text }) => text.length > 1 && !text.startsWith(" "));
    return {
      label: `${labels[predictions[i]]}:`,
      tokens: pieces.map(({ text, weight }) => ({ text: spaced ? `${text} ` : text, weight })),
    };
  });
  return markedTexts({ ...runWords[language].seen, id: "seen", lines });
}
