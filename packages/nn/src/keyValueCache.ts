import { type Device, formatShape, keep, noGrad, scope, type Tensor, tensor, zeros } from "@lectern/autograd";
import { assertSizes } from "./check.ts";

/** What a cache has to have room for. */
export interface KeyValueCacheOptions {
  layers: number;
  /** Sequences that are generated next to each other. */
  batch: number;
  /** Positions there is room for. */
  context: number;
  heads: number;
  /** Size of the model's vectors; a multiple of `heads`. */
  width: number;
  /** The model's device. */
  device: string | Device;
}

/** What one layer's attention needs of the positions before. */
export interface LayerCache {
  /** [batch, 2, heads, context, size]: keys, then values. */
  readonly memory: Tensor;
  /** So many positions lie in it. */
  readonly length: number;
}

export interface CachedOptions {
  /** Whether nobody looks at any position but the last, so that no other need be computed. */
  last?: boolean;
}

/** The last position alone. x: [batch, time, width] -> [batch, 1, width]. */
export function lastPosition(x: Tensor): Tensor {
  const time = x.shape[1];
  return time === 1 ? x : x.slice(1, time - 1);
}

/**
 * Keys and values of all positions so far, of every layer. A causal model never changes them when more tokens come, so
 * that each further token costs as much as one position, and no longer as much as all of them. `model.makeCache()`
 * makes one; its memory, 2 x layers x batch x context x width numbers, is taken at once and written in place.
 */
export class KeyValueCache {
  readonly context: number;
  #layers: readonly Tensor[];
  #length = 0;

  /** Errors: a size that is no whole number from 1. */
  constructor({ layers, batch, context, heads, width, device }: KeyValueCacheOptions) {
    assertSizes("KeyValueCache", { layers, batch, context, heads, width });
    this.context = context;
    const shape = [batch, 2, heads, context, width / heads];
    this.#layers = Array.from({ length: layers }, () => keep(zeros(shape, { device })));
  }

  /** Sequences that it is for. */
  get batch(): number {
    return this.#layers[0].shape[0];
  }

  /** Positions that it has seen. */
  get length(): number {
    return this.#length;
  }

  layer(index: number): LayerCache {
    return { memory: this.#layers[index], length: this.#length };
  }

  /** Forgets everything; the next tokens begin a sequence. */
  clear(): void {
    this.#length = 0;
  }

  /**
   * From now on sequence i goes on from what was sequence `rows[i]`: sequences may change places, be left out, and be
   * copied, and so `batch` may change. Errors: no such sequence, or none at all.
   */
  reorder(rows: readonly number[]): void {
    if (rows.length === 0) throw new RangeError("KeyValueCache: reorder needs at least one sequence");
    const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.batch);
    if (wrong !== undefined) {
      throw new RangeError(`KeyValueCache: there is no sequence ${wrong}: they are 0 … ${this.batch - 1}`);
    }
    const sameBatch = rows.length === this.batch;
    if (sameBatch && rows.every((row, i) => row === i)) return;
    noGrad(() =>
      scope(() => {
        const { device } = this.#layers[0];
        const index = tensor(Int32Array.from(rows), { device });
        this.#layers = this.#layers.map((before) => {
          const after = sameBatch ? before : keep(zeros([rows.length, ...before.shape.slice(1)], { device }));
          if (this.#length > 0) {
            const seen = before.narrow(3, 0, this.#length).indexSelect(0, index);
            after.narrow(3, 0, this.#length).copy_(seen);
          }
          return after;
        });
      }),
    );
  }

  /** Called when all layers have written the keys and values of `count` more positions. */
  advance(count: number): void {
    this.#length += count;
  }

  /** Errors: tokens [batch, time] of another batch, or more than there is room for. */
  assertRoom({ shape }: Tensor): void {
    const [batch, time] = shape;
    if (shape.length === 2 && batch !== this.batch) {
      throw new RangeError(
        `KeyValueCache: the tokens are ${formatShape(shape)}, the cache is for a batch of ${this.batch}`,
      );
    }
    if (this.#length + time > this.context) {
      throw new RangeError(
        `KeyValueCache: ${time} more tokens do not fit behind ${this.#length} in a context of ${this.context}: clear() it, and begin again with the last of them`,
      );
    }
  }
}
