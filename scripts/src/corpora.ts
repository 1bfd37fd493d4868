import { stat } from "node:fs/promises";
import {
  type LabelledCorpus,
  type LabelledOptions,
  listDatasets,
  loadCorpus,
  loadLabelled,
  type Text,
  type TextCorpus,
} from "@lectern/datasets";
import type { Example, Tokenizer } from "@lectern/train";
import { UsageError } from "./errors.ts";
import { downloadProgress } from "./output.ts";

/** Reads a text, and downloads it where it has to be. Errors: see `loadCorpus`. */
export async function readCorpus(data: string, json: boolean): Promise<TextCorpus<Text>> {
  await assertThere(data);
  return loadCorpus(data, { onProgress: downloadProgress(json) });
}

/** Reads labelled texts, and downloads them where they have to be. Errors: see `loadLabelled`. */
export async function readLabelledCorpus(
  data: string,
  json: boolean,
  columns: Pick<LabelledOptions, "textColumn" | "labelColumn">,
): Promise<LabelledCorpus> {
  await assertThere(data);
  return loadLabelled(data, { ...columns, onProgress: downloadProgress(json) });
}

/** Errors: neither a data set nor a file, which is a mistake in the command line. */
async function assertThere(data: string): Promise<void> {
  if (listDatasets().some(({ name }) => name === data)) return;
  if ((await stat(data).catch(() => undefined)) !== undefined) return;
  const names = listDatasets().map(({ name }) => name);
  throw new UsageError(`--data: "${data}" is neither a file nor a data set; data sets are ${names.join(", ")}`);
}

export function encodeAll(tokenizer: Tokenizer, examples: LabelledCorpus["train"]): Example[] {
  return examples.map(({ text, label }) => ({ tokens: tokenizer.encode(text), label }));
}

/** A line's end, after which anything may begin; the first character where the text has no lines. */
export function firstPrompt(tokenizer: Tokenizer): string {
  try {
    tokenizer.encode("\n");
    return "\n";
  } catch {
    return tokenizer.decode([0]);
  }
}
