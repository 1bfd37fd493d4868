import type { Tensor } from "@lectern/autograd";

/**
 * Softmax of each row: y_i = exp(x_i) / sum_j exp(x_j).
 * x: [rows, n] -> [rows, n]
 */
export function softmax(x: Tensor): Tensor {
  throw new Error(`TODO: x has the shape [${x.shape}]; give a tensor of the same shape`);
}
