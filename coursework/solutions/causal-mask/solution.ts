import { ones, type Tensor } from "@lectern/autograd";

/**
 * Weights of an attention whose positions do not see what comes behind them: softmax along the last axis of the scores, of which
 * those with j > i are made minus infinity first. Rows sum to one, and above the diagonal there are zeros.
 * scores: [..., time, time] -> [..., time, time]
 */
export function causalWeights(scores: Tensor): Tensor {
  const time = scores.shape[scores.rank - 1];
  const future = ones([time, time], { dtype: "int32", device: scores.device }).triu(1);
  return scores.maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1);
}
