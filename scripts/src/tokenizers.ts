import { stat } from "node:fs/promises";
import {
  type LearnOptions,
  learnTokenizer,
  loadHuggingFace,
  loadTokenizer,
  openRun,
  type Text,
  type Tokenizer,
} from "@lectern/train";
import { UsageError } from "./errors.ts";
import { models } from "./models/catalog.ts";
import { modelHere } from "./models/resolve.ts";

/**
 * The tokenizer of `--tokenizer`: one that is there, by a run's or a checkpoint's folder or its file, or one that is learned
 * from texts, by its kind: `char`, `byte`, `word`, `bpe`, with a number of tokens behind a colon (`bpe:8000`).
 * Errors: it is neither.
 */
export async function tokenizerFor(
  choice: string,
  texts: () => Promise<readonly Text[]>,
  options: LearnOptions = {},
): Promise<Tokenizer> {
  const stats = await stat(choice).catch(() => undefined);
  if (stats?.isFile()) return loadTokenizer(choice);
  if (stats?.isDirectory()) return tokenizerIn(choice);
  const model = await modelHere(choice);
  if (model !== undefined) return tokenizerIn(model);
  if (models.some(({ name }) => name === choice)) {
    throw new UsageError(`--tokenizer: ${choice} is not here yet: \`lectern model fetch ${choice}\` downloads it`);
  }
  if (/[\\/]|\.json$/.test(choice)) throw new UsageError(`--tokenizer: there is no folder and no file "${choice}"`);
  try {
    return learnTokenizer(choice, await texts(), options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--tokenizer: ${error.message}; or a run's folder, or a tokenizer.json`, { cause: error });
  }
}

async function tokenizerIn(folder: string): Promise<Tokenizer> {
  const file = `${folder}/tokenizer.json`;
  if ((await stat(file).catch(() => undefined)) !== undefined) return loadTokenizer(file);
  const { tokenizer } = (await stat(`${folder}/vocab.json`).catch(() => undefined))
    ? await loadHuggingFace(folder)
    : await openRun(folder);
  if (tokenizer === undefined) throw new UsageError(`--tokenizer: there is no tokenizer in ${folder}`);
  return tokenizer;
}

/** A token as people read it: its text, with marks for what cannot be seen, and bytes where it is no whole character. */
export function shownToken(tokenizer: Tokenizer, token: number): string {
  const text = tokenizer.decode([token]);
  if (text.includes("\uFFFD") && tokenizer.decodeBytes !== undefined) {
    const bytes = Array.from(tokenizer.decodeBytes([token]), (byte) =>
      byte.toString(16).toUpperCase().padStart(2, "0"),
    );
    return `<${bytes.join(" ")}>`;
  }
  return text
    .replaceAll("\n", "⏎")
    .replaceAll("\t", "⇥")
    .replace(/[\p{Cc}\p{Cf}]/gu, (c) => `<${c.codePointAt(0)!.toString(16)}>`);
}
