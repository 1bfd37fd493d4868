import type { Tensor } from "@lectern/autograd";
import { type GradScale, Optimizer, type ParameterGroup, type Parameters } from "@lectern/train";

export interface AdamWOptions {
  lr?: number;
  /** beta1 and beta2: what share of the averages is kept at each step. */
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
}

/** AdamW: Adam with decoupled weight decay (Loshchilov & Hutter, 2019). */
export class AdamW extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;

  constructor(parameters: Parameters, options: AdamWOptions = {}) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 } = options;
    super(parameters, { lr, weightDecay });
    this.betas = betas;
    this.eps = eps;
  }

  /**
   * One step: moves each of the parameters in place. Nothing is recorded while it runs. For each parameter p
   *   p.grad! times gradScale      is its gradient g (gradScale is what clipping gives: a number or a tensor of one)
   *   this.slot(p, "m")            a tensor of p's shape, zeros at first, which is there again at the next step:
   *   this.slot(p, "v")            the averages of g and of its square, which you change in place (mul_, add_, copy_)
   *   this.stepsOf(p)              how many steps p has taken, this one included: t
   *   this.betas, this.eps, lr, weightDecay
   */
  protected update(parameters: readonly Tensor[], { lr, weightDecay }: ParameterGroup, gradScale: GradScale): void {
    throw new Error(`TODO: move ${parameters.length} parameters, lr ${lr}, decay ${weightDecay}, scale ${gradScale}`);
  }
}
