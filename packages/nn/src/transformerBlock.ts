import type { Tensor } from "@lectern/autograd";
import { assertForwardIsCached } from "./check.ts";
import { Dropout } from "./dropout.ts";
import { FeedForward, type FeedForwardOptions } from "./feedForward.ts";
import { type CachedOptions, type LayerCache, lastPosition } from "./keyValueCache.ts";
import { LayerNorm } from "./layerNorm.ts";
import { Module } from "./module.ts";
import { type AttentionMasks, MultiHeadAttention, type MultiHeadAttentionOptions } from "./multiHeadAttention.ts";

/** Attention, small network, norms and dropout of a block. */
export interface TransformerBlockOptions extends MultiHeadAttentionOptions, FeedForwardOptions {
  /** Probability with which what each part adds is dropped in training; 0 unless said otherwise. */
  dropout?: number;
  /** Probability with which attention weights are dropped; 0 unless said otherwise, as it costs the fused kernel. */
  attentionDropout?: number;
  /** Added to the variance in both norms; 1e-5 unless said otherwise. */
  normEps?: number;
  /** `pre` normalises what goes into each part, `post` the sum that comes out of it; `pre` unless said otherwise. */
  norm?: "pre" | "post";
}

/**
 * Attention, through which positions exchange, then a small network for each position by itself; both add to what is
 * there. Pre-norm: `x + f(norm(x))` (Xiong et al., 2020); post-norm: `norm(x + f(x))` (Vaswani et al., 2017).
 * x: [batch, time, width] -> the same.
 */
export class TransformerBlock extends Module {
  norm1: LayerNorm;
  attention: MultiHeadAttention;
  norm2: LayerNorm;
  mlp: FeedForward;
  readonly dropout: Dropout;
  readonly norm: "pre" | "post";

  constructor(options: TransformerBlockOptions) {
    super();
    const { width, norm = "pre", dropout = 0, normEps: eps } = options;
    this.norm = norm;
    this.norm1 = new LayerNorm(width, { eps });
    this.attention = new MultiHeadAttention({ ...options, dropout: options.attentionDropout });
    this.norm2 = new LayerNorm(width, { eps });
    this.mlp = new FeedForward(width, options);
    this.dropout = new Dropout(dropout);
  }

  forward(x: Tensor, masks: AttentionMasks = {}): Tensor {
    return this.#around((inner) => this.attention.forward(inner, masks), x);
  }

  /**
   * For positions that follow those in a cache. x: [batch, time, width] -> the same, with `last` [batch, 1, width].
   * Errors: a subclass with a `forward` of its own and without a `forwardCached`.
   */
  forwardCached(x: Tensor, cache: LayerCache, options: CachedOptions = {}): Tensor {
    assertForwardIsCached("TransformerBlock", this, TransformerBlock);
    if (!options.last) return this.#around((inner) => this.attention.forwardCached(inner, cache), x);
    const attention = (inner: Tensor) => lastPosition(this.attention.forwardCached(inner, cache, options));
    return this.#around(attention, x, lastPosition(x));
  }

  /** @param seen the positions of x that attention gives. */
  #around(attention: (x: Tensor) => Tensor, x: Tensor, seen = x): Tensor {
    return this.norm === "pre" ? this.#preNorm(attention, x, seen) : this.#postNorm(attention, x, seen);
  }

  #preNorm(attention: (x: Tensor) => Tensor, x: Tensor, seen: Tensor): Tensor {
    x = seen.add(this.dropout.forward(attention(this.norm1.forward(x))));
    return x.add(this.dropout.forward(this.mlp.forward(this.norm2.forward(x))));
  }

  #postNorm(attention: (x: Tensor) => Tensor, x: Tensor, seen: Tensor): Tensor {
    x = this.norm1.forward(seen.add(this.dropout.forward(attention(x))));
    return this.norm2.forward(x.add(this.dropout.forward(this.mlp.forward(x))));
  }

  /** The weights of this block's attention, for looking at. x: [batch, time, width] -> [batch, heads, time, time]. */
  attentionWeights(x: Tensor, masks: AttentionMasks = {}): Tensor {
    return this.attention.attentionWeights(this.norm === "pre" ? this.norm1.forward(x) : x, masks);
  }
}
