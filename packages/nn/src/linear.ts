import { linear, linearGelu, type Tensor } from "@lectern/autograd";
import { assertSizes, assertWidth } from "./check.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { space } from "./space.ts";

/**
 * A fully connected layer: `y = x Wᵀ + b`. x: [..., inputs] -> [..., outputs].
 * Starts uniform within `1 / sqrt(inputs)`, weight and bias alike, as PyTorch does.
 */
export class Linear extends Module {
  /** [outputs, inputs] */
  weight: Tensor;
  /** [outputs] */
  bias: Tensor | undefined;

  /** @param options with `weight`, the layer uses that tensor, which is another one's too, and makes none. */
  constructor(inputs: number, outputs: number, options: { bias?: boolean; weight?: Tensor } = {}) {
    super();
    assertSizes("Linear", { inputs, outputs });
    this.weight = options.weight ?? parameter(kaimingUniform_(space([outputs, inputs]), { a: Math.sqrt(5) }));
    if (options.bias ?? true) {
      const bound = 1 / Math.sqrt(inputs);
      this.bias = parameter(uniform_(space([outputs]), -bound, bound));
    }
  }

  forward(x: Tensor): Tensor {
    assertWidth("Linear", x, this.weight.shape[1]);
    return linear(x, this.weight, this.bias);
  }

  /** Whether `forward` is this class's own: a subclass or an object that computes something else has to be called. */
  get #isPlain(): boolean {
    return this.forward === Linear.prototype.forward;
  }

  /** `forward(x).gelu()`, in fewer passes over memory where that can be. */
  forwardGelu(x: Tensor): Tensor {
    if (!this.#isPlain) return this.forward(x).gelu();
    assertWidth("Linear", x, this.weight.shape[1]);
    return linearGelu(x, this.weight, this.bias);
  }

  /** Whether this layer does nothing but multiply with the table of an embedding, as a tied head does. */
  isTiedTo(embedding: { readonly weight: Tensor }): boolean {
    return this.#isPlain && this.weight === embedding.weight && this.bias === undefined;
  }
}
