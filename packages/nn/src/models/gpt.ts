import { noGrad, type Tensor, zeros } from "@lectern/autograd";
import { GELU, ReLU, SiLU } from "../activations.ts";
import { assertSizes, assertTokens } from "../check.ts";
import { Dropout } from "../dropout.ts";
import { Embedding } from "../embedding.ts";
import { normal_, uniform_, zeros_ } from "../init.ts";
import { type CachedOptions, KeyValueCache, lastPosition } from "../keyValueCache.ts";
import { LayerNorm } from "../layerNorm.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { PositionalEmbedding, SinusoidalEncoding } from "../positions.ts";
import { TransformerBlock } from "../transformerBlock.ts";
import type { OptionsOf, Zod } from "./schema.ts";

/**
 * The options of a GPT, declared once: their type is what the schema takes. Files are checked by it; its upper bounds keep a
 * damaged one from asking for more than any machine has.
 */
export const gptOptions = (z: Zod) =>
  z.strictObject({
    /** Number of different tokens. */
    vocabulary: z.int().min(1).max(10_000_000),
    layers: z.int().min(1).max(1000),
    heads: z.int().min(1).max(1000),
    /** Size of the vectors; a multiple of `heads`. */
    width: z.int().min(1).max(100_000),
    /** The longest sequence the model can see, in tokens. */
    context: z.int().min(1).max(10_000_000),
    /** Probability of dropout in training; 0 unless said otherwise. */
    dropout: z.number().min(0).lt(1).optional(),
    /** Whether the head uses the token embedding's weights (Press and Wolf, 2016); true unless said otherwise. */
    tiedHead: z.boolean().optional(),
    /** Whether attention's projections have a bias; false unless said otherwise. */
    bias: z.boolean().optional(),
    /** `pre` unless said otherwise; with `post` there is no norm before the head, for the last block ends in one. */
    norm: z.enum(["pre", "post"]).optional(),
    /** Width in the middle of each block's network; four times the width unless said otherwise. */
    hidden: z.int().min(1).max(1_000_000).optional(),
    /** The exact GELU unless said otherwise; GPT-2 has its approximation, `geluTanh`. */
    activation: z.enum(["gelu", "geluTanh", "relu", "silu"]).optional(),
    /** Added to the variance in layer norms; 1e-5 unless said otherwise. */
    normEps: z.number().positive().optional(),
    /** `learned` unless said otherwise; `rotary` ones are not added to tokens, but turn queries and keys. */
    positions: z.enum(["learned", "sinusoidal", "rotary"]).optional(),
  });

/** What a `GPT` is made with. */
export type GPTOptions = OptionsOf<typeof gptOptions>;

const ACTIVATIONS = {
  gelu: () => new GELU(),
  geluTanh: () => new GELU("tanh"),
  relu: () => new ReLU(),
  silu: () => new SiLU(),
};

/**
 * Language model: predicts each next token from those before it (Radford et al., 2019).
 *
 * ```ts
 * import { tensor } from "@lectern/autograd";
 * import { GPT } from "@lectern/nn";
 *
 * const model = new GPT({ vocabulary: 65, layers: 4, heads: 4, width: 128, context: 64 });
 * const logits = model.forward(tensor([[1, 2, 3]], { dtype: "int32" })); // [1, 3, 65]
 * ```
 */
export class GPT extends Module {
  /** What it was made with: enough to make it again. */
  readonly options: Readonly<GPTOptions>;
  tokens: Embedding;
  positions: PositionalEmbedding | SinusoidalEncoding | undefined;
  readonly dropout: Dropout;
  readonly blocks: TransformerBlock[];
  norm: LayerNorm | undefined;
  head: Linear;

