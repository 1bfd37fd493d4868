import type { Tensor } from "@lectern/autograd";
import { Embedding, LayerNorm, Linear, Module, PositionalEmbedding, TransformerBlock } from "@lectern/nn";

/** What a model of this kind is made with. */
export interface WriterOptions {
  /** Number of different characters. */
  readonly vocabulary: number;
  /** Size of the vectors; a multiple of `heads`. */
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  /** The longest text that the model can see, in characters. */
  readonly context: number;
}

/** A small transformer that predicts each next character from those before it. */
export class Writer extends Module {
  readonly options: WriterOptions;
  readonly characters: Embedding;
  readonly positions: PositionalEmbedding;
  readonly blocks: TransformerBlock[];
  readonly norm: LayerNorm;
  readonly head: Linear;

  constructor(options: WriterOptions) {
    super();
    const { vocabulary, width, heads, layers, context } = options;
    this.options = options;
    this.characters = new Embedding(vocabulary, width);
    this.positions = new PositionalEmbedding(context, width);
    this.blocks = Array.from({ length: layers }, () => new TransformerBlock({ width, heads, causal: true }));
    this.norm = new LayerNorm(width);
    this.head = new Linear(width, vocabulary);
  }

  /** tokens: int32 [batch, time] -> the next character's logits, [batch, time, vocabulary] */
  forward(tokens: Tensor): Tensor {
    let x = this.positions.forward(this.characters.forward(tokens));
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x));
  }
}
