import type { Tensor } from "@lectern/autograd";

/**
 * Softmax of each row: y_i = exp(x_i) / sum_j exp(x_j).
 * x: [rows, n] -> [rows, n]
 */
export function softmax(x: Tensor): Tensor {
  const powers = x.sub(x.max(-1, { keepDim: true })).exp();
  return powers.div(powers.sum(-1, { keepDim: true }));
}
