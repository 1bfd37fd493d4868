import { crossEntropy, type Tensor } from "@lectern/autograd";
import { assertSizes, assertTokens } from "../check.ts";
import { Dropout } from "../dropout.ts";
import { Embedding } from "../embedding.ts";
import { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { PositionalEmbedding, SinusoidalEncoding } from "../positions.ts";
import { TransformerDecoder, TransformerEncoder } from "../transformerStacks.ts";

/** What an `EncoderDecoder` is made with. */
export interface EncoderDecoderOptions {
  /** Number of different tokens in what is read. */
  sourceVocabulary: number;
  /** Number of different tokens in what is written. */
  targetVocabulary: number;
  /** Blocks of the encoder, and as many of the decoder. */
  layers: number;
  heads: number;
  /** Size of the vectors; a multiple of `heads`. */
  width: number;
  /** The longest source and the longest target, in tokens. */
  context: number;
  /** Probability of dropout in training; 0 unless said otherwise. */
  dropout?: number;
  /** Whether attention's projections have a bias; false unless said otherwise. */
  bias?: boolean;
  /** `post` unless said otherwise, as in the original; `pre` trains without warm-up. */
  norm?: "pre" | "post";
  /** `sinusoidal` unless said otherwise, as in the original. */
  positions?: "learned" | "sinusoidal";
}

/**
 * The original transformer (Vaswani et al., 2017): an encoder reads the whole source, a decoder writes the target token
 * after token and looks at what the encoder made.
 */
export class EncoderDecoder extends Module {
  /** What it was made with: enough to make it again. */
  readonly options: Readonly<EncoderDecoderOptions>;
  source: Embedding;
  target: Embedding;
  sourcePositions: PositionalEmbedding | SinusoidalEncoding;
  targetPositions: PositionalEmbedding | SinusoidalEncoding;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  head: Linear;

  /** Errors: a size that is no whole number from 1, or a width that the heads do not divide. */
  constructor(options: EncoderDecoderOptions) {
    super();
    const { sourceVocabulary, targetVocabulary, width, context, dropout = 0, norm = "post" } = options;
    assertSizes("EncoderDecoder", { sourceVocabulary, targetVocabulary, width, context });
    this.options = { ...options };
    const Positions = options.positions === "learned" ? PositionalEmbedding : SinusoidalEncoding;
    this.source = new Embedding(sourceVocabulary, width);
    this.target = new Embedding(targetVocabulary, width);
    this.sourcePositions = new Positions(context, width);
    this.targetPositions = new Positions(context, width);
    this.dropout = new Dropout(dropout);
    this.encoder = new TransformerEncoder({ ...options, norm });
    this.decoder = new TransformerDecoder({ ...options, norm });
    this.head = new Linear(width, targetVocabulary, { bias: false });
  }

  #embed(tokens: Tensor, table: Embedding, positions: PositionalEmbedding | SinusoidalEncoding): Tensor {
    assertTokens("EncoderDecoder", tokens, this.options.context);
    return this.dropout.forward(positions.embed(tokens, table));
  }

  /** What the decoder looks at. source: int32 [batch, time], mask: 1 for a token, 0 for padding -> [batch, time, width]. */
  encode(source: Tensor, sourceMask?: Tensor): Tensor {
    return this.encoder.forward(this.#embed(source, this.source, this.sourcePositions), { paddingMask: sourceMask });
  }

  /** Logits of the token behind each. target: int32 [batch, time], memory: what `encode` gave -> [batch, time, vocabulary]. */
  decode(target: Tensor, memory: Tensor, sourceMask?: Tensor): Tensor {
    const x = this.#embed(target, this.target, this.targetPositions);
    return this.head.forward(this.decoder.forward(x, memory, { memoryPaddingMask: sourceMask }));
  }

  /** source, target: int32 [batch, time] -> logits [batch, time, vocabulary] for the token that follows each of the target. */
  forward(source: Tensor, target: Tensor, sourceMask?: Tensor): Tensor {
    return this.decode(target, this.encode(source, sourceMask), sourceMask);
  }

  /** Mean cross entropy, in nats a token, of what follows each of the target's; a wanted token of -100 does not count. */
  loss(source: Tensor, target: Tensor, wanted: Tensor, sourceMask?: Tensor): Tensor {
    return crossEntropy(this.forward(source, target, sourceMask), wanted);
  }

  /** Which of the source each of the target looks at, for looking at: for each layer, [batch, heads, target, source]. */
  crossAttentionWeights(source: Tensor, target: Tensor, sourceMask?: Tensor): Tensor[] {
    const memory = this.encode(source, sourceMask);
    const masks = { memoryPaddingMask: sourceMask };
    let x = this.#embed(target, this.target, this.targetPositions);
    return this.decoder.blocks.map((block) => {
      const weights = block.crossAttentionWeights(x, memory, masks);
      x = block.forward(x, memory, masks);
      return weights;
    });
  }
}
