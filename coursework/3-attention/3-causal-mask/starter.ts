import type { Tensor } from "@lectern/autograd";

/**
 * Weights of an attention whose positions do not see what comes behind them: softmax along the last axis of the scores, of which
 * those with j > i are made minus infinity first. Rows sum to one, and above the diagonal there are zeros.
 * scores: [..., time, time] -> [..., time, time]
 */
export function causalWeights(scores: Tensor): Tensor {
  throw new Error(`TODO: scores have the shape [${scores.shape}]; give weights of the same shape`);
}
