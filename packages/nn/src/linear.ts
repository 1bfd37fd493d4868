import { linear, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes, assertWidth } from "./check.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Module } from "./module.ts";

/**
 * A fully connected layer: `y = x Wᵀ + b`. x: [..., inputs] -> [..., outputs].
 * Starts uniform within `1 / sqrt(inputs)`, weight and bias alike, as PyTorch does.
 */
export class Linear extends Module {
  /** [outputs, inputs] */
  weight: Tensor;
  /** [outputs] */
  bias: Tensor | undefined;

  constructor(inputs: number, outputs: number, options: { bias?: boolean } = {}) {
    super();
    assertSizes("Linear", { inputs, outputs });
    this.weight = zeros([outputs, inputs], { requiresGrad: true });
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (options.bias ?? true) {
      const bound = 1 / Math.sqrt(inputs);
      this.bias = uniform_(zeros([outputs], { requiresGrad: true }), -bound, bound);
    }
  }

  forward(x: Tensor): Tensor {
    assertWidth("Linear", x, this.weight.shape[1]);
    return linear(x, this.weight, this.bias);
  }
}