  /** Errors: a size that is no whole number from 1, or a width that the heads do not divide. */
  constructor(options: GPTOptions) {
    super();
    const { vocabulary, layers, heads, width, context, dropout = 0, tiedHead = true, bias, norm = "pre" } = options;
    const { hidden, activation = "gelu", normEps } = options;
    assertSizes("GPT", { vocabulary, layers, heads, width, context });
    this.options = { ...options };
    this.tokens = new Embedding(vocabulary, width);
    const rotary = options.positions === "rotary" ? context : undefined;
    const Positions = options.positions === "sinusoidal" ? SinusoidalEncoding : PositionalEmbedding;
    if (rotary === undefined) this.positions = new Positions(context, width);
    this.dropout = new Dropout(dropout);
    this.blocks = Array.from(
      { length: layers },
      () =>
        new TransformerBlock({
          ...{ width, heads, causal: true, dropout, bias, norm, hidden, normEps, rotary },
          activation: ACTIVATIONS[activation](),
        }),
    );
    if (norm === "pre") this.norm = new LayerNorm(width, { eps: normEps });
    // A draw for the weights that a tied head does not have: a seed gives the same model whether it is tied or not.
    if (tiedHead) uniform_(zeros([0]));
    this.head = new Linear(width, vocabulary, { bias: false, weight: tiedHead ? this.tokens.weight : undefined });
    this.#initialize();
  }

  /** As GPT-2: what is added to the residual stream starts the smaller, the more layers add to it. */
  #initialize(): void {
    const residual = 0.02 / Math.sqrt(2 * this.blocks.length);
    for (const [name, parameter] of this.namedParameters()) {
      const addsToResidual = name.endsWith("attention.out.weight") || name.endsWith("mlp.2.weight");
      if (parameter.rank === 2) normal_(parameter, 0, addsToResidual ? residual : 0.02);
      else if (name.endsWith("bias")) zeros_(parameter);
    }
  }

  /** Tokens to vectors, before the first block. */
  #embed(tokens: Tensor, start = 0): Tensor {
    assertTokens("GPT", tokens, this.options.context);
    const { positions } = this;
    return this.dropout.forward(positions?.embed(tokens, this.tokens, start) ?? this.tokens.forward(tokens));
  }

  /** Vectors to logits, behind the last block. */
  #predict(x: Tensor): Tensor {
    if (this.norm !== undefined) x = this.norm.forward(x);
    return this.head.isTiedTo(this.tokens) ? this.tokens.unembed(x) : this.head.forward(x);
  }

  /**
   * tokens: int32 [batch, time] -> logits [batch, time, vocabulary], for the token that follows each.
   * Errors: a time longer than the context, a token outside the vocabulary.
   */
  forward(tokens: Tensor): Tensor {
    let x = this.#embed(tokens);
    for (const block of this.blocks) x = block.forward(x);
    return this.#predict(x);
  }

  /** Memory for a generation of `batch` sequences next to each other, as long as the context. */
  makeCache(batch = 1): KeyValueCache {
    return new KeyValueCache({ ...this.options, batch, device: this.tokens.weight.device });
  }

  /**
   * Goes on behind the tokens that the cache has seen, and adds the new ones to it: the whole prompt first, then what is
   * generated, one at a time. tokens: int32 [batch, time] -> logits [batch, time, vocabulary] for the new positions, as
   * `forward` gives them for the whole sequence; with `last` for the last of them alone, [batch, 1, vocabulary], which is all
   * that generation looks at, and saves a long prompt most of the last block's work and the head's. Records no gradients.
   * Errors: more tokens than the context has left, another batch than the cache's, a token outside the vocabulary.
   */
  forwardCached(tokens: Tensor, cache: KeyValueCache, { last = false }: CachedOptions = {}): Tensor {
    return noGrad(() => {
      cache.assertRoom(tokens);
      let x = this.#embed(tokens, cache.length);
      const { blocks } = this;
      for (const [i, block] of blocks.entries()) {
        x = block.forwardCached(x, cache.layer(i), { last: last && i === blocks.length - 1 });
      }
      cache.advance(tokens.shape[1]);
      return this.#predict(last ? lastPosition(x) : x);
    });
  }

  /** Who attends to whom, for looking at: for each layer, [batch, heads, time, time]. tokens: int32 [batch, time]. */
  attentionWeights(tokens: Tensor): Tensor[] {
    let x = this.#embed(tokens);
    return this.blocks.map((block) => {
      const weights = block.attentionWeights(x);
      x = block.forward(x);
      return weights;
    });
  }
}
