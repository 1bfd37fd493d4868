import { manualSeed } from "@lectern/autograd";
import { TransformerClassifier } from "@lectern/nn";
import { CharTokenizer, DataLoader, SortedExamples, splitWords, type Tokenizer, WordTokenizer } from "@lectern/train";
import { encodeAll, readLabelledCorpus } from "../corpora.ts";
import { openDevice } from "../device.ts";
import { grouped, output, runCommand } from "../output.ts";
import { type ClassifyPreset, type ClassifyPresetName, classifyPresets } from "../presets.ts";
import type { ClassifyConfig } from "../runs.ts";
import {
  dataReference,
  describeResult,
  finish,
  percent,
  runFolder,
  runTraining,
  type TrainOptions,
  withOptions,
} from "../training.ts";

export interface TrainClassifyOptions extends TrainOptions {
  readonly preset: ClassifyPresetName;
  readonly textColumn?: string;
  readonly labelColumn?: string;
}

/** `lectern train classify`: a transformer that learns which class a text belongs to. */
export async function trainClassify(options: TrainClassifyOptions): Promise<void> {
  const out = output(options.json);
  const { seed = 0, textColumn, labelColumn } = options;
  await openDevice(options);
  manualSeed(seed);

  const corpus = await readLabelledCorpus(options.data, options.json, { textColumn, labelColumn });
  const preset: ClassifyPreset = classifyPresets[options.preset];
  const { layers, heads, width, dropout, pooling, vocabulary, ...recipe } = withOptions(preset, options);
  const { context, batch } = recipe;
  const tokenizer = tokenizerFor(corpus.train, vocabulary);
  const length = { maxLength: context, batch };
  const train = new DataLoader(encodeAll(tokenizer, corpus.train), { ...length, seed });
  const validation = new SortedExamples(encodeAll(tokenizer, corpus.validation), length);
  const steps = options.steps ?? Math.ceil((options.epochs ?? recipe.epochs) * train.batchesPerEpoch);

  const sizes = { vocabulary: tokenizer.size, classes: corpus.labels.length, layers, heads, width, context };
  const model = new TransformerClassifier({ ...sizes, pooling, dropout });
  const config: ClassifyConfig = {
    task: "classify",
    data: dataReference(options.data),
    textColumn,
    labelColumn,
    labels: corpus.labels,
    preset: options.preset,
    seed,
    model: model.options,
    training: { ...recipe, steps },
  };
  out.say(
    [
      `data    ${corpus.name}: ${grouped(corpus.train.length)} texts to learn from, ${grouped(corpus.validation.length)} to validate on; classes ${corpus.labels.join(", ")}`,
      `model   classifier with ${grouped(model.numParameters())} parameters: layers ${layers}, heads ${heads}, width ${width}, context ${context}, ${grouped(tokenizer.size)} different tokens`,
      `run     ${runFolder(options)}, on ${options.device}\n`,
    ].join("\n"),
  );

  const result = await runTraining({ model, config, tokenizer, train, validation, recipe, steps }, options, out);
  const { interrupted, run, validation: last, best } = result;
  if (!interrupted && last !== undefined) {
    out.say(`\n${describeResult(result)}; ${percent(last.accuracy)} of the validation texts right`);
    if (best !== undefined && best.step !== result.steps) {
      out.say(`The best weights are those of step ${grouped(best.step)}: validation loss ${best.loss.toFixed(3)}`);
    }
    out.say(`\nThe run is in ${run}. See how well the best weights do:\n  ${runCommand(`eval ${run}`)}`);
  }
  finish(out, result, options.device);
}

/** Texts are read word by word; where they are single words, as names are, letter by letter. */
function tokenizerFor(examples: readonly { readonly text: string }[], vocabulary: number): Tokenizer {
  const singleWords = examples.filter(({ text }) => splitWords(text).length <= 1).length;
  if (singleWords > examples.length / 2) {
    return CharTokenizer.from(examples.map(({ text }) => text).join(""), { unknown: true });
  }
  return WordTokenizer.from(
    examples.map(({ text }) => text),
    { size: vocabulary },
  );
}
