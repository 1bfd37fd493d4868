import { host } from "#host";
import { catalog } from "./catalog.ts";
import type {
  DatasetEntry,
  ImageCorpus,
  ImageOptions,
  LabelledCorpus,
  LabelledOptions,
  Pair,
  PairCorpus,
  PairOptions,
  Task,
  Text,
  TextCorpus,
  TextOptions,
} from "./entry.ts";
import { entryNamed, findDataset, suggestion } from "./find.ts";
import { readPairs } from "./readers/pairs.ts";
import { readReviewArchive, readReviewFolder } from "./readers/reviews.ts";
import { readTable } from "./readers/table.ts";
import { readTextFile } from "./readers/text-file.ts";
import { baseName, type Source, type SourceFolder } from "./source.ts";

/**
 * A text for a language model: a data set's name, which is downloaded where it has to be, the path of any text file, or
 * a source of one, such as a `File` in a page. A name wins over a file; write `./names` for a file called names. Errors: a
 * data set that is bytes.
 *
 * ```ts
 * import { loadText } from "@lectern/datasets";
 *
 * const { train, validation } = await loadText("moby-dick", { validationShare: 0.05 });
 * console.log(train.length, validation.length);
 * ```
 */
export async function loadText(from: string | Source, options: TextOptions = {}): Promise<TextCorpus> {
  const corpus = await loadCorpus(from, options);
  if (isText(corpus)) return corpus;
  throw new Error(`${corpus.name} is bytes, cut where a character may be halved: take loadCorpus("${corpus.name}")`);
}

const isText = (corpus: TextCorpus<Text>): corpus is TextCorpus => typeof corpus.train === "string";

/** The same for texts and bytes alike. */
export async function loadCorpus(from: string | Source, options: TextOptions = {}): Promise<TextCorpus<Text>> {
  const named = entryNamed(from);
  if (named !== undefined) return loadTextEntry(named.entry, options, named.variant);
  const source = await sourceOf(from);
  if (isFolder(source)) throw new Error(`${source.name} is a folder; a character model learns from one text file`);
  return readTextFile(source, baseName(source.name), options);
}

/**
 * Labelled texts for a classifier: a data set's name, which is downloaded where it has to be, or the path or source of a
 * table (CSV, TSV, JSON lines), of aclImdb's unpacked folder, or of its archive.
 */
export async function loadLabelled(from: string | Source, options: LabelledOptions = {}): Promise<LabelledCorpus> {
  const named = entryNamed(from);
  if (named !== undefined) return loadLabelledEntry(named.entry, options);
  const source = await sourceOf(from);
  const name = baseName(source.name);
  if (isFolder(source)) return readReviewFolder(source, name, options);
  if (/\.(tar|tgz|tar\.gz)$/i.test(name)) return readReviewArchive(source, name, options);
  return readTable(source, name, options, await otherTable(options, name));
}

/**
 * Prompts and their answers: a data set's name, with which of its variants where it has several (`arithmetic:3,reversed`), or
 * the path or source of a table (JSON lines, TSV, CSV).
 */
export async function loadPairs(from: string | Source, options: PairOptions = {}): Promise<PairCorpus> {
  const named = entryNamed(from);
  if (named !== undefined) {
    const { entry, variant } = named;
    if (entry.readPairs === undefined) throw wrongTask(entry, "pairs");
    return entry.readPairs(() => host.download(entry, options), options, variant);
  }
  const source = await sourceOf(from);
  if (isFolder(source)) throw new Error(`${source.name} is a folder; prompts and answers are read from one table`);
  return readPairs(source, baseName(source.name), options, await otherTable(options, source.name));
}

/** The table that validates, where the options name one. */
async function otherTable({ validation }: { validation?: string | number }, like: string): Promise<Source | undefined> {
  if (typeof validation !== "string" || validation === "last") return undefined;
  const other = await sourceOf(validation);
  if (isFolder(other)) throw new Error(`validation: ${validation} is a folder; give a table like ${baseName(like)}`);
  return other;
}

const isFolder = (source: Source | SourceFolder): source is SourceFolder => "list" in source;

async function sourceOf(from: string | Source): Promise<Source | SourceFolder> {
  if (typeof from !== "string") return from;
  return host.open(from, /[/\\.]/.test(from) ? "check the path" : suggestion(from));
}

/** `loadText` for an entry at hand. Pairs are a text, too: each is a line. */
export async function loadTextEntry(
  entry: DatasetEntry,
  options: TextOptions,
  variant: readonly string[] = [],
): Promise<TextCorpus<Text>> {
  const download = () => host.download(entry, options);
  if (entry.readText !== undefined) return entry.readText(download, options, variant);
  if (entry.readPairs === undefined) throw wrongTask(entry, "characters");
  const { name, train, validation } = await entry.readPairs(download, options, variant);
  return { name, train: linesOf(train), validation: linesOf(validation) };
}

const linesOf = (pairs: readonly Pair[]) => pairs.map(({ prompt, answer }) => `${prompt}${answer}\n`).join("");

/** `loadLabelled` for an entry at hand. */
export async function loadLabelledEntry(entry: DatasetEntry, options: LabelledOptions): Promise<LabelledCorpus> {
  if (entry.readLabelled === undefined) throw wrongTask(entry, "classification");
  return entry.readLabelled(() => host.download(entry, options), options);
}

/** Labelled pictures of one size: a data set's name, which is downloaded where it has to be. */
export async function loadImages(from: string, options: ImageOptions = {}): Promise<ImageCorpus> {
  const entry = findDataset(from);
  if (entry.readImages === undefined) throw wrongTask(entry, "images");
  return entry.readImages(() => host.download(entry, options), options);
}

/** How each task reads, what it is for, and what its data are. Prompts with their answers are a text, too. */
const READERS = {
  characters: { readers: ["readText", "readPairs"], wanted: "a character model", is: "plain text without labels" },
  classification: { readers: ["readLabelled"], wanted: "a classifier", is: "labelled texts" },
  pairs: { readers: ["readPairs"], wanted: "prompts and answers", is: "prompts and answers" },
  images: { readers: ["readImages"], wanted: "a network on images", is: "labelled images" },
} as const;

function wrongTask(entry: DatasetEntry, task: Task): Error {
  const { readers, wanted } = READERS[task];
  const names = catalog.filter((known) => readers.some((reader) => known[reader])).map(({ name }) => name);
  const own = task === "images" ? "" : ", or a file of your own";
  return new Error(`${entry.name} is ${READERS[entry.task].is}; for ${wanted}, take one of ${names.join(", ")}${own}`);
}
