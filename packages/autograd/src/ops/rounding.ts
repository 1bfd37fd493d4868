import { full } from "../creation.ts";
import { isFloat } from "../dtypes.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { broadcastShapes, expandStrides, formatShape, type Shape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";

/** Whole parts and what they leave. */

/** The next whole number from x up. Flat. */
export function ceil(x: Tensor): Tensor {
  return x.neg().floor().neg();
}

/** x without its fraction: the whole number next to it towards 0. Flat. */
export function trunc(x: Tensor): Tensor {
  assertFloat("trunc", x);
  return where(x.lt(0), ceil(x), x.floor());
}

/** Quotients of int32, cut towards 0. */
const quotient = defineOp("quotient", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    const shape = broadcastShapes("remainder", a.shape, b.shape);
    const strided = (x: Tensor, to: Shape) => ctx.view(x, to, expandStrides("remainder", x.shape, x.strides, to));
    const out = ctx.allocate(shape, a.dtype);
    ctx.device.binary("div", out, strided(a, shape), strided(b, shape));
    return out;
  },
  backward: (): Gradient[] => [undefined, undefined],
});

/** `floor(a / b)`, for int32 in whole numbers. */
export function floorQuotient(a: Tensor, b: Tensor): Tensor {
  if (isFloat(a.dtype)) return a.div(b).floor();
  const q = quotient(a, b);
  const rest = a.sub(q.mul(b));
  // Where the quotient was cut up towards 0 it is one too large.
  return q.sub(rest.ne(0).mul(rest.lt(0).ne(b.lt(0))));
}

/**
 * What a division leaves, with the sign of the divisor, as Python's `%`: `a - floor(a / b) b`.
 * Errors: an int32 divided by the number 0.
 */
export function remainder(a: Tensor, b: Tensor | number): Tensor {
  if (!(b instanceof Tensor) && typeof b !== "number") {
    throw new TypeError(`remainder: expects a tensor or a number, got ${typeof b}`);
  }
  if (b === 0 && !isFloat(a.dtype)) throw new RangeError(`remainder: int32 ${formatShape(a.shape)} divided by 0`);
  const divisor = b instanceof Tensor ? b : full([], b, { dtype: a.dtype, device: a.device });
  return a.sub(floorQuotient(a, divisor).mul(divisor));
}
