import { ones, type Tensor } from "@lectern/autograd";
import { assertSizes, assertWidth } from "./check.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";

/**
 * Root mean square normalisation (Zhang and Sennrich, 2019): each vector is scaled to a mean square of 1, then by what is
 * learned. It is layer normalisation without the shift. x: [..., width] -> the same.
 */
export class RMSNorm extends Module {
  /** [width] */
  weight: Tensor;
  /** Added to the mean square; float32's own step at 1 unless said otherwise, as in PyTorch. */
  readonly eps: number;

  constructor(width: number, options: { eps?: number } = {}) {
    super();
    assertSizes("RMSNorm", { width });
    this.eps = options.eps ?? 2 ** -23;
    this.weight = parameter(ones([width]));
  }

  forward(x: Tensor): Tensor {
    assertWidth("RMSNorm", x, this.weight.shape[0]);
    const scale = x.square().mean(-1, { keepDim: true }).add(this.eps).rsqrt();
    return x.mul(scale).mul(this.weight);
  }
}
