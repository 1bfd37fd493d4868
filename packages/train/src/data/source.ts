import { type Device, nextKey } from "@lectern/autograd";
import seedrandom from "seedrandom";
import { type Batch, type BatchSource, batchOn, type HostBatch, type SourceState } from "./batch.ts";

/** A number in [0, 1). */
export type RandomNumbers = () => number;

export interface SourceOptions {
  /** Rows in a batch. */
  batch: number;
  /** What the order depends on; drawn from the global generator unless given. */
  seed?: string | number;
  /** How many batches `prefetch` assembles ahead; 2 unless said otherwise. */
  ahead?: number;
}

/**
 * Batches by their number. What batch n holds depends on the seed and n alone, so that a source goes on from anywhere,
 * and batches assembled ahead cost no one else a random number.
 */
export abstract class RandomSource implements BatchSource {
  abstract readonly batchesPerEpoch: number;
  readonly batch: number;
  readonly #ahead: number;
  #seed: string;
  #drawn = 0;
  #ready: HostBatch[] = [];

  constructor({ batch, seed = nextKey().join("-"), ahead = 2 }: SourceOptions) {
    assertCount("batch", batch);
    this.batch = batch;
    this.#seed = String(seed);
    this.#ahead = ahead;
  }

  /** Assembles batch `number`, counted from 0 over all epochs. */
  protected abstract assemble(number: number): HostBatch;

  /** Random numbers that belong to one epoch, or one batch, of this source. */
  protected randomNumbers(number: number): RandomNumbers {
    return seedrandom(`${this.#seed}/${number}`);
  }

  next(device?: Device): Batch {
    const host = this.#ready.shift() ?? this.assemble(this.#drawn);
    this.#drawn++;
    return batchOn(device, host);
  }

  /** The next batches, as many as an epoch has: `for (const batch of loader.batches()) …`. */
  *batches(device?: Device): Iterable<Batch> {
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

/** Errors: no whole number from 1. */
export function assertCount(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`data: ${option} is ${value}, it has to be a whole number from 1`);
  }
}
