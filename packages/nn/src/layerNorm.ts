import { layerNorm, ones, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes, assertWidth } from "./check.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";

/**
 * Layer normalisation (Ba et al., 2016): each vector is shifted to mean 0 and scaled to variance 1, then scaled and
 * shifted by what is learned. x: [..., width] -> the same.
 */
export class LayerNorm extends Module {
  /** [width] */
  weight: Tensor;
  /** [width] */
  bias: Tensor | undefined;
  /** Added to the variance. */
  readonly eps: number;

  constructor(width: number, options: { eps?: number; bias?: boolean } = {}) {
    super();
    assertSizes("LayerNorm", { width });
    this.eps = options.eps ?? 1e-5;
    this.weight = parameter(ones([width]));
    if (options.bias ?? true) this.bias = parameter(zeros([width]));
  }

  forward(x: Tensor): Tensor {
    assertWidth("LayerNorm", x, this.weight.shape[0]);
    return layerNorm(x, this.weight, this.bias, this.eps);
  }
}
