import { ones, type Tensor, zeros } from "@lectern/autograd";
import { Module, parameter } from "@lectern/nn";

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
    this.weight = parameter(ones([width]));
    this.bias = parameter(zeros([width]));
    this.eps = eps;
  }

  forward(x: Tensor): Tensor {
    const centred = x.sub(x.mean(-1, { keepDim: true }));
    const variance = centred.square().mean(-1, { keepDim: true });
    const normal = centred.div(variance.add(this.eps).sqrt());
    return normal.mul(this.weight).add(this.bias);
  }
}
