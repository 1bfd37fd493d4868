import { scaledDotProductAttention, type Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";

/** Shares the width out among heads: head h gets the numbers from h * size on. x: [batch, time, width] -> [batch, heads, time, size] */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, time, width] = x.shape;
  return x.reshape(batch, time, heads, width / heads).transpose(1, 2);
}

/** The way back: what the heads have found, side by side. x: [batch, heads, time, size] -> [batch, time, heads * size] */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, time, size] = x.shape;
  return x.transpose(1, 2).reshape(batch, time, heads * size);
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
    const parts = this.qkv.forward(x).split(x.shape[2], -1);
    const [queries, keys, values] = parts.map((part) => splitHeads(part, this.heads));
    const found = scaledDotProductAttention(queries, keys, values, { causal: true });
    return this.out.forward(mergeHeads(found));
  }
}
