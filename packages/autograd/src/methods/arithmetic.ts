import * as arithmetic from "../ops/arithmetic.ts";
import type { Tensor } from "../tensor.ts";

/** Sums, products and comparisons. */
export abstract class ArithmeticMethods {
  add(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.add(this, other);
  }
  sub(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.sub(this, other);
  }
  mul(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.mul(this, other);
  }
  div(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.div(this, other);
  }
  pow(this: Tensor, exponent: Tensor | number): Tensor {
    return arithmetic.pow(this, exponent);
  }
  maximum(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.maximum(this, other);
  }
  minimum(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.minimum(this, other);
  }
  neg(this: Tensor): Tensor {
    return arithmetic.neg(this);
  }
  eq(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.eq(this, other);
  }
  ne(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.ne(this, other);
  }
  lt(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.lt(this, other);
  }
  le(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.le(this, other);
  }
  gt(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.gt(this, other);
  }
  ge(this: Tensor, other: Tensor | number): Tensor {
    return arithmetic.ge(this, other);
  }
}
