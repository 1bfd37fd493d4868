import type { Tensor } from "@lectern/autograd";
import { GELU } from "./activations.ts";
import { type Layer, Module } from "./module.ts";

/** Layers one after the other. In a state dict they are called `0`, `1`, …. */
export class Sequential extends Module {
  readonly layers: Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  override *namedChildren(): Iterable<[string, Module]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
  }

  forward(x: Tensor): Tensor {
    for (let i = 0; i < this.layers.length; i++) {
      const [layer, next] = [this.layers[i], this.layers[i + 1]];
      if (next instanceof GELU) {
        // The same as one after the other, in fewer passes over memory where both know how.
        x = next.after(layer, x);
        i++;
      } else x = layer.forward(x);
    }
    return x;
  }
}
