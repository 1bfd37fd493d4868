import type { Tensor } from "@lectern/autograd";
import { assertSequence } from "./check.ts";
import { Module } from "./module.ts";

/**
 * Self-attention at its simplest, without a single parameter: `y = softmax(x xᵀ) x`. Each output is a mean of all
 * inputs, weighted by how well they go along with the one in its place. x: [batch, time, width] -> the same.
 *
 * The next steps are `SingleHeadAttention` and `MultiHeadAttention`.
 */
export class SelfAttention extends Module {
  /** How much each position (a row) attends to each other; rows sum to 1. x: [batch, time, width] -> [batch, time, time]. */
  attentionWeights(x: Tensor): Tensor {
    assertSequence("SelfAttention", x);
    return x.matmul(x.T).softmax(-1);
  }

  forward(x: Tensor): Tensor {
    return this.attentionWeights(x).matmul(x);
  }
}
