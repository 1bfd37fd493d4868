import { attentionWeights, scaledDotProductAttention, type Tensor } from "@lectern/autograd";
import { assertPaddingMask, assertSequence, assertSizes, assertWidth } from "./check.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import type { MultiHeadAttentionOptions } from "./multiHeadAttention.ts";

/**
 * Attention from one sequence to another (Vaswani et al., 2017): queries come from x, keys and values from a memory, which
 * is what an encoder made of the source. Several heads, as in `MultiHeadAttention`.
 * x: [batch, time, width], memory: [batch, source, width] -> [batch, time, width].
 */
export class CrossAttention extends Module {
  toQueries: Linear;
  /** [2 width, width]: keys, then values. */
  toKeysValues: Linear;
  out: Linear;
  readonly heads: number;
  readonly dropout: number;

  /** Errors: a width that the heads do not divide. */
  constructor({ width, heads, dropout = 0, bias = false }: Omit<MultiHeadAttentionOptions, "causal">) {
    super();
    assertSizes("CrossAttention", { width, heads });
    if (width % heads !== 0) {
      throw new RangeError(`CrossAttention: the width ${width} cannot be shared out among ${heads} heads evenly`);
    }
    this.heads = heads;
    this.dropout = dropout;
    this.toQueries = new Linear(width, width, { bias });
    this.toKeysValues = new Linear(width, 2 * width, { bias });
    this.out = new Linear(width, width, { bias });
  }

  /** [batch, time, width] -> [batch, heads, time, size] */
  #inHeads(x: Tensor): Tensor {
    const [batch, time, width] = x.shape;
    return x.reshape(batch, time, this.heads, width / this.heads).transpose(1, 2);
  }

  #project(x: Tensor, memory: Tensor): Tensor[] {
    for (const part of [x, memory]) assertSequence("CrossAttention", part);
    assertWidth("CrossAttention", memory, x.shape[2]);
    const keysValues = this.toKeysValues.forward(memory).split(x.shape[2], -1);
    return [this.toQueries.forward(x), ...keysValues].map((part) => this.#inHeads(part));
  }

  #mask(memory: Tensor, paddingMask: Tensor | undefined): Tensor | undefined {
    if (paddingMask === undefined) return undefined;
    const [batch, source] = memory.shape;
    assertPaddingMask("CrossAttention", paddingMask, batch, source);
    return paddingMask.reshape(batch, 1, 1, source);
  }

  /** @param paddingMask of the memory: int32 [batch, source], 1 for a token, 0 for padding, which nobody looks at. */
  forward(x: Tensor, memory: Tensor, paddingMask?: Tensor): Tensor {
    const [queries, keys, values] = this.#project(x, memory);
    const dropout = this.training ? this.dropout : 0;
    const mixed = scaledDotProductAttention(queries, keys, values, { mask: this.#mask(memory, paddingMask), dropout });
    return this.out.forward(mixed.transpose(1, 2).reshape(x.shape));
  }

  /** How much each position attends to each of the memory's, for looking at: [batch, heads, time, source]. */
  attentionWeights(x: Tensor, memory: Tensor, paddingMask?: Tensor): Tensor {
    const [queries, keys] = this.#project(x, memory);
    return attentionWeights(queries, keys, { mask: this.#mask(memory, paddingMask) });
  }
}
