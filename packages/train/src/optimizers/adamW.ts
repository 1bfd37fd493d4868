import { Adam, type AdamOptions } from "./adam.ts";
import type { Parameters } from "./optimizer.ts";

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, 2019): `p -= lr * weightDecay * p` besides Adam's step, so that
 * the decay of an element does not depend on how large its gradients are. `weightDecay` is 0.01 unless said otherwise.
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    super(parameters, { weightDecay: 0.01, ...options });
  }
}
