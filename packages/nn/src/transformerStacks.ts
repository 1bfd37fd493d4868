import type { Tensor } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { CrossAttention } from "./crossAttention.ts";
import { Dropout } from "./dropout.ts";
import { FeedForward } from "./feedForward.ts";
import { LayerNorm } from "./layerNorm.ts";
import { Module } from "./module.ts";
import { type AttentionMasks, MultiHeadAttention } from "./multiHeadAttention.ts";
import { TransformerBlock, type TransformerBlockOptions } from "./transformerBlock.ts";

/** A block, and how many of it. */
export interface TransformerStackOptions extends TransformerBlockOptions {
  /** Blocks on top of each other. */
  layers: number;
}

/** What the stacks end with: a pre-norm one has no norm behind its last block yet. */
const lastNorm = ({ width, norm = "pre", normEps }: TransformerStackOptions) =>
  norm === "pre" ? new LayerNorm(width, { eps: normEps }) : undefined;

/** Blocks in which every position sees all (Vaswani et al., 2017). x: [batch, time, width] -> the same. */
export class TransformerEncoder extends Module {
  readonly blocks: TransformerBlock[];
  norm: LayerNorm | undefined;

  constructor(options: TransformerStackOptions) {
    super();
    assertSizes("TransformerEncoder", { layers: options.layers });
    this.blocks = Array.from({ length: options.layers }, () => new TransformerBlock({ causal: false, ...options }));
    this.norm = lastNorm(options);
  }

  forward(x: Tensor, masks: AttentionMasks = {}): Tensor {
    for (const block of this.blocks) x = block.forward(x, masks);
    return this.norm === undefined ? x : this.norm.forward(x);
  }
}

/** What a decoder may look at, beside itself and what came before. */
export interface DecoderMasks {
  /** Of x: int32 [batch, time], 1 for a token, 0 for padding. */
  paddingMask?: Tensor;
  /** Of the memory: int32 [batch, source]. */
  memoryPaddingMask?: Tensor;
}

/**
 * Attention to what came before, then to the memory, then a small network; each adds to what is there, normalised before or
 * after as in `TransformerBlock`. x: [batch, time, width], memory: [batch, source, width] -> as x.
 */
export class DecoderBlock extends Module {
  norm1: LayerNorm;
  attention: MultiHeadAttention;
  norm2: LayerNorm;
  crossAttention: CrossAttention;
  norm3: LayerNorm;
  mlp: FeedForward;
  readonly dropout: Dropout;
  readonly norm: "pre" | "post";

  constructor(options: TransformerBlockOptions) {
    super();
    const { width, norm = "pre", dropout = 0, normEps: eps } = options;
    this.norm = norm;
    this.norm1 = new LayerNorm(width, { eps });
    this.attention = new MultiHeadAttention({ ...options, causal: true, dropout: options.attentionDropout });
    this.norm2 = new LayerNorm(width, { eps });
    this.crossAttention = new CrossAttention({ ...options, dropout: options.attentionDropout });
    this.norm3 = new LayerNorm(width, { eps });
    this.mlp = new FeedForward(width, options);
    this.dropout = new Dropout(dropout);
  }

  /** One part with its residual and its norm. */
  #add(x: Tensor, norm: LayerNorm, part: (inner: Tensor) => Tensor): Tensor {
    if (this.norm === "pre") return x.add(this.dropout.forward(part(norm.forward(x))));
    return norm.forward(x.add(this.dropout.forward(part(x))));
  }

  forward(x: Tensor, memory: Tensor, { paddingMask, memoryPaddingMask }: DecoderMasks = {}): Tensor {
    x = this.#add(x, this.norm1, (inner) => this.attention.forward(inner, { paddingMask }));
    x = this.#add(x, this.norm2, (inner) => this.crossAttention.forward(inner, memory, memoryPaddingMask));
    return this.#add(x, this.norm3, (inner) => this.mlp.forward(inner));
  }

  /** How much this block's positions attend to the memory's, for looking at: [batch, heads, time, source]. */
  crossAttentionWeights(x: Tensor, memory: Tensor, { paddingMask, memoryPaddingMask }: DecoderMasks = {}): Tensor {
    x = this.#add(x, this.norm1, (inner) => this.attention.forward(inner, { paddingMask }));
    const queries = this.norm === "pre" ? this.norm2.forward(x) : x;
    return this.crossAttention.attentionWeights(queries, memory, memoryPaddingMask);
  }
}

/** Blocks that see what came before, and a memory. x: [batch, time, width], memory: [batch, source, width] -> as x. */
export class TransformerDecoder extends Module {
  readonly blocks: DecoderBlock[];
  norm: LayerNorm | undefined;

  constructor(options: TransformerStackOptions) {
    super();
    assertSizes("TransformerDecoder", { layers: options.layers });
    this.blocks = Array.from({ length: options.layers }, () => new DecoderBlock(options));
    this.norm = lastNorm(options);
  }

  forward(x: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    for (const block of this.blocks) x = block.forward(x, memory, masks);
    return this.norm === undefined ? x : this.norm.forward(x);
  }
}
