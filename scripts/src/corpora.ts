import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type LabelledCorpus,
  type LabelledOptions,
  listDatasets,
  loadCorpus,
  loadLabelled,
  type Text,
  type TextCorpus,
} from "@lectern/datasets";
import type { Example, OpenedRun, Tokenizer } from "@lectern/train";
import { UsageError } from "./errors.ts";
import { downloadProgress } from "./output.ts";
import { divideAnew, type SplitOptions, shareIn, warnOfRareClasses } from "./validationSplit.ts";

/** Reads a text, and downloads it where it has to be. Errors: see `loadCorpus`. */
export async function readCorpus(data: string, json: boolean): Promise<TextCorpus<Text>> {
  await assertThere("data", data);
  return loadCorpus(data, { onProgress: downloadProgress(json) });
}

type Columns = Pick<LabelledOptions, "textColumn" | "labelColumn">;

/**
 * Reads labelled texts, and downloads them where they have to be. A table is divided by shares of its classes unless
 * `validation` says otherwise. Errors: see `loadLabelled`.
 */
export async function readLabelledCorpus(
  data: string,
  json: boolean,
  columns: Columns,
  { validation, seed }: SplitOptions & { seed: number },
): Promise<LabelledCorpus> {
  await assertThere("data", data);
  const options = { ...columns, onProgress: downloadProgress(json) };
  const corpus = await divided(data, options, { validation, seed });
  if (!json) warnOfRareClasses(corpus);
  return corpus;
}

async function divided(
  data: string,
  options: LabelledOptions,
  { validation, seed }: SplitOptions & { seed: number },
): Promise<LabelledCorpus> {
  const ownOrder = validation === "last" || (validation === undefined && !(await isTable(data)));
  if (ownOrder) return loadLabelled(data, options);
  const share = validation === undefined ? undefined : shareIn(validation);
  // The whole table, but for a row: where it is divided does not matter, it is divided anew.
  const corpus = await loadLabelled(data, (await isTable(data)) ? { ...options, validationRows: 1 } : options);
  if (validation === undefined || share !== undefined) return divideAnew(corpus, share, seed);
  return validatedBy(corpus, String(validation), options);
}

/** The whole of the data to train on, and another file to validate on. Errors: the file has other classes. */
async function validatedBy(corpus: LabelledCorpus, path: string, options: LabelledOptions): Promise<LabelledCorpus> {
  await assertThere("validation", path);
  const other = await loadLabelled(path, options);
  const strange = other.labels.find((label) => !corpus.labels.includes(label));
  if (strange !== undefined) {
    throw new UsageError(
      `--validation: ${path} has a class "${strange}", and ${corpus.name} has ${corpus.labels.join(", ")}`,
    );
  }
  const renumbered = [...other.train, ...other.validation].map(({ text, label }) => ({
    text,
    label: corpus.labels.indexOf(other.labels[label]),
  }));
  return { ...corpus, train: [...corpus.train, ...corpus.validation], validation: renumbered };
}

/** Whether a data set is a file of one's own, whose rows stand in an order that nobody has seen to. */
async function isTable(data: string): Promise<boolean> {
  if (isDataset(data) || /\.(tar|tgz|tar\.gz)$/i.test(data)) return false;
  return (await stat(data)).isFile();
}

const isDataset = (data: string) => listDatasets().some(({ name }) => name === data);

/** Errors: neither a data set nor a file, which is a mistake in the command line. */
async function assertThere(option: string, data: string): Promise<void> {
  if (isDataset(data)) return;
  if ((await stat(data).catch(() => undefined)) !== undefined) return;
  const names = listDatasets().map(({ name }) => name);
  throw new UsageError(`--${option}: "${data}" is neither a file nor a data set; data sets are ${names.join(", ")}`);
}

/** How the data is named in the run's config: data sets by name, files by a path that holds from anywhere. */
export function dataReference(data: string): string {
  return isDataset(data) ? data : resolve(data);
}

// --- what a run was trained on ----------------------------------------------------------------------

/** The data to look at: others than the run's own, or those. Errors: the run does not say which those were. */
export function dataOf({ config, folder }: OpenedRun, { data }: { data?: string }): string {
  const found = data ?? config.data;
  if (typeof found === "string") return found;
  throw new UsageError(`${folder.path} does not say what data it was trained on: name them with --data`);
}

/** Errors: the run has none. */
export function tokenizerOf({ tokenizer, folder }: OpenedRun): Tokenizer {
  if (tokenizer !== undefined) return tokenizer;
  throw new UsageError(`${folder.path} has no tokenizer, so it knows no text: give the Trainer one`);
}

/** The classes' names. Errors: the run does not say them. */
export function labelsOf({ config, folder }: OpenedRun): string[] {
  if (Array.isArray(config.labels)) return config.labels.map(String);
  throw new UsageError(
    `${folder.path} does not say what its classes are called: give the Trainer config: { labels: […] }`,
  );
}

/** Errors: the data set has no such part. */
export function partOf<T>(
  corpus: { name: string; train: T; validation: T; test?: T },
  { split }: { split: "train" | "validation" | "test" },
): T {
  const wanted = corpus[split];
  if (wanted === undefined) throw new UsageError(`--split: ${corpus.name} has no part for tests; take validation`);
  return wanted;
}

export function encodeAll(tokenizer: Tokenizer, examples: LabelledCorpus["train"]): Example[] {
  return examples.map(({ text, label }) => ({ tokens: tokenizer.encode(text), label }));
}

/** A line's end, after which anything may begin; the first token where there are none for lines. */
export function firstPrompt(tokenizer: Tokenizer): string {
  const special = new Set<number | undefined>(Object.values(tokenizer.special ?? {}));
  const ids = Array.from({ length: tokenizer.size }, (_, id) => id).filter((id) => !special.has(id));
  const candidates = ["\n", ...ids.slice(0, 20).map((id) => tokenizer.decode([id]))];
  return candidates.find((text) => encodes(tokenizer, text)) ?? candidates[0];
}

/** Whether a text is more than nothing to a tokenizer. */
function encodes(tokenizer: Tokenizer, text: string): boolean {
  try {
    return tokenizer.encode(text).length > 0;
  } catch {
    return false;
  }
}
