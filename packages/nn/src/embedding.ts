import { embedding, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";

/** A vector for each token, looked up in a table. tokens: int32 [...] -> [..., width]. Starts normal with variance 1. */
export class Embedding extends Module {
  /** [vocabulary, width] */
  weight: Tensor;

  constructor(vocabulary: number, width: number) {
    super();
    assertSizes("Embedding", { vocabulary, width });
    this.weight = normal_(zeros([vocabulary, width], { requiresGrad: true }));
  }

  /** Errors: a token outside 0 … vocabulary - 1. */
  forward(tokens: Tensor): Tensor {
    return embedding(this.weight, tokens);
  }
}
