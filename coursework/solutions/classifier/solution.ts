import { crossEntropy, type Tensor } from "@lectern/autograd";
import * as nn from "@lectern/nn";

export interface ClassifierOptions {
  /** Number of different tokens. */
  vocabulary: number;
  classes: number;
  /** Number of blocks. */
  layers: number;
  heads: number;
  /** Size of the vectors. */
  width: number;
  /** The longest sequence, in tokens. */
  context: number;
}

export interface LabelledBatch {
  /** int32 [batch, time] */
  tokens: Tensor;
  /** int32 [batch, time], 1 for a token, 0 for padding */
  paddingMask: Tensor;
  /** int32 [batch], the number of each sequence's class */
  labels: Tensor;
}

/** Classifies sequences: transformer blocks in which every position sees all, pooled to one vector. */
export class Classifier extends nn.Module {
  readonly tokens: nn.Embedding;
  readonly positions: nn.PositionalEmbedding;
  readonly blocks: nn.TransformerBlock[];
  readonly norm: nn.LayerNorm;
  readonly pooling: nn.GlobalAveragePooling;
  readonly head: nn.Linear;

  constructor({ vocabulary, classes, layers, heads, width, context }: ClassifierOptions) {
    super();
    this.tokens = new nn.Embedding(vocabulary, width);
    this.positions = new nn.PositionalEmbedding(context, width);
    this.blocks = Array.from({ length: layers }, () => new nn.TransformerBlock({ width, heads, causal: false }));
    this.norm = new nn.LayerNorm(width);
    this.pooling = new nn.GlobalAveragePooling();
    this.head = new nn.Linear(width, classes);
  }

  /** tokens: int32 [batch, time], paddingMask: int32 [batch, time] -> logits [batch, classes] */
  forward(tokens: Tensor, paddingMask?: Tensor): Tensor {
    let x = this.positions.forward(this.tokens.forward(tokens));
    for (const block of this.blocks) x = block.forward(x, { paddingMask });
    x = this.norm.forward(x);
    return this.head.forward(this.pooling.forward(x, paddingMask));
  }

  loss({ tokens, paddingMask, labels }: LabelledBatch): Tensor {
    return crossEntropy(this.forward(tokens, paddingMask), labels);
  }
}
