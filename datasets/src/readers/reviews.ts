import { host } from "#host";
import type { Example, LabelledCorpus, LabelledOptions } from "../entry.ts";
import type { Source, SourceFolder } from "../source.ts";
import { decodeText } from "./decode.ts";
import { holdOut, shareOf, shuffled } from "./split.ts";

/** The classes, which are also the folders' names. */
const LABELS = ["neg", "pos"];
const PARTS = ["train", "test"];

/**
 * aclImdb's layout: `train/pos/127_10.txt`; what lies elsewhere (unlabelled reviews, word counts) is not read, nor what
 * macOS puts beside a file of another disk, `._127_10.txt`.
 */
const REVIEW_PATH = /(?:^|\/)(train|test)\/(neg|pos)\/(?!\._)[^/]+\.txt$/;

/** How many files are open at once. */
const FILES_AT_ONCE = 64;

interface Review {
  /** With slashes, from the folder or archive on. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Labelled reviews out of a tar archive with aclImdb's layout, compressed or not, without unpacking it to disk. The
 * files in `test` are for validation, unless `validationRows` or `validationShare` is given: those hold examples
 * out of `train`, and `test` stays untouched for the last word. Reviews are shuffled by the seed.
 */
export async function readReviewArchive(
  archive: Source,
  name: string,
  options: LabelledOptions,
): Promise<LabelledCorpus> {
  return reviewCorpus(archive.name, name, await host.fromTar(archive, REVIEW_PATH), options);
}

/** The same out of the unpacked folder: aclImdb itself, or the one that it lies in. */
export async function readReviewFolder(
  folder: SourceFolder,
  name: string,
  options: LabelledOptions,
): Promise<LabelledCorpus> {
  const inside = await folder.list("");
  const root = inside.includes("aclImdb") && !inside.includes("train") ? "aclImdb/" : "";
  const paths: string[] = [];
  for (const part of PARTS) {
    for (const label of LABELS) {
      const files = await folder.list(`${root}${part}/${label}`);
      for (const file of files) {
        const path = `${part}/${label}/${file}`;
        if (REVIEW_PATH.test(path)) paths.push(path);
      }
    }
  }
  const reviews: Review[] = [];
  const read = async (path: string) => ({ path, bytes: await folder.bytes(`${root}${path}`) });
  for (let start = 0; start < paths.length; start += FILES_AT_ONCE) {
    reviews.push(...(await Promise.all(paths.slice(start, start + FILES_AT_ONCE).map(read))));
  }
  return reviewCorpus(root === "" ? folder.name : `${folder.name}/aclImdb`, name, reviews, options);
}

function reviewCorpus(where: string, name: string, reviews: Review[], options: LabelledOptions): LabelledCorpus {
  const parts: Record<string, Example[]> = { train: [], test: [] };
  const seen = new Set<string>();
  // Sorted first: archives and folders list their files in any order.
  for (const { path, bytes } of reviews.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const [, part, label] = REVIEW_PATH.exec(path) ?? [];
    if (bytes.length === 0) throw new Error(`${where}: ${path} is empty; fetch or unpack the data again`);
    parts[part].push({ text: decodeText(bytes, `${where}: ${path}`, options.encoding), label: LABELS.indexOf(label) });
    seen.add(`${part}/${label}`);
  }
  for (const wanted of ["train/pos", "train/neg"]) {
    if (!seen.has(wanted)) {
      throw new Error(
        `${where} holds no reviews in ${wanted}; a folder or archive needs train/pos/*.txt and train/neg/*.txt, as aclImdb has`,
      );
    }
  }
  const { seed = 0, validation, validationRows, validationShare } = options;
  const train = shuffled(parts.train, seed);
  const test = shuffled(parts.test, seed);
  const common = { name, labels: LABELS, warnings: [] };
  const asked = [validation === "last" ? undefined : validation, validationRows, validationShare].some(
    (option) => option !== undefined,
  );
  if (test.length > 0 && !asked) return { ...common, train, validation: test, split: { kind: "own" } };
  const held = holdOut(name, train, shareOf(name, options));
  return { ...common, ...held, ...(test.length > 0 ? { test } : {}), split: { kind: "shuffled", seed } };
}
