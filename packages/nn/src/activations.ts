import type { Tensor } from "@lectern/autograd";
import { Linear } from "./linear.ts";
import { type Layer, Module } from "./module.ts";

/** Nonlinearities as layers: each works element by element. */

/** `max(0, x)` */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** `x Φ(x)`, with Φ the normal distribution (Hendrycks and Gimpel, 2016); `tanh` approximates it, as GPT-2 did. */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor(approximate: "none" | "tanh" = "none") {
    super();
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return x.gelu(this.approximate);
  }

  /** `forward(layer.forward(x))`, in fewer passes over memory where the layer knows how. */
  after(layer: Layer, x: Tensor): Tensor {
    const isExact = this.approximate === "none" && this.forward === GELU.prototype.forward;
    return isExact && layer instanceof Linear ? layer.forwardGelu(x) : this.forward(layer.forward(x));
  }
}

/** `x sigmoid(x)` (Elfwing et al., 2017) */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return x.silu();
  }
}

/** `tanh(x)` */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

/** `1 / (1 + exp(-x))` */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
