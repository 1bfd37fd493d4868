import { host } from "#host";
import { catalog } from "./catalog.ts";
import type { DatasetEntry, LabelledCorpus, LabelledOptions, Text, TextCorpus, TextOptions } from "./entry.ts";
import { suggestion } from "./find.ts";
import { readReviewArchive, readReviewFolder } from "./readers/reviews.ts";
import { readTable } from "./readers/table.ts";
import { readTextFile } from "./readers/text-file.ts";
import { baseName, type Source, type SourceFolder } from "./source.ts";

/**
 * A text for a language model: a data set's name, which is downloaded where it has to be, the path of any text file, or
 * a source of one, such as a `File` in a page. A name wins over a file; write `./names` for a file called names. Errors: a
 * data set that is bytes.
 */
export async function loadText(from: string | Source, options: TextOptions = {}): Promise<TextCorpus> {
  const corpus = await loadCorpus(from, options);
  if (isText(corpus)) return corpus;
  throw new Error(`${corpus.name} is bytes, cut where a character may be halved: take loadCorpus("${corpus.name}")`);
}

const isText = (corpus: TextCorpus<Text>): corpus is TextCorpus => typeof corpus.train === "string";

/** The same for texts and bytes alike. */
export async function loadCorpus(from: string | Source, options: TextOptions = {}): Promise<TextCorpus<Text>> {
  const entry = catalog.find((known) => known.name === from);
  if (entry !== undefined) return loadTextEntry(entry, options);
  const source = await sourceOf(from);
  if (isFolder(source)) throw new Error(`${source.name} is a folder; a character model learns from one text file`);
  return readTextFile(source, baseName(source.name), options);
}

/**
 * Labelled texts for a classifier: a data set's name, which is downloaded where it has to be, or the path or source of a
 * table (CSV, TSV, JSON lines), of aclImdb's unpacked folder, or of its archive.
 */
export async function loadLabelled(from: string | Source, options: LabelledOptions = {}): Promise<LabelledCorpus> {
  const entry = catalog.find((known) => known.name === from);
  if (entry !== undefined) return loadLabelledEntry(entry, options);
  const source = await sourceOf(from);
  const name = baseName(source.name);
  if (isFolder(source)) return readReviewFolder(source, name, options);
  if (/\.(tar|tgz|tar\.gz)$/i.test(name)) return readReviewArchive(source, name, options);
  const { validation } = options;
  if (typeof validation !== "string" || validation === "last") return readTable(source, name, options);
  const other = await sourceOf(validation);
  if (isFolder(other)) throw new Error(`validation: ${validation} is a folder; give a table like ${name}`);
  return readTable(source, name, options, other);
}

const isFolder = (source: Source | SourceFolder): source is SourceFolder => "list" in source;

async function sourceOf(from: string | Source): Promise<Source | SourceFolder> {
  if (typeof from !== "string") return from;
  return host.open(from, /[/\\.]/.test(from) ? "check the path" : suggestion(from));
}

/** `loadText` for an entry at hand. */
export async function loadTextEntry(entry: DatasetEntry, options: TextOptions): Promise<TextCorpus<Text>> {
  if (entry.readText === undefined) throw wrongTask(entry, "characters");
  return entry.readText(() => host.download(entry, options), options);
}

/** `loadLabelled` for an entry at hand. */
export async function loadLabelledEntry(entry: DatasetEntry, options: LabelledOptions): Promise<LabelledCorpus> {
  if (entry.readLabelled === undefined) throw wrongTask(entry, "classification");
  return entry.readLabelled(() => host.download(entry, options), options);
}

function wrongTask(entry: DatasetEntry, task: "characters" | "classification"): Error {
  const fitting = catalog.filter((known) => (task === "characters" ? known.readText : known.readLabelled));
  const [is, wanted] =
    task === "characters" ? ["labelled texts", "a character model"] : ["plain text without labels", "a classifier"];
  const names = fitting.map((known) => known.name).join(", ");
  return new Error(`${entry.name} is ${is}; for ${wanted}, take one of ${names}, or a file of your own`);
}
