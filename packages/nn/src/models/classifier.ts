import type { Tensor } from "@lectern/autograd";
import { assertSizes, assertTokens } from "../check.ts";
import { Dropout } from "../dropout.ts";
import { Embedding } from "../embedding.ts";
import { LayerNorm } from "../layerNorm.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { GlobalAveragePooling, GlobalMaxPooling, type Pooling } from "../pooling.ts";
import { PositionalEmbedding, SinusoidalEncoding } from "../positions.ts";
import { TransformerBlock } from "../transformerBlock.ts";
import type { OptionsOf, Zod } from "./schema.ts";

/** The options of a classifier, declared once, as a GPT's are. */
export const classifierOptions = (z: Zod) =>
  z.strictObject({
    /** Number of different tokens. */
    vocabulary: z.int().min(1).max(10_000_000),
    /** Number of classes. */
    classes: z.int().min(1).max(10_000_000),
    layers: z.int().min(1).max(1000),
    heads: z.int().min(1).max(1000),
    /** Size of the vectors; a multiple of `heads`. */
    width: z.int().min(1).max(100_000),
    /** The longest sequence the model can see, in tokens. */
    context: z.int().min(1).max(10_000_000),
    /** How a sequence becomes one vector; `mean` unless said otherwise. */
    pooling: z.enum(["mean", "max"]).optional(),
    /** Probability of dropout in training; 0 unless said otherwise. */
    dropout: z.number().min(0).lt(1).optional(),
    /** Whether attention's projections have a bias; false unless said otherwise. */
    bias: z.boolean().optional(),
    /** `pre` unless said otherwise; with `post` there is no norm before pooling, for the last block ends in one. */
    norm: z.enum(["pre", "post"]).optional(),
    /** `learned` unless said otherwise; `rotary` ones are not added to tokens, but turn queries and keys. */
    positions: z.enum(["learned", "sinusoidal", "rotary"]).optional(),
  });

/** What a `TransformerClassifier` is made with. */
export type TransformerClassifierOptions = OptionsOf<typeof classifierOptions>;

/** Classifies sequences: transformer blocks in which every position sees all, pooled to one vector. */
export class TransformerClassifier extends Module {
  /** What it was made with: enough to make it again. */
  readonly options: Readonly<TransformerClassifierOptions>;
  tokens: Embedding;
  positions: PositionalEmbedding | SinusoidalEncoding | undefined;
  readonly dropout: Dropout;
  readonly blocks: TransformerBlock[];
  norm: LayerNorm | undefined;
  pooling: Pooling;
  head: Linear;

  /** Errors: a size that is no whole number from 1, or a width that the heads do not divide. */
  constructor(options: TransformerClassifierOptions) {
    super();
    const { vocabulary, classes, layers, heads, width, context, dropout = 0, bias, norm = "pre" } = options;
    assertSizes("TransformerClassifier", { vocabulary, classes, layers, heads, width, context });
    this.options = { ...options };
    this.tokens = new Embedding(vocabulary, width);
    const rotary = options.positions === "rotary" ? context : undefined;
    const Positions = options.positions === "sinusoidal" ? SinusoidalEncoding : PositionalEmbedding;
    if (rotary === undefined) this.positions = new Positions(context, width);
    this.dropout = new Dropout(dropout);
    this.blocks = Array.from(
      { length: layers },
      () => new TransformerBlock({ width, heads, causal: false, dropout, bias, norm, rotary }),
    );
    if (norm === "pre") this.norm = new LayerNorm(width);
    this.pooling = options.pooling === "max" ? new GlobalMaxPooling() : new GlobalAveragePooling();
    this.head = new Linear(width, classes, { bias: false });
  }

  /** Tokens to vectors, before the first block. */
  #embed(tokens: Tensor): Tensor {
    assertTokens("TransformerClassifier", tokens, this.options.context);
    return this.dropout.forward(this.positions?.embed(tokens, this.tokens) ?? this.tokens.forward(tokens));
  }

  /**
   * tokens: int32 [batch, time], paddingMask: int32 [batch, time], 1 for a token, 0 for padding -> logits [batch, classes].
   * Errors: a time longer than the context, a token outside the vocabulary (also where it is padding).
   */
  forward(tokens: Tensor, paddingMask?: Tensor): Tensor {
    let x = this.#embed(tokens);
    for (const block of this.blocks) x = block.forward(x, { paddingMask });
    if (this.norm !== undefined) x = this.norm.forward(x);
    return this.head.forward(this.pooling.forward(x, paddingMask));
  }

  /** Who attends to whom, for looking at: for each layer, [batch, heads, time, time]. */
  attentionWeights(tokens: Tensor, paddingMask?: Tensor): Tensor[] {
    let x = this.#embed(tokens);
    return this.blocks.map((block) => {
      const weights = block.attentionWeights(x, { paddingMask });
      x = block.forward(x, { paddingMask });
      return weights;
    });
  }
}
