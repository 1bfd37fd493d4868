import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { list, type ReadEntry } from "tar";
import type { Example, LabelledCorpus, LabelledOptions } from "../entry.ts";
import { holdOut, shuffled } from "./split.ts";
import { decodeUtf8 } from "./utf8.ts";

/** The classes, which are also the folders' names. */
const LABELS = ["neg", "pos"];
const PARTS = ["train", "test"];

/** aclImdb's layout: `train/pos/127_10.txt`; what lies elsewhere (unlabelled reviews, word counts) is not read. */
const REVIEW_PATH = /(?:^|\/)(train|test)\/(neg|pos)\/[^/]+\.txt$/;

/** How many files are open at once. */
const FILES_AT_ONCE = 64;

interface Review {
  /** With slashes, from the folder or archive on. */
  readonly path: string;
  readonly bytes: Buffer;
}

/**
 * Labelled reviews out of a tar archive with aclImdb's layout, compressed or not, without unpacking it to disk. The
 * files in `test` are for validation, unless `validationRows` or `validationShare` is given: those hold examples
 * out of `train`, and `test` stays untouched for the last word. Reviews are shuffled by the seed.
 */
export async function readReviewArchive(
  archive: string,
  name: string,
  options: LabelledOptions,
): Promise<LabelledCorpus> {
  const reading: Promise<Review>[] = [];
  try {
    await list({
      file: archive,
      strict: true,
      filter: (path) => REVIEW_PATH.test(path),
      onReadEntry: (entry: ReadEntry) => {
        reading.push(entry.concat().then((bytes) => ({ path: entry.path, bytes: Buffer.from(bytes) })));
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${archive} is no whole tar archive (${reason}); delete it and fetch it again`, { cause });
  }
  return reviewCorpus(archive, name, await Promise.all(reading), options);
}

/** The same out of the unpacked folder: aclImdb itself, or the one that it lies in. */
export async function readReviewFolder(
  folder: string,
  name: string,
  options: LabelledOptions,
): Promise<LabelledCorpus> {
  const inside = await readdir(folder);
  const root = inside.includes("aclImdb") && !inside.includes("train") ? join(folder, "aclImdb") : folder;
  const paths: string[] = [];
  for (const part of PARTS) {
    for (const label of LABELS) {
      const files = await readdir(join(root, part, label)).catch(() => []);
      paths.push(...files.map((file) => `${part}/${label}/${file}`).filter((path) => REVIEW_PATH.test(path)));
    }
  }
  const reviews: Review[] = [];
  for (let start = 0; start < paths.length; start += FILES_AT_ONCE) {
    const some = paths.slice(start, start + FILES_AT_ONCE);
    reviews.push(...(await Promise.all(some.map(async (path) => ({ path, bytes: await readFile(join(root, path)) })))));
  }
  return reviewCorpus(root, name, reviews, options);
}

function reviewCorpus(where: string, name: string, reviews: Review[], options: LabelledOptions): LabelledCorpus {
  const parts: Record<string, Example[]> = { train: [], test: [] };
  const seen = new Set<string>();
  // Sorted first: archives and folders list their files in any order.
  for (const { path, bytes } of reviews.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const [, part, label] = REVIEW_PATH.exec(path) ?? [];
    if (bytes.length === 0) throw new Error(`${where}: ${path} is empty; fetch or unpack the data again`);
    parts[part].push({ text: decodeUtf8(bytes, `${where}: ${path}`), label: LABELS.indexOf(label) });
    seen.add(`${part}/${label}`);
  }
  for (const wanted of ["train/pos", "train/neg"]) {
    if (!seen.has(wanted)) {
      throw new Error(
        `${where} holds no reviews in ${wanted}; a folder or archive needs train/pos/*.txt and train/neg/*.txt, as aclImdb has`,
      );
    }
  }
  const seed = options.seed ?? 0;
  const train = shuffled(parts.train, seed);
  const test = shuffled(parts.test, seed);
  const ownSplit = test.length > 0 && options.validationRows === undefined && options.validationShare === undefined;
  if (ownSplit) return { name, labels: LABELS, train, validation: test };
  const split = holdOut(name, train, options);
  return { name, labels: LABELS, ...split, ...(test.length > 0 ? { test } : {}) };
}
