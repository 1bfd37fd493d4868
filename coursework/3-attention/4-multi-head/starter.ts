import type { Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";

/** Shares the width out among heads: head h gets the numbers from h * size on. x: [batch, time, width] -> [batch, heads, time, size] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  throw new Error(`TODO: splitHeads, for x of the shape [${x.shape}] and ${heads} heads`);
}

/** The way back: what the heads have found, side by side. x: [batch, heads, time, size] -> [batch, time, heads * size] */
export function mergeHeads(x: Tensor): Tensor {
  throw new Error(`TODO: mergeHeads, for x of the shape [${x.shape}]`);
}

/** Several causal attentions side by side, each in its own part of the width. x: [batch, time, width] -> the same. */
export class MultiHeadAttention extends Module {
  /** Queries, keys and values next to each other. [batch, time, width] -> [batch, time, 3 width] */
  readonly qkv: Linear;
  /** Mixes what the heads have found. */
  readonly out: Linear;
  readonly heads: number;

  constructor(width: number, heads: number) {
    super();
    this.heads = heads;
    this.qkv = new Linear(width, 3 * width, { bias: false });
    this.out = new Linear(width, width, { bias: false });
  }

  /** qkv, taken apart and split into heads; attention in each, without a look at the future; merged, and mixed by out. */
  forward(x: Tensor): Tensor {
    throw new Error(`TODO: MultiHeadAttention.forward, for x of the shape [${x.shape}]`);
  }
}
