import {
  type AttentionOptions,
  attentionWeights,
  cachedAttention,
  concat,
  isFloat,
  multiHeadAttention,
  type Tensor,
} from "@lectern/autograd";
import { assertForwardIsCached, assertPaddingMask, assertSequence, assertSizes } from "./check.ts";
import type { CachedOptions, LayerCache } from "./keyValueCache.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { RotaryPositions } from "./rotary.ts";

/** What `MultiHeadAttention` is made with. */
export interface MultiHeadAttentionOptions {
  /** Size of the vectors. */
  width: number;
  /** The width is shared out among so many heads. */
  heads: number;
  /** Whether a position sees only itself and those before it; false unless said otherwise. */
  causal?: boolean;
  /** Probability with which attention weights are dropped in training; 0 unless said otherwise. */
  dropout?: number;
  /** Whether the projections have a bias; false unless said otherwise. */
  bias?: boolean;
  /** Turn queries and keys by their positions (`RotaryPositions`), for a context of so many. */
  rotary?: number;
}

/** Who may look at whom, beside `causal`. */
export interface AttentionMasks {
  /** int32 [batch, time]: 1 for a token, 0 for padding, which nobody looks at. */
  paddingMask?: Tensor;
  /** Broadcast to [batch, heads, queries, keys]. int32: 0 hides a key from a query. float32: added to the scores. */
  mask?: Tensor;
}

/**
 * Several attentions next to each other, each in its own part of the width (Vaswani et al., 2017).
 * x: [batch, time, width] -> the same.
 *
 * One projection makes queries, keys and values, in this order: three products at the price of one call. Its name in a
 * state dict is `qkv` ([3 width, width]), that of the projection which joins the heads `out` ([width, width]).
 * Errors: a width that the heads do not divide.
 */
export class MultiHeadAttention extends Module {
  qkv: Linear;
  out: Linear;
  readonly heads: number;
  readonly causal: boolean;
  readonly dropout: number;
  readonly rotary: RotaryPositions | undefined;

  constructor({ width, heads, causal = false, dropout = 0, bias = false, rotary }: MultiHeadAttentionOptions) {
    super();
    assertSizes("MultiHeadAttention", { width, heads });
    if (width % heads !== 0) {
      throw new RangeError(`MultiHeadAttention: the width ${width} cannot be shared out among ${heads} heads evenly`);
    }
    this.heads = heads;
    this.causal = causal;
    this.dropout = dropout;
    if (rotary !== undefined) this.rotary = new RotaryPositions(rotary, width / heads);
    this.qkv = new Linear(width, 3 * width, { bias });
    this.out = new Linear(width, width, { bias });
  }

  /** x: [batch, time, width] -> queries, keys, values: [batch, heads, time, size]. */
  #project(x: Tensor): Tensor[] {
    assertSequence("MultiHeadAttention", x);
    const [batch, time, width] = x.shape;
    const parts = this.#packed(x).split(width, -1);
    return parts.map((part) => part.reshape(batch, time, this.heads, width / this.heads).transpose(1, 2));
  }

  /** Queries, keys and values next to each other, turned where positions are: [batch, time, 3 width]. */
  #packed(x: Tensor, start = 0): Tensor {
    const qkv = this.qkv.forward(x);
    const { rotary, heads } = this;
    if (rotary === undefined) return qkv;
    const [batch, time, width] = x.shape;
    const [queries, keys, values] = qkv.split(width, -1);
    const turn = (part: Tensor) => {
      const inHeads = part.reshape(batch, time, heads, width / heads).transpose(1, 2);
      return rotary.forward(inHeads, start).transpose(1, 2).reshape(batch, time, width);
    };
    return concat([turn(queries), turn(keys), values], -1);
  }

  #options(x: Tensor, { paddingMask, mask }: AttentionMasks): AttentionOptions {
    if (paddingMask === undefined) return { causal: this.causal, mask };
    const [batch, time] = x.shape;
    assertPaddingMask("MultiHeadAttention", paddingMask, batch, time);
    const keys = paddingMask.reshape(batch, 1, 1, time);
    if (mask === undefined) return { causal: this.causal, mask: keys };
    const both = isFloat(mask.dtype) ? mask.maskedFill(keys.eq(0), Number.NEGATIVE_INFINITY) : mask.mul(keys);
    return { causal: this.causal, mask: both };
  }

  forward(x: Tensor, masks: AttentionMasks = {}): Tensor {
    assertSequence("MultiHeadAttention", x);
    const dropout = this.training ? this.dropout : 0;
    const mixed = multiHeadAttention(this.#packed(x), this.heads, { ...this.#options(x, masks), dropout });
    return this.out.forward(mixed);
  }

  /**
   * The same for positions that follow those in a cache, without computing these again; x's own keys and values are
   * added to it. x: [batch, time, width] -> the same, with `last` [batch, 1, width]. Errors: attention that is not causal,
   * gradients being recorded, a subclass with a `forward` of its own and without a `forwardCached`.
   */
  forwardCached(x: Tensor, { memory, length }: LayerCache, { last }: CachedOptions = {}): Tensor {
    assertForwardIsCached("MultiHeadAttention", this, MultiHeadAttention);
    assertSequence("MultiHeadAttention", x);
    if (!this.causal) {
      throw new Error("MultiHeadAttention: a cache needs causal: true; otherwise what came before sees what is new");
    }
    const dropout = this.training ? this.dropout : 0;
    return this.out.forward(cachedAttention(this.#packed(x, length), memory, length, { dropout, last }));
  }

  /**
   * How much each position (a row) attends to each other, for looking at. x: [batch, time, width] ->
   * [batch, heads, time, time]; rows sum to 1, or to 0 where a position may see nothing.
   */
  attentionWeights(x: Tensor, masks: AttentionMasks = {}): Tensor {
    const [queries, keys] = this.#project(x);
    return attentionWeights(queries, keys, this.#options(x, masks));
  }
}
