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

  /** p -= lr (weightDecay p + m' / (sqrt(v') + eps)), with averages m' and v' that are freed of their start at zero. */
  protected update(parameters: readonly Tensor[], { lr, weightDecay }: ParameterGroup, gradScale: GradScale): void {
    const [beta1, beta2] = this.betas;
    for (const p of parameters) {
      const t = this.stepsOf(p);
      const grad = p.grad!.mul(gradScale);
      const m = this.slot(p, "m");
      const v = this.slot(p, "v");
      m.mul_(beta1).add_(grad.mul(1 - beta1));
      v.mul_(beta2).add_(grad.square().mul(1 - beta2));
      const mean = m.div(1 - beta1 ** t);
      const square = v.div(1 - beta2 ** t);
      const size = square.sqrt().add(this.eps);
      p.mul_(1 - lr * weightDecay);
      p.sub_(mean.div(size).mul(lr));
    }
  }
}
