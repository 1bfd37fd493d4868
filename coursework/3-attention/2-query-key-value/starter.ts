import type { Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";

/**
 * Scaled dot-product attention (Vaswani et al., 2017): softmax(queries keysᵀ / √size) values. Each query gets a mean of the values,
 * weighted by how well it goes along with their keys.
 * queries: [..., queries, size], keys: [..., keys, size], values: [..., keys, size] -> [..., queries, size]
 */
export function attend(queries: Tensor, keys: Tensor, values: Tensor): Tensor {
  throw new Error(`TODO: attend, for shapes [${queries.shape}], [${keys.shape}] and [${values.shape}]`);
}

/** Self-attention with a query, a key and a value of each position. x: [batch, time, width] -> the same. */
export class Attention extends Module {
  readonly toQueries: Linear;
  readonly toKeys: Linear;
  readonly toValues: Linear;

  constructor(width: number) {
    super();
    this.toQueries = new Linear(width, width, { bias: false });
    this.toKeys = new Linear(width, width, { bias: false });
    this.toValues = new Linear(width, width, { bias: false });
  }

  /** Projects x three times, and calls `attend`. */
  forward(x: Tensor): Tensor {
    throw new Error(`TODO: Attention.forward, for x of the shape [${x.shape}]`);
  }
}
