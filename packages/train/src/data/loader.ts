import type { Device } from "@lectern/autograd";
import { type Batch, type BatchSequence, batchOn, type HostBatch } from "./batch.ts";
import { assertCount, type RandomNumbers, RandomSource, type SourceOptions } from "./source.ts";

/** A sequence of tokens and the class it belongs to. */
export interface Example {
  readonly tokens: Int32Array;
  readonly label: number;
}

export interface PaddingOptions {
  /** Longer sequences are cut off at this length. */
  maxLength: number;
  /** The token that fills shorter rows up; 0 unless said otherwise. */
  padding?: number;
}

export interface LoaderOptions extends SourceOptions, PaddingOptions {
  /** Another order in every epoch; true unless said otherwise. */
  shuffle?: boolean;
  /**
   * Puts sequences of about one length together, so that little is padded: the shuffled examples are sorted by length
   * within runs of this many batches, and the batches shuffled again. 1 sorts nothing; 50 unless said otherwise.
   */
  bucket?: number;
}

/** Examples as one batch: cut off, and padded at the end to the longest. An empty sequence becomes one padding token. */
export function pad(examples: readonly Example[], { maxLength, padding = 0 }: PaddingOptions): HostBatch {
  const lengths = examples.map(({ tokens }) => Math.min(tokens.length, maxLength));
  const time = Math.max(1, ...lengths);
  const inputs = new Int32Array(examples.length * time).fill(padding);
  const mask = new Int32Array(examples.length * time);
  examples.forEach(({ tokens }, row) => {
    inputs.set(tokens.subarray(0, lengths[row]), row * time);
    // Attention over nothing is not defined: the one padding token of an empty row counts.
    mask.fill(1, row * time, row * time + Math.max(1, lengths[row]));
  });
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const targets = Int32Array.from(examples, ({ label }) => label);
  const isPadded = lengths.some((length) => length < time);
  return {
    inputs,
    targets,
    targetsPer: "row",
    mask: isPadded ? mask : undefined,
    rows: examples.length,
    tokens,
  };
}

/** Fisher and Yates, in place. */
function shuffle<T>(list: T[], random: RandomNumbers): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

/** Labelled sequences in batches, every one once an epoch; the last batch of an epoch may be smaller. */
export class DataLoader extends RandomSource {
  readonly batchesPerEpoch: number;
  readonly #examples: readonly Example[];
  readonly #options: LoaderOptions;
  #epoch = { number: -1, batches: [] as Example[][] };

  /** Errors: no examples, a batch size, length or bucket that is no whole number from 1. */
  constructor(examples: readonly Example[], options: LoaderOptions) {
    super(options);
    assertCount("maxLength", options.maxLength);
    assertCount("bucket", options.bucket ?? 1);
    if (examples.length === 0) throw new RangeError("data: there are no examples to load");
    this.#examples = examples;
    this.#options = options;
    this.batchesPerEpoch = Math.ceil(examples.length / options.batch);
  }

  protected assemble(number: number): HostBatch {
    const epoch = Math.floor(number / this.batchesPerEpoch);
    if (this.#epoch.number !== epoch) this.#epoch = { number: epoch, batches: this.#arrange(epoch) };
    return pad(this.#epoch.batches[number % this.batchesPerEpoch], this.#options);
  }

  #arrange(epoch: number): Example[][] {
    const { shuffle: mixed = true, bucket = 50 } = this.#options;
    const random = this.randomNumbers(epoch);
    const order = mixed ? shuffle([...this.#examples], random) : [...this.#examples];
    const run = this.batch * bucket;
    const sorted: Example[] = [];
    for (let i = 0; i < order.length; i += run) {
      const part = order.slice(i, i + run);
      sorted.push(...(bucket > 1 ? part.sort((a, b) => a.tokens.length - b.tokens.length) : part));
    }
    const batches = Array.from({ length: this.batchesPerEpoch }, (_, i) =>
      sorted.slice(i * this.batch, (i + 1) * this.batch),
    );
    return mixed && bucket > 1 ? shuffle(batches, random) : batches;
  }
}

/** Labelled sequences in batches, each once, from the shortest to the longest: for validation. */
export class SortedExamples implements BatchSequence {
  readonly #examples: readonly Example[];
  readonly #options: PaddingOptions & { batch: number };

  constructor(examples: readonly Example[], options: PaddingOptions & { batch: number }) {
    assertCount("batch", options.batch);
    assertCount("maxLength", options.maxLength);
    if (examples.length === 0) throw new RangeError("data: there are no examples to validate with");
    this.#examples = [...examples].sort((a, b) => a.tokens.length - b.tokens.length);
    this.#options = options;
  }

  *batches(device?: Device): Iterable<Batch> {
    const { batch } = this.#options;
    for (let i = 0; i < this.#examples.length; i += batch) {
      yield batchOn(device, pad(this.#examples.slice(i, i + batch), this.#options));
    }
  }
}
