import type { Device } from "@lectern/autograd";
import { type BatchSequence, batchOn, type HostTokens, type OnDevice } from "./batch.ts";
import { type Collate, type Example, type PaddingOptions, pad } from "./collate.ts";
import { Fingerprint } from "./fingerprint.ts";
import { shuffle } from "./shuffle.ts";
import { assertCount, RandomSource, type SourceOptions, shareOf } from "./source.ts";

/** How examples of any kind become batches. */
export interface CollateOptions<E, H extends object> {
  /** Makes a batch of some examples: named arrays with shapes (see `stack`), and what they count. */
  collate: Collate<E, H>;
  /** What examples are sorted by; where it is not given, they are in no order of length. */
  length?(example: E): number;
}

/** In which order a `DataLoader` shows examples, and how they become batches. */
export interface LoaderOptions extends SourceOptions {
  /** Another order in every epoch; true unless said otherwise. */
  shuffle?: boolean;
  /**
   * Puts sequences of about one length together, so that little is padded: the shuffled examples are sorted by length
   * within runs of this many batches, and the batches shuffled again. 1 sorts nothing; 50 unless said otherwise. Where
   * examples have no length, nothing is sorted.
   */
  bucket?: number;
}

/** Sequences of tokens are padded, and sorted by how many of their tokens are seen. */
function collating<E, H extends object>(options: CollateOptions<E, H> | PaddingOptions): CollateOptions<E, H> {
  if ("collate" in options) return options;
  assertCount("maxLength", options.maxLength);
  const tokens: CollateOptions<Example, HostTokens> = {
    collate: (examples) => pad(examples, options),
    length: (example) => example.tokens.length,
  };
  // Without a collate function the examples are sequences: the constructors' first form says so.
  return tokens as unknown as CollateOptions<E, H>;
}

/** Examples in batches, every one once an epoch; the last batch of an epoch may be smaller. */
export class DataLoader<E = Example, H extends object = HostTokens> extends RandomSource<H> {
  readonly batchesPerEpoch: number;
  readonly #examples: readonly E[];
  readonly #options: LoaderOptions & CollateOptions<E, H>;
  #epoch = { number: -1, batches: [] as E[][] };

  /**
   * Sequences of tokens with a class, cut off and padded; or examples of any kind, with a `collate` of their own.
   * Errors: no examples, a batch size, length or bucket that is no whole number from 1.
   */
  constructor(examples: readonly Example[], options: LoaderOptions & PaddingOptions);
  constructor(examples: readonly E[], options: LoaderOptions & CollateOptions<E, H>);
  constructor(examples: readonly E[], options: LoaderOptions & (CollateOptions<E, H> | PaddingOptions)) {
    super(options);
    assertCount("bucket", options.bucket ?? 1);
    if (examples.length === 0) throw new RangeError("data: there are no examples to load");
    this.#examples = examples;
    this.#options = { ...options, ...collating<E, H>(options) };
    this.batchesPerEpoch = Math.ceil(examples.length / this.batch / this.shard.count);
  }

  /** Of sequences that are cut off and padded. */
  get largest(): { readonly rows: number; readonly time: number } | undefined {
    const { maxLength, length } = this.#options as Partial<PaddingOptions & CollateOptions<E, H>>;
    if (maxLength === undefined || length === undefined) return undefined;
    let longest = 0;
    for (const example of this.#examples) longest = Math.max(longest, length(example));
    return { rows: Math.min(this.batch, this.#examples.length), time: Math.min(longest, maxLength) };
  }

  override describe(): Readonly<Record<string, unknown>> {
    return { ...super.describe(), fingerprint: this.#fingerprint() };
  }

  /** Of sequences, what they say and which class or prompt they have; of other examples, how many there are. */
  #fingerprint(): string {
    const print = new Fingerprint();
    for (const example of this.#examples) {
      const { tokens, prompt, label = prompt } = example as Partial<Example & { prompt: number }>;
      if (tokens === undefined || label === undefined) return String(this.#examples.length);
      print.add(tokens).add([label]);
    }
    return String(print);
  }

  protected assemble(number: number): H {
    const epoch = Math.floor(number / this.batchesPerEpoch);
    if (this.#epoch.number !== epoch) this.#epoch = { number: epoch, batches: this.#arrange(epoch) };
    return this.#options.collate(shareOf(this.#epoch.batches[number % this.batchesPerEpoch], this.shard));
  }

  /** An epoch's batches, those of all shards together. */
  #arrange(epoch: number): E[][] {
    const { shuffle: mixed = true, length } = this.#options;
    const bucket = length === undefined ? 1 : (this.#options.bucket ?? 50);
    const rows = this.batch * this.shard.count;
    const random = this.randomNumbers(epoch);
    const order = mixed ? shuffle([...this.#examples], random) : [...this.#examples];
    const run = rows * bucket;
    const runs = Array.from({ length: Math.ceil(order.length / run) }, (_, i) => order.slice(i * run, (i + 1) * run));
    if (bucket > 1) for (const part of runs) part.sort((a, b) => length!(a) - length!(b));
    const sorted = runs.flat();
    const batches = Array.from({ length: this.batchesPerEpoch }, (_, i) => sorted.slice(i * rows, (i + 1) * rows));
    return mixed && bucket > 1 ? shuffle(batches, random) : batches;
  }
}

/**
 * Examples in batches, each once, for validation: from the shortest to the longest where they have a length, and in
 * their own order elsewhere.
 */
export class SortedExamples<E = Example, H extends object = HostTokens> implements BatchSequence<OnDevice<H>> {
  readonly #examples: readonly E[];
  readonly #batch: number;
  readonly #collate: Collate<E, H>;

  constructor(examples: readonly Example[], options: PaddingOptions & { batch: number });
  constructor(examples: readonly E[], options: CollateOptions<E, H> & { batch: number });
  constructor(examples: readonly E[], options: (CollateOptions<E, H> | PaddingOptions) & { batch: number }) {
    const { collate, length } = collating<E, H>(options);
    assertCount("batch", options.batch);
    if (examples.length === 0) throw new RangeError("data: there are no examples to validate with");
    this.#examples = length === undefined ? examples : [...examples].sort((a, b) => length(a) - length(b));
    this.#batch = options.batch;
    this.#collate = collate;
  }

  *batches(device?: Device): Iterable<OnDevice<H>> {
    for (let i = 0; i < this.#examples.length; i += this.#batch) {
      yield batchOn(device, this.#collate(this.#examples.slice(i, i + this.#batch)));
    }
  }
}
