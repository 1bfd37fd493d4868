import { assertNumber, nameOf } from "../check.ts";
import { FLOAT, INTEGER } from "../dtypes.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import * as exponentials from "../ops/exponentials.ts";
import * as pointwise from "../ops/pointwise.ts";
import * as rounding from "../ops/rounding.ts";
import * as trigonometry from "../ops/trigonometry.ts";
import * as views from "../ops/views.ts";
import type { Tensor } from "../tensor.ts";
import { ArithmeticMethods } from "./arithmetic.ts";

/** Functions of one element; those that are a kernel of their own and take no settings are in `NamedMethods`. */
export abstract class ElementwiseMethods extends ArithmeticMethods {
  square(this: Tensor): Tensor {
    return arithmetic.mul(this, this);
  }
  leakyRelu(this: Tensor, slope = 0.01): Tensor {
    assertNumber("leakyRelu", "the slope", slope);
    return pointwise.leakyRelu(this, slope);
  }
  gelu(this: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
    if (approximate !== "none" && approximate !== "tanh") {
      throw new TypeError(`gelu: the approximation is ${nameOf(approximate)}, it is "none" or "tanh"`);
    }
    return approximate === "tanh" ? pointwise.geluTanh(this) : pointwise.gelu(this);
  }
  clamp(this: Tensor, low = -Infinity, high = Infinity): Tensor {
    assertNumber("clamp", "the lower bound", low);
    assertNumber("clamp", "the upper bound", high);
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
  ceil(this: Tensor): Tensor {
    return rounding.ceil(this);
  }
  trunc(this: Tensor): Tensor {
    return rounding.trunc(this);
  }
  log1p(this: Tensor): Tensor {
    return exponentials.log1p(this);
  }
  expm1(this: Tensor): Tensor {
    return exponentials.expm1(this);
  }
  sinh(this: Tensor): Tensor {
    return exponentials.sinh(this);
  }
  cosh(this: Tensor): Tensor {
    return exponentials.cosh(this);
  }
  asinh(this: Tensor): Tensor {
    return exponentials.asinh(this);
  }
  acosh(this: Tensor): Tensor {
    return exponentials.acosh(this);
  }
  atanh(this: Tensor): Tensor {
    return exponentials.atanh(this);
  }
  erf(this: Tensor): Tensor {
    return exponentials.erf(this);
  }
  logSigmoid(this: Tensor): Tensor {
    return exponentials.logSigmoid(this);
  }
  tan(this: Tensor): Tensor {
    return trigonometry.tan(this);
  }
  asin(this: Tensor): Tensor {
    return trigonometry.asin(this);
  }
  acos(this: Tensor): Tensor {
    return trigonometry.acos(this);
  }
  atan(this: Tensor): Tensor {
    return trigonometry.atan(this);
  }
  /** The angle of the point (x, this). */
  atan2(this: Tensor, x: Tensor): Tensor {
    return trigonometry.atan2(this, x);
  }
  log2(this: Tensor): Tensor {
    return pointwise.log(this).div(Math.LN2);
  }
  log10(this: Tensor): Tensor {
    return pointwise.log(this).div(Math.LN10);
  }
  softplus(this: Tensor, beta = 1): Tensor {
    assertNumber("softplus", "beta", beta);
    return exponentials.softplus(this, beta);
  }
  elu(this: Tensor, alpha = 1): Tensor {
    assertNumber("elu", "alpha", alpha);
    return exponentials.elu(this, alpha);
  }
  isnan(this: Tensor): Tensor {
    return arithmetic.ne(this, this);
  }
  isinf(this: Tensor): Tensor {
    return arithmetic.eq(pointwise.abs(this), Number.POSITIVE_INFINITY);
  }
  isfinite(this: Tensor): Tensor {
    return arithmetic.lt(pointwise.abs(this), Number.POSITIVE_INFINITY);
  }
}
