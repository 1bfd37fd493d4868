import type { Tensor } from "@lectern/autograd";
import { assertNotNegative, assertShare, Optimizer, type ParameterGroup, type Parameters } from "./optimizer.ts";

export interface AdamOptions {
  lr?: number;
  /** How slowly the averages of the gradient and of its square forget. */
  betas?: readonly [number, number];
  /** Added to the divisor. */
  eps?: number;
  weightDecay?: number;
}

/**
 * Adam (Kingma & Ba, 2015): each element's step is its average gradient over the root of its average square, both
 * freed of their bias towards the zeros they start from. `weightDecay` is an L2 penalty: it is added to the gradient,
 * and so divided too; AdamW does it better.
 */
export class Adam extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    super(parameters, { lr, weightDecay });
    assertShare(this.name, "betas[0]", betas[0]);
    assertShare(this.name, "betas[1]", betas[1]);
    assertNotNegative(this.name, "eps", eps);
    this.betas = betas;
    this.eps = eps;
  }

  protected update(p: Tensor, grad: Tensor, { lr, weightDecay }: ParameterGroup, gradScale: number): void {
    if (weightDecay === 0) this.move(p, grad, lr, 0, gradScale);
    else this.move(p, grad.mul(gradScale).add(p.mul(weightDecay)), lr, 0, 1);
  }

  /** One call of the device's kernel, which changes the parameter and both averages in place. */
  protected move(p: Tensor, grad: Tensor, lr: number, weightDecay: number, gradScale: number): void {
    const mean = this.slot(p, "exp_avg");
    const square = this.slot(p, "exp_avg_sq");
    const [beta1, beta2] = this.betas;
    const { eps, steps } = this;
    p.device.adamW(p, grad, mean, square, { lr, beta1, beta2, eps, weightDecay, step: steps, gradScale });
    for (const changed of [p, mean, square]) changed.storage.version++;
  }
}
