import { type Tensor, where } from "@lectern/autograd";
import { assertNotNegative, type GradScale, Optimizer, type ParameterGroup, type Parameters } from "./optimizer.ts";

/** The numbers of stochastic gradient descent. */
export interface SGDOptions {
  lr?: number;
  /** Share of the last step's direction that is kept. */
  momentum?: number;
  /** Share of the gradient that momentum leaves out. */
  dampening?: number;
  /** Look ahead along the momentum (Sutskever et al., 2013). */
  nesterov?: boolean;
  /** L2 penalty: adds `weightDecay * p` to the gradient. */
  weightDecay?: number;
}

/**
 * Stochastic gradient descent (Robbins & Monro, 1951), as PyTorch has it:
 * `g += weightDecay * p; b = momentum * b + (1 - dampening) * g` (b = g at first);
 * `p -= lr * b`, or `p -= lr * (g + momentum * b)` with Nesterov.
 */
export class SGD extends Optimizer {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;

  constructor(parameters: Parameters, options: SGDOptions = {}) {
    const { lr = 1e-3, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    super(parameters, { lr, weightDecay });
    assertNotNegative("SGD", "momentum", momentum);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new RangeError("SGD: nesterov needs a momentum above 0 and no dampening");
    }
    this.momentum = momentum;
    this.dampening = dampening;
    this.nesterov = nesterov;
  }

  override get slotsPerParameter(): number {
    return this.momentum > 0 ? 1 : 0;
  }

  protected update(parameters: readonly Tensor[], { lr, weightDecay }: ParameterGroup, gradScale: GradScale): void {
    // Where the scale is in memory, 0 or no number there says that the gradients are not finite: then nothing moves.
    const moves = typeof gradScale === "number" ? undefined : gradScale.gt(0);
    const rate = moves === undefined ? lr : moves.float().mul(lr);
    for (const p of parameters) {
      let direction = gradScale === 1 ? p.grad! : p.grad!.mul(gradScale);
      if (moves !== undefined) direction = where(moves, direction, 0);
      if (weightDecay > 0) direction = direction.add(p.mul(weightDecay));
      if (this.momentum > 0) direction = this.#withMomentum(p, direction);
      p.sub_(direction.mul(rate));
    }
  }

  #withMomentum(p: Tensor, direction: Tensor): Tensor {
    const { momentum, dampening, nesterov } = this;
    const started = this.has(p, "momentum_buffer");
    const buffer = this.slot(p, "momentum_buffer");
    if (started) buffer.mul_(momentum).add_(direction.mul(1 - dampening));
    else buffer.copy_(direction);
    return nesterov ? direction.add(buffer.mul(momentum)) : buffer;
  }
}
