import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import {
  decodeText,
  findDataset,
  isDataset,
  type LabelledCorpus,
  type LabelledOptions,
  listDatasets,
  loadCorpus,
  loadLabelled,
  loadPairs,
  type PairCorpus,
  type PairOptions,
  type Text,
  type TextCorpus,
} from "@lectern/datasets";
import { ANSWER_END, type Example, encodeText, type OpenedRun, type Tokenizer } from "@lectern/train";
import { UsageError } from "./errors.ts";
import { downloadProgress } from "./output.ts";
import { type SplitOptions, shareIn } from "./validationSplit.ts";

/** Reads a text, and downloads it where it has to be. Errors: see `loadCorpus`. */
export async function readCorpus(data: string, json: boolean, encoding?: string): Promise<TextCorpus<Text>> {
  await assertThere("data", data);
  return loadCorpus(data, { encoding, onProgress: downloadProgress(json) });
}

/** How a table is read. */
export type TableOptions = Pick<LabelledOptions, "textColumn" | "labelColumn" | "encoding" | "skipBadRows">;

/**
 * Reads labelled texts, and downloads them where they have to be. A table is divided by shares of its classes unless
 * `validation` says otherwise. Errors: see `loadLabelled`.
 */
export async function readLabelledCorpus(
  data: string,
  json: boolean,
  table: TableOptions,
  { validation, seed }: SplitOptions & { seed: number },
): Promise<LabelledCorpus> {
  await assertThere("data", data);
  const held = await heldOut(validation);
  const corpus = await loadLabelled(data, { ...table, validation: held, seed, onProgress: downloadProgress(json) });
  if (!json) for (const warning of corpus.warnings) console.error(`warning: ${warning}`);
  return corpus;
}

/** A file that an option names, as text. Errors: there is no such file; a folder; another encoding, which is named. */
export async function readTextOf(option: string, path: string, encoding?: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new UsageError(`--${option}: there is no file "${path}"`);
  if (found.isDirectory()) throw new UsageError(`--${option}: "${path}" is a folder; name a file in it`);
  return decodeText(await readFile(path), path, encoding);
}

/** Whether data are prompts with their answers, so that answers are learned, and not a text: a data set, or a table's file. */
export const arePairs = (data: string): boolean =>
  isDataset(data) ? findDataset(data).readPairs !== undefined : /\.(jsonl|ndjson|tsv)$/i.test(data);

/** How a table of prompts and answers is read. */
export type PairTableOptions = Pick<PairOptions, "promptColumn" | "answerColumn" | "encoding" | "skipBadRows">;

/** Reads prompts and answers, and downloads them where they have to be. Errors: see `loadPairs`. */
export async function readPairCorpus(
  data: string,
  json: boolean,
  table: PairTableOptions,
  { validation, seed }: SplitOptions & { seed: number },
): Promise<PairCorpus> {
  await assertThere("data", data);
  const held = await heldOut(validation);
  const options = { ...table, validation: held, seed, onProgress: downloadProgress(json) };
  const corpus = await loadPairs(data, options).catch((error: Error) => {
    // What can be wrong about a data set here is how it was named.
    throw isDataset(data) ? new UsageError(`--data: ${error.message}`, { cause: error }) : error;
  });
  if (!json) for (const warning of corpus.warnings) console.error(`warning: ${warning}`);
  return corpus;
}

/** What `--validation` names. Errors: a file that is not there. */
async function heldOut(validation: SplitOptions["validation"]): Promise<string | number | undefined> {
  const share = validation === undefined || validation === "last" ? undefined : shareIn(validation);
  const held = share ?? (validation === undefined ? undefined : String(validation));
  if (typeof held === "string" && held !== "last") await assertThere("validation", held);
  return held;
}

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
  throw new UsageError(
    `${folder.path} has no tokenizer, so it knows no text: put tokenizer.json, or vocab.json and merges.txt, into it; a run of your own gets one where the Trainer does`,
  );
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

/** The tokens of a text to evaluate on. Errors: characters that the model does not know; which, and how often. */
export function encodeKnown(tokenizer: Tokenizer, text: Text, data: string): Int32Array {
  try {
    return encodeText(tokenizer, text);
  } catch (error) {
    const strange = new Map<string, number>();
    for (const character of typeof text === "string" ? text : "") {
      if (!knows(tokenizer, character)) strange.set(character, (strange.get(character) ?? 0) + 1);
    }
    if (strange.size === 0) throw error;
    const most = [...strange].sort(([, a], [, b]) => b - a).slice(0, 5);
    const named = most.map(
      ([character, count]) => `${JSON.stringify(character)} (${codeOf(character)}, ${count} times)`,
    );
    const more = strange.size > most.length ? `, and ${strange.size - most.length} more` : "";
    throw new UsageError(
      `--data: ${data} has characters that the model was not trained on: ${named.join(", ")}${more}; take a text without them, or a model trained with --tokenizer byte or bpe, which know every text`,
      { cause: error },
    );
  }
}

/** Whether a tokenizer has tokens for a character. */
export function knows(tokenizer: Tokenizer, character: string): boolean {
  try {
    tokenizer.encode(character);
    return true;
  } catch {
    return false;
  }
}

/** `U+00F6` */
export const codeOf = (character: string) =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;

/** What ends a text that a run writes: an answer's end where it learned answers, unless a token of its own says so. */
export function answerEnd({ config, tokenizer }: OpenedRun): string | undefined {
  return config.learns === "answers" && tokenizer?.special?.endOfText === undefined ? ANSWER_END : undefined;
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
