import { arange, embedding, embeddingWithPositions, linear, type Tensor } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { space } from "./space.ts";

/** A vector for each token, looked up in a table. tokens: int32 [...] -> [..., width]. Starts normal with variance 1. */
export class Embedding extends Module {
  /** [vocabulary, width] */
  weight: Tensor;

  constructor(vocabulary: number, width: number) {
    super();
    assertSizes("Embedding", { vocabulary, width });
    this.weight = parameter(normal_(space([vocabulary, width])));
  }

  /** Errors: a token outside 0 … vocabulary - 1. */
  forward(tokens: Tensor): Tensor {
    return embedding(this.weight, tokens);
  }

  /** Whether `forward` is this class's own: a subclass or an object that computes something else has to be called. */
  get #isPlain(): boolean {
    return this.forward === Embedding.prototype.forward;
  }

  /**
   * `forward(tokens)` with a row for each position added, in one pass over memory where that can be.
   * tokens: int32 [batch, time], positions: [context, width], of which row `start` belongs to the first token.
   */
  forwardWithPositions(tokens: Tensor, positions: Tensor, start = 0): Tensor {
    if (this.#isPlain) return embeddingWithPositions(this.weight, positions, tokens, start);
    return this.forward(tokens).add(positions.slice(0, start, start + tokens.shape[1]));
  }

  /**
   * The embedding read the other way, as a tied head does: how well vectors go along with each token's own.
   * A subclass with its own `forward` is asked for the vectors of all tokens. x: [..., width] -> [..., vocabulary].
   */
  unembed(x: Tensor): Tensor {
    const { weight } = this;
    return linear(x, this.#isPlain ? weight : this.forward(arange(0, weight.shape[0], 1, { device: x.device })));
  }
}
