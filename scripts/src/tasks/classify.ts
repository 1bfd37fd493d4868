import { noGrad, scope } from "@lectern/autograd";
import { evaluation } from "@lectern/nn";
import {
  CharTokenizer,
  DataLoader,
  type Model,
  type OpenedRun,
  SortedExamples,
  splitWords,
  type Tokenizer,
  WordTokenizer,
} from "@lectern/train";
import type { Argv } from "yargs";
import {
  dataOf,
  dataReference,
  encodeAll,
  labelsOf,
  partOf,
  readLabelledCorpus,
  type TableOptions,
  tokenizerOf,
} from "../corpora.ts";
import { UsageError } from "../errors.ts";
import { grouped, percent } from "../output.ts";
import { classifyPresets } from "../presets.ts";
import { tokenizerFor } from "../tokenizers.ts";
import { describeSplit, type SplitOptions, splitOption } from "../validationSplit.ts";
import { badRowsOption, encodingOption, type TrainOptions, tableOptions } from "./options.ts";
import { classifierFigures } from "./pictures.ts";
import type { Task } from "./task.ts";

interface ClassifyOptions extends TrainOptions, SplitOptions, TableOptions {
  /** How texts are cut into tokens. */
  readonly tokenizer?: string;
}

/** A classifier of texts: it learns which class each belongs to. */
export const classify: Task<ClassifyOptions> = {
  name: "classify",
  predicts: "classes",
  model: "classifier",
  presets: classifyPresets,
  examples: [
    ["$0 train classify --data names", "First names, read letter by letter: seconds"],
    ["$0 train classify --data reviews.tsv --preset small", "A table with a text and a label column"],
    ["$0 train classify --data reviews.tsv --tokenizer bpe:8000", "Read in pieces of words"],
    ["$0 train classify --data imdb --preset lecture", "50,000 film reviews, as in the lecture"],
  ],

  options: (yargs: Argv) =>
    yargs.options({
      data: {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "A data set's name, a table (CSV, TSV, JSON lines), or a folder of reviews",
      },
      tokenizer: {
        type: "string",
        requiresArg: true,
        describe:
          "What a token is: char, byte, word:<how many>, bpe:<how many>, a folder or tokenizer.json with one (default: word, or char where most texts are single words)",
      },
      ...splitOption,
      ...tableOptions,
      ...badRowsOption,
      ...encodingOption,
    }),

  async prepare(options, preset, init) {
    const { seed = 0, json, tokenizer: choice, textColumn, labelColumn, encoding, skipBadRows } = options;
    const table = { textColumn, labelColumn, encoding, skipBadRows: skipBadRows || undefined };
    const corpus = await readLabelledCorpus(options.data, json, table, { ...options, seed });
    const vocabulary = "vocabulary" in preset ? Number(preset.vocabulary) : undefined;
    if (init !== undefined) assertSameClasses(corpus.labels, labelsOf(init));
    if (init !== undefined && choice !== undefined) throw new UsageError("--tokenizer is that of --init: leave it out");
    const texts = corpus.train.map(({ text }) => text);
    const learned =
      choice === undefined
        ? usualTokenizer(texts, vocabulary)
        : await tokenizerFor(choice, async () => texts, { size: vocabulary, unknown: true });
    const tokenizer = init === undefined ? learned : tokenizerOf(init);
    const length = { maxLength: preset.context, batch: preset.batch };
    const { labels } = corpus;
    const description = {
      ...{ data: dataReference(options.data), ...table, labels, split: corpus.split.kind },
      validation: describeSplit(options),
    };
    const [learns, validates] = [corpus.train, corpus.validation].map(({ length: count }) => grouped(count));
    return {
      train: new DataLoader(encodeAll(tokenizer, corpus.train), { ...length, seed, description }),
      validation: new SortedExamples(encodeAll(tokenizer, corpus.validation), length),
      tokenizer,
      sizes: { vocabulary: tokenizer.size, classes: labels.length },
      summary: `${corpus.name}: ${learns} texts to learn from, ${validates} to validate on; classes ${labels.join(", ")}; ${grouped(tokenizer.size)} different tokens`,
    };
  },

  async evaluation(run, options) {
    const { config } = run;
    if (options.stride !== undefined) throw new UsageError("--stride is for language models: this run is a classifier");
    const labels = labelsOf(run);
    const split = options.data === undefined ? { validation: config.validation as string | undefined } : {};
    const seed = Number(config.seed ?? 0);
    const table = {
      textColumn: options.textColumn ?? named(config.textColumn),
      labelColumn: options.labelColumn ?? named(config.labelColumn),
      encoding: options.encoding ?? (options.data === undefined ? named(config.encoding) : undefined),
      skipBadRows: options.skipBadRows || config.skipBadRows === true,
    };
    const corpus = await readLabelledCorpus(dataOf(run, options), options.json, table, { ...split, seed });
    const index = mapped(corpus.labels, labels, options.labels);
    const examples = partOf(corpus, options).map(({ text, label }) => ({ text, label: index[label] }));
    const data = new SortedExamples(encodeAll(tokenizerOf(run), examples), {
      maxLength: lengthOf(run),
      batch: options.batch ?? 32,
    });
    return { data, unit: "text", labels };
  },

  figures: () => [],

  async pictures(run, language) {
    const { data } = await this.evaluation(run, { split: "validation", json: true });
    return classifierFigures(run, data, labelsOf(run), language);
  },

  next: (run) => ["predict", run, "A text of your own"],

  async predict(run, { texts, batch = 32 }, out) {
    const labels = labelsOf(run);
    const tokenizer = tokenizerOf(run);
    const evaluating = evaluation(run.model);
    for (let at = 0; at < texts.length; at += batch) {
      const part = texts.slice(at, at + batch);
      // In their own order: nothing has a length here.
      const [{ inputs, mask }] = new DataLoader(
        encodeAll(
          tokenizer,
          part.map((text) => ({ text, label: 0 })),
        ),
        { batch: part.length, maxLength: lengthOf(run), shuffle: false, bucket: 1 },
      ).batches();
      const logits = evaluating(() =>
        scope(() => noGrad(() => (run.model as Model).forward(inputs, mask).softmax(-1))),
      );
      const rows = (await logits.array()) as number[][];
      for (const [i, row] of rows.entries()) tell(part[i], labels, row, out);
    }
  },
};

