import type { Tensor } from "@lectern/autograd";
import { Module } from "@lectern/nn";

/**
 * Layer normalisation (Ba et al., 2016) of each vector along the last axis: y = weight (x - mean) / √(variance + eps) + bias.
 * The variance is the mean of the squared distances from the mean. x: [..., width] -> the same.
 */
export class LayerNorm extends Module {
  /** A parameter of [width], ones at first. */
  readonly weight: Tensor;
  /** A parameter of [width], zeros at first. */
  readonly bias: Tensor;
  readonly eps: number;

  constructor(width: number, eps = 1e-5) {
    super();
    throw new Error(`TODO: LayerNorm's constructor, for a width of ${width} and an eps of ${eps}`);
  }

  forward(x: Tensor): Tensor {
    throw new Error(`TODO: LayerNorm.forward, for x of the shape [${x.shape}]`);
  }
}
