import { adamW_, type Tensor } from "@lectern/autograd";
import {
  assertNotNegative,
  assertShare,
  type GradScale,
  Optimizer,
  type ParameterGroup,
  type Parameters,
} from "./optimizer.ts";

/** 1 for gradients that have been scaled; 0 in memory where they are not finite, so that nothing moves. */
const counted = (gradScale: GradScale): GradScale => (typeof gradScale === "number" ? 1 : gradScale.gt(0).float());

/** The numbers of Adam and AdamW. */
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
 * freed of their bias towards the zeros they start from, which is gone with the element's own steps: a parameter that is
 * unfrozen late begins at its first. `weightDecay` is an L2 penalty: it is added to the gradient,
 * and so divided too; AdamW does it better.
 */
export class Adam extends Optimizer {
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Whether weight decay moves the parameter itself, in place of adding to its gradient. */
  protected readonly decoupled: boolean = false;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 } = options;
    super(parameters, { lr, weightDecay });
    assertShare(this.name, "betas[0]", betas[0]);
    assertShare(this.name, "betas[1]", betas[1]);
    assertNotNegative(this.name, "eps", eps);
    this.betas = betas;
    this.eps = eps;
  }

  override get slotsPerParameter(): number {
    return 2;
  }

  protected update(parameters: readonly Tensor[], { lr, weightDecay }: ParameterGroup, gradScale: GradScale): void {
    const [beta1, beta2] = this.betas;
    const { eps } = this;
    const isPenalty = weightDecay > 0 && !this.decoupled;
    const updates = parameters.map((p) => ({
      p,
      grad: isPenalty ? p.grad!.mul(gradScale).add(p.mul(weightDecay)) : p.grad!,
      m: this.slot(p, "exp_avg"),
      v: this.slot(p, "exp_avg_sq"),
      step: this.stepsOf(p),
    }));
    const decay = this.decoupled
      ? { weightDecay, gradScale }
      : { weightDecay: 0, gradScale: isPenalty ? counted(gradScale) : gradScale };
    adamW_(updates, { lr, beta1, beta2, eps, ...decay });
  }
}
