import { type Device, nextKey } from "@lectern/autograd";
import seedrandom from "seedrandom";
import { type BatchSource, batchOn, type HostTokens, type OnDevice, type SourceState } from "./batch.ts";

/** A number in [0, 1). */
export type RandomNumbers = () => number;

/** Which part of every batch is this process's, where several train one model. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** How many parts there are. */
  readonly count: number;
}

/** What every source of batches is made with. */
export interface SourceOptions {
  /** Rows in a batch. */
  batch: number;
  /** What the order depends on; drawn from the global generator unless given. */
  seed?: string | number;
  /** How many batches `prefetch` assembles ahead; 2 unless said otherwise. */
  ahead?: number;
  /**
   * The share of the data that this source gives, where several processes train one model: of `batch` times `count` rows,
   * its own `batch`. All shards of one seed together give what one source of so large a batch gives.
   */
  shard?: Shard;
  /** What the data are, beside what the source knows: their name, their classes, … See `BatchSource.describe`. */
  description?: Readonly<Record<string, unknown>>;
}

/**
 * Batches by their number. What batch n holds depends on the seed and n alone, so that a source goes on from anywhere,
 * and batches assembled ahead cost no one else a random number.
 */
export abstract class RandomSource<H extends object = HostTokens> implements BatchSource<OnDevice<H>> {
  abstract readonly batchesPerEpoch: number;
  readonly batch: number;
  readonly shard: Shard;
  readonly #ahead: number;
  #seed: string;
  #drawn = 0;
  #ready: H[] = [];
  readonly #description: Readonly<Record<string, unknown>>;

  constructor(options: SourceOptions) {
    const { batch, seed = nextKey().join("-"), ahead = 2, shard = { index: 0, count: 1 }, description = {} } = options;
    assertCount("batch", batch);
    assertShard(shard);
    this.batch = batch;
    this.shard = shard;
    this.#seed = String(seed);
    this.#ahead = ahead;
    this.#description = description;
  }

  describe(): Readonly<Record<string, unknown>> {
    return { ...this.#description, batch: this.batch * this.shard.count };
  }

  /** Assembles batch `number`, counted from 0 over all epochs. */
  protected abstract assemble(number: number): H;

  /** Random numbers that belong to one epoch, or one batch, of this source. */
  protected randomNumbers(number: number): RandomNumbers {
    return seedrandom(`${this.#seed}/${number}`);
  }

  next(device?: Device): OnDevice<H> {
    const host = this.#ready.shift() ?? this.assemble(this.#drawn);
    this.#drawn++;
    return batchOn(device, host);
  }

  /** The next batches, as many as an epoch has: `for (const batch of loader.batches()) …`. */
  *batches(device?: Device): Iterable<OnDevice<H>> {
    for (let i = 0; i < this.batchesPerEpoch; i++) yield this.next(device);
  }

  prefetch(): void {
    while (this.#ready.length < this.#ahead) this.#ready.push(this.assemble(this.#drawn + this.#ready.length));
  }

  state(): SourceState {
    return { seed: this.#seed, batches: this.#drawn };
  }

  loadState({ seed, batches }: SourceState): void {
    this.#seed = seed;
    this.#drawn = batches;
    this.#ready = [];
  }
}

/**
 * A shard's part of the rows of all: as many as the others have, or one more. Where there are more shards than rows, some
 * rows are seen twice, for no process may be without a batch while the others wait for its gradients.
 */
export function shareOf<T>(rows: readonly T[], { index, count }: Shard): readonly T[] {
  if (count === 1) return rows;
  if (rows.length < count) return [rows[index % rows.length]];
  return rows.slice(Math.floor((index * rows.length) / count), Math.floor(((index + 1) * rows.length) / count));
}

function assertShard({ index, count }: Shard): void {
  assertCount("shard.count", count);
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(
      `data: shard.index is ${index}, with ${count} shards it is a whole number from 0 to ${count - 1}`,
    );
  }
}

/** Errors: no whole number from 1. */
export function assertCount(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`data: ${option} is ${value}, it has to be a whole number from 1`);
  }
}
