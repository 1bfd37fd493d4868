import * as arithmetic from "../ops/arithmetic.ts";
import * as bits from "../ops/bits.ts";
import * as rounding from "../ops/rounding.ts";
import type { Tensor } from "../tensor.ts";
import { NamedMethods } from "./named.ts";

/** Sums, products and comparisons. */
export abstract class ArithmeticMethods extends NamedMethods {
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
  remainder(this: Tensor, other: Tensor | number): Tensor {
    return rounding.remainder(this, other);
  }
  bitwiseAnd(this: Tensor, other: Tensor | number): Tensor {
    return bits.bitwiseAnd(this, other);
  }
  bitwiseOr(this: Tensor, other: Tensor | number): Tensor {
    return bits.bitwiseOr(this, other);
  }
  bitwiseXor(this: Tensor, other: Tensor | number): Tensor {
    return bits.bitwiseXor(this, other);
  }
  bitwiseNot(this: Tensor): Tensor {
    return bits.bitwiseNot(this);
  }
  bitwiseLeftShift(this: Tensor, count: number): Tensor {
    return bits.bitwiseLeftShift(this, count);
  }
  bitwiseRightShift(this: Tensor, count: number): Tensor {
    return bits.bitwiseRightShift(this, count);
  }
}
