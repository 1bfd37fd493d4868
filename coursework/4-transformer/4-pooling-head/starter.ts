import type { Tensor } from "@lectern/autograd";
import { Linear, Module } from "@lectern/nn";

/** From a sequence of vectors to classes: the mean over time, and a linear layer. */
export class PoolingHead extends Module {
  /** From the width to the classes. */
  readonly linear: Linear;

  constructor(width: number, classes: number) {
    super();
    this.linear = new Linear(width, classes);
  }

  /**
   * The mean over time, of all positions or, with a mask, of those where it is 1; zeros where it is 0 everywhere.
   * x: [batch, time, width], paddingMask: int32 [batch, time], 1 for a token, 0 for padding -> [batch, width]
   */
  pool(x: Tensor, paddingMask?: Tensor): Tensor {
    throw new Error(`TODO: pool [${x.shape}] ${paddingMask === undefined ? "without a mask" : "by the mask"}`);
  }

  /** x: [batch, time, width], paddingMask as for `pool` -> logits [batch, classes] */
  forward(x: Tensor, paddingMask?: Tensor): Tensor {
    throw new Error(`TODO: pool [${x.shape}] ${paddingMask === undefined ? "" : "by the mask"}, then the linear layer`);
  }
}
