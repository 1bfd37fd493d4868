import type { Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";

/** From a sequence of vectors to classes: the mean over time, and a linear layer. */
export class PoolingHead extends Module {
  readonly linear: Linear;

  constructor(width: number, classes: number) {
    super();
    this.linear = new Linear(width, classes);
  }

  /** x: [batch, time, width], paddingMask: int32 [batch, time] -> [batch, width] */
  pool(x: Tensor, paddingMask?: Tensor): Tensor {
    if (paddingMask === undefined) return x.mean(1);
    const seen = paddingMask.unsqueeze(-1).float();
    return x.mul(seen).sum(1).div(seen.sum(1).clamp(1));
  }

  forward(x: Tensor, paddingMask?: Tensor): Tensor {
    return this.linear.forward(this.pool(x, paddingMask));
  }
}
