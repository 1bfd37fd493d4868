import { causalMask, type Tensor } from "@lectern/autograd";
import { assertSequence } from "./check.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

/**
 * Self-attention with its three roles apart: every position asks a query, offers a key, and gives a value (Vaswani et
 * al., 2017). Written out op by op, to be read. x: [batch, time, width] -> the same.
 *
 * It builds on `SelfAttention`; `MultiHeadAttention` does it several times at once.
 */
export class SingleHeadAttention extends Module {
  toQueries: Linear;
  toKeys: Linear;
  toValues: Linear;
  /** Whether a position sees only itself and those before it. */
  readonly causal: boolean;

  constructor(width: number, options: { causal?: boolean } = {}) {
    super();
    this.causal = options.causal ?? false;
    this.toQueries = new Linear(width, width, { bias: false });
    this.toKeys = new Linear(width, width, { bias: false });
    this.toValues = new Linear(width, width, { bias: false });
  }

  /** How much each position (a row) attends to each other; rows sum to 1. x: [batch, time, width] -> [batch, time, time]. */
  attentionWeights(x: Tensor): Tensor {
    assertSequence("SingleHeadAttention", x);
    const [, time, width] = x.shape;
    const queries = this.toQueries.forward(x);
    const keys = this.toKeys.forward(x);
    // A dot product of `width` numbers of variance 1 has variance `width`; softmax would saturate.
    let scores = queries.matmul(keys.T).div(Math.sqrt(width));
    if (this.causal) {
      const seen = causalMask(time, time, x.device);
      scores = scores.maskedFill(seen.eq(0), Number.NEGATIVE_INFINITY);
    }
    return scores.softmax(-1);
  }

  forward(x: Tensor): Tensor {
    return this.attentionWeights(x).matmul(this.toValues.forward(x));
  }
}
