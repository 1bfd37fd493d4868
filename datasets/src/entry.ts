/** The words of this package: what a data set's entry says, and what reading it gives. */

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

/** Texts to classify, already split. */
export interface LabelledCorpus {
  readonly name: string;
  /** The classes' names: example.label is an index into them. */
  readonly labels: readonly string[];
  readonly train: readonly Example[];
  readonly validation: readonly Example[];
  /** Held out for the last word on a model; only where the data set has a third part. */
  readonly test?: readonly Example[];
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

export interface TextOptions extends FetchOptions {
  /** The last part of the text, held out for validation: from 0 up to, but not, 1; 0.1 by default. */
  readonly validationShare?: number;
}

export interface LabelledOptions extends FetchOptions {
  /** A table's column of texts; by default the first of text, review, sentence, content. */
  readonly textColumn?: string;
  /** A table's column of classes; by default the first of label, sentiment, class, category, target. */
  readonly labelColumn?: string;
  /** How many examples are held out for validation. */
  readonly validationRows?: number;
  /** Which share of the examples is held out for validation; 0.2 by default. */
  readonly validationShare?: number;
  /** Orders data that is stored class by class (names, imdb); files keep their own order. 0 by default. */
  readonly seed?: number;
}

export type Task = "characters" | "classification";

/** A checksum as its source publishes it: the algorithm, a colon, hexadecimal digits. */
export type Checksum = `${"sha256" | "md5"}:${string}`;

/** Brings an entry's file into the cache, where it is not there yet, and gives its path. */
export type Download = () => Promise<string>;

/** One data set: everything there is to know about it, and how it is read. */
export interface DatasetEntry {
  readonly name: string;
  /** What it is first of all for; `readText` and `readLabelled` say what it can be used for. */
  readonly task: Task;
  readonly title: string;
  /** The page that describes it. */
  readonly source: string;
  readonly licence: string;
  /** Comes with an installed package: needs no network. */
  readonly offline: boolean;
  /** The file to download. */
  readonly url?: string;
  /** That file's size in bytes. */
  readonly size?: number;
  readonly checksum?: Checksum;
  readonly readText?: (download: Download, options: TextOptions) => Promise<TextCorpus<Text>>;
  readonly readLabelled?: (download: Download, options: LabelledOptions) => Promise<LabelledCorpus>;
}
