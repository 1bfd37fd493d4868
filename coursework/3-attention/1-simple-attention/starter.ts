import type { Tensor } from "@lectern/autograd";

/**
 * Self-attention without parameters: y = softmax(x xᵀ) x. Each output is a mean of all vectors of its sequence, weighted by how
 * well they go along with the one in its place; the weights in a row sum to one.
 * x: [batch, time, width] -> [batch, time, width]
 */
export function attention(x: Tensor): Tensor {
  throw new Error(`TODO: x has the shape [${x.shape}]; give a tensor of the same shape`);
}
