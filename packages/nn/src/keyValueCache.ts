import { type Device, formatShape, keep, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes } from "./check.ts";

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

/**
 * Keys and values of all positions so far, of every layer. A causal model never changes them when more tokens come, so
 * that each further token costs as much as one position, and no longer as much as all of them. `model.makeCache()`
 * makes one; its memory, 2 x layers x batch x context x width numbers, is taken at once and written in place.
 */
export class KeyValueCache {
  readonly batch: number;
  readonly context: number;
  readonly #layers: readonly Tensor[];
  #length = 0;

  /** Errors: a size that is no whole number from 1. */
  constructor({ layers, batch, context, heads, width, device }: KeyValueCacheOptions) {
    assertSizes("KeyValueCache", { layers, batch, context, heads, width });
    this.batch = batch;
    this.context = context;
    const shape = [batch, 2, heads, context, width / heads];
    this.#layers = Array.from({ length: layers }, () => keep(zeros(shape, { device })));
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
