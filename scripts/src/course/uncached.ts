import type { Tensor } from "@lectern/autograd";
import { type GPT, Module } from "@lectern/nn";

/**
 * A GPT that reads the whole text anew for each token that it writes: layers of a student's are asked, which the library's cache,
 * whose attention is its own, would go past.
 */
export class Uncached extends Module {
  readonly model: GPT;

  constructor(model: GPT) {
    super();
    this.model = model;
  }

  get options(): GPT["options"] {
    return this.model.options;
  }

  /** tokens: int32 [batch, time] -> logits [batch, time, vocabulary] */
  forward(tokens: Tensor): Tensor {
    return this.model.forward(tokens);
  }
}
