import type { Tensor } from "@lectern/autograd";
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

  /**
   * Makes the layers: new nn.Embedding(vocabulary, width), new nn.PositionalEmbedding(context, width), `layers` times
   * new nn.TransformerBlock({ width, heads, causal: … }), new nn.LayerNorm(width), new nn.GlobalAveragePooling(), and the head, a
   * nn.Linear from the width to the classes.
   */
  constructor({ layers, width, classes }: ClassifierOptions) {
    super();
    throw new Error(
      `TODO: make ${layers} blocks of the width ${width}, and what stands around them, for ${classes} classes`,
    );
  }

  /**
   * The tokens' vectors, plus those of the positions; the blocks; the norm; the pooling; the head.
   * tokens: int32 [batch, time], paddingMask: int32 [batch, time] -> logits [batch, classes]
   */
  forward(tokens: Tensor, paddingMask?: Tensor): Tensor {
    throw new Error(`TODO: classify [${tokens.shape}] ${paddingMask === undefined ? "" : "by the mask"}`);
  }

  /** The mean cross entropy of a batch, one number: crossEntropy of @lectern/autograd. */
  loss({ labels }: LabelledBatch): Tensor {
    throw new Error(`TODO: give the mean loss of ${labels.shape} sequences`);
  }
}
