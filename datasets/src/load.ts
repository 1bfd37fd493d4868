import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { catalog } from "./catalog.ts";
import type { DatasetEntry, LabelledCorpus, LabelledOptions, Text, TextCorpus, TextOptions } from "./entry.ts";
import { fetchEntry } from "./fetch.ts";
import { suggestion } from "./find.ts";
import { readReviewArchive, readReviewFolder } from "./readers/reviews.ts";
import { readTable } from "./readers/table.ts";
import { readTextFile } from "./readers/text-file.ts";

/**
 * A text for a language model: a data set's name, which is downloaded where it has to be, or the path of any UTF-8
 * text file. A name wins over a file; write `./names` for a file called names. Errors: a data set that is bytes.
 */
export async function loadText(nameOrPath: string, options: TextOptions = {}): Promise<TextCorpus> {
  const corpus = await loadCorpus(nameOrPath, options);
  if (isText(corpus)) return corpus;
  throw new Error(`${nameOrPath} is bytes, cut where a character may be halved: take loadCorpus("${nameOrPath}")`);
}

const isText = (corpus: TextCorpus<Text>): corpus is TextCorpus => typeof corpus.train === "string";

/** The same for texts and bytes alike. */
export async function loadCorpus(nameOrPath: string, options: TextOptions = {}): Promise<TextCorpus<Text>> {
  const entry = catalog.find((known) => known.name === nameOrPath);
  if (entry !== undefined) return loadTextEntry(entry, options);
  const kind = await kindOf(nameOrPath);
  if (kind === "folder") throw new Error(`${nameOrPath} is a folder; a character model learns from one text file`);
  return readTextFile(nameOrPath, basename(nameOrPath), options);
}

/**
 * Labelled texts for a classifier: a data set's name, which is downloaded where it has to be, or the path of a CSV or
 * TSV file, of aclImdb's unpacked folder, or of its archive.
 */
export async function loadLabelled(nameOrPath: string, options: LabelledOptions = {}): Promise<LabelledCorpus> {
  const entry = catalog.find((known) => known.name === nameOrPath);
  if (entry !== undefined) return loadLabelledEntry(entry, options);
  const kind = await kindOf(nameOrPath);
  const name = basename(nameOrPath);
  if (kind === "folder") return readReviewFolder(nameOrPath, name, options);
  if (/\.(tar|tgz|tar\.gz)$/i.test(name)) return readReviewArchive(nameOrPath, name, options);
  return readTable(nameOrPath, name, options);
}

/** `loadText` for an entry at hand. */
export async function loadTextEntry(entry: DatasetEntry, options: TextOptions): Promise<TextCorpus<Text>> {
  if (entry.readText === undefined) throw wrongTask(entry, "characters");
  return entry.readText(() => fetchEntry(entry, options), options);
}

/** `loadLabelled` for an entry at hand. */
export async function loadLabelledEntry(entry: DatasetEntry, options: LabelledOptions): Promise<LabelledCorpus> {
  if (entry.readLabelled === undefined) throw wrongTask(entry, "classification");
  return entry.readLabelled(() => fetchEntry(entry, options), options);
}

function wrongTask(entry: DatasetEntry, task: "characters" | "classification"): Error {
  const fitting = catalog.filter((known) => (task === "characters" ? known.readText : known.readLabelled));
  const [is, wanted] =
    task === "characters" ? ["labelled texts", "a character model"] : ["plain text without labels", "a classifier"];
  const names = fitting.map((known) => known.name).join(", ");
  return new Error(`${entry.name} is ${is}; for ${wanted}, take one of ${names}, or a file of your own`);
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  const stats = await stat(path).catch((cause: unknown) => {
    const help = /[/\\.]/.test(path) ? "check the path" : suggestion(path);
    throw new Error(`"${path}" is neither a known data set nor a file; ${help}`, { cause });
  });
  return stats.isDirectory() ? "folder" : "file";
}
