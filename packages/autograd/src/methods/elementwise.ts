import { FLOAT, INTEGER } from "../dtypes.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as pointwise from "../ops/pointwise.ts";
import * as views from "../ops/views.ts";
import type { Tensor } from "../tensor.ts";
import { ArithmeticMethods } from "./arithmetic.ts";

/** Functions of one element. */
export abstract class ElementwiseMethods extends ArithmeticMethods {
  exp(this: Tensor): Tensor {
    return pointwise.exp(this);
  }
  log(this: Tensor): Tensor {
    return pointwise.log(this);
  }
  sqrt(this: Tensor): Tensor {
    return pointwise.sqrt(this);
  }
  rsqrt(this: Tensor): Tensor {
    return pointwise.rsqrt(this);
  }
  square(this: Tensor): Tensor {
    return arithmetic.mul(this, this);
  }
  reciprocal(this: Tensor): Tensor {
    return pointwise.reciprocal(this);
  }
  abs(this: Tensor): Tensor {
    return pointwise.abs(this);
  }
  sign(this: Tensor): Tensor {
    return pointwise.sign(this);
  }
  floor(this: Tensor): Tensor {
    return pointwise.floor(this);
  }
  round(this: Tensor): Tensor {
    return pointwise.round(this);
  }
  sin(this: Tensor): Tensor {
    return pointwise.sin(this);
  }
  cos(this: Tensor): Tensor {
    return pointwise.cos(this);
  }
  tanh(this: Tensor): Tensor {
    return pointwise.tanh(this);
  }
  sigmoid(this: Tensor): Tensor {
    return pointwise.sigmoid(this);
  }
  relu(this: Tensor): Tensor {
    return pointwise.relu(this);
  }
  leakyRelu(this: Tensor, slope = 0.01): Tensor {
    return pointwise.leakyRelu(this, slope);
  }
  gelu(this: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
    return approximate === "tanh" ? pointwise.geluTanh(this) : pointwise.gelu(this);
  }
  silu(this: Tensor): Tensor {
    return pointwise.silu(this);
  }
  clamp(this: Tensor, low = -Infinity, high = Infinity): Tensor {
    return pointwise.clamp(this, low, high);
  }
  /** float32 values, from int32; floats as they are. */
  float(this: Tensor): Tensor {
    return this.dtype === FLOAT ? this : views.cast(this, FLOAT);
  }
  /** int32 values, floats cut towards zero. */
  int(this: Tensor): Tensor {
    return this.dtype === INTEGER ? this : views.cast(this, INTEGER);
  }
}
