import type { Tensor } from "@lectern/autograd";
import { Linear } from "@lectern/nn";

export interface LoRAOptions {
  /** How many numbers the update squeezes its input through. */
  rank: number;
  /** The update counts alpha / rank times. */
  alpha: number;
}

/**
 * A linear layer with a low-rank adapter (Hu et al., 2021): y = x Wᵀ + b + alpha / rank · (x Aᵀ) Bᵀ, in which W and b stay as they are,
 * and A and B are learned. x: [..., inputs] -> [..., outputs]
 */
export class LoRALinear extends Linear {
  /** A: [rank, inputs] */
  readonly down: Tensor;
  /** B: [outputs, rank] */
  readonly up: Tensor;

  /** Takes weight [outputs, inputs] and bias [outputs], or none, of a layer over, and freezes them: requiresGrad_(false). */
  constructor(layer: Linear, { rank, alpha }: LoRAOptions) {
    // What super makes is replaced: a Linear can be no smaller.
    super(1, 1, { bias: false });
    this.weight = layer.weight;
    this.bias = layer.bias;
    // TODO: freeze both; make A, random and small, and B, all zeros. Both are parameters: parameter(…) of @lectern/nn.
    throw new Error(`TODO: make A and B of rank ${rank}, for alpha ${alpha}`);
  }

  override forward(x: Tensor): Tensor {
    throw new Error(`TODO: give the layer's output plus the adapter's for [${x.shape}]`);
  }

  /** A new plain layer that computes the same: its weight is W + alpha / rank · B A. This layer stays as it is. */
  merged(): Linear {
    throw new Error("TODO: give a Linear with the merged weight, and the bias");
  }
}