function tell(
  text: string,
  labels: readonly string[],
  row: readonly number[],
  out: { say(line: string): void; event(event: string, fields: object): void },
): void {
  const ranked = labels
    .map((label, i) => ({ label, probability: row[i] }))
    .sort((a, b) => b.probability - a.probability);
  const shown = ranked.slice(0, 5).map(({ label, probability }) => `${label} ${percent(probability)}`);
  out.say(`${shown.join("  ")}  ${text.replace(/\s+/g, " ").slice(0, 60)}`);
  const probabilities = Object.fromEntries(ranked.map(({ label, probability }) => [label, probability]));
  out.event("prediction", { text, label: ranked[0].label, probabilities });
}

/** Errors: other classes than the model has that training goes on from. */
function assertSameClasses(here: readonly string[], there: readonly string[]): void {
  if (here.join("\n") === there.join("\n")) return;
  throw new UsageError(
    `--init: its classes are ${there.join(", ")}, the data's ${here.join(", ")}: they have to be the same`,
  );
}

const named = (value: unknown) => (typeof value === "string" ? value : undefined);

/** How many tokens of a text the model can see. */
function lengthOf({ model }: OpenedRun): number {
  const { options } = model as { options?: { context?: number } };
  return options?.context ?? 512;
}

/**
 * For each class of some data, its number in the run. `names` maps names that differ, as `negative=neg,positive=pos`.
 * Errors: a class that the run does not have; says how to map it.
 */
function mapped(there: readonly string[], run: readonly string[], names: string | undefined): number[] {
  const renamed = new Map(
    (names ?? "")
      .split(",")
      .filter(Boolean)
      .map((pair) => pair.split("=") as [string, string]),
  );
  return there.map((label) => {
    const index = run.indexOf(renamed.get(label) ?? label);
    if (index >= 0) return index;
    const example = there.map((name, i) => `${name}=${run[i % run.length]}`).join(",");
    throw new UsageError(
      `the data's classes are ${there.join(", ")}, the run was trained on ${run.join(", ")}: say which is which with --labels, as --labels ${example}`,
    );
  });
}

/** Texts are read word by word; where they are single words, as names are, letter by letter. */
function usualTokenizer(texts: readonly string[], vocabulary: number | undefined): Tokenizer {
  const singleWords = texts.filter((text) => splitWords(text).length <= 1).length;
  if (singleWords > texts.length / 2) return CharTokenizer.from(texts.join(""), { unknown: true });
  return WordTokenizer.from(texts, { size: vocabulary });
}
