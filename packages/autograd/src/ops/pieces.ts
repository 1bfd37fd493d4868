import { scope } from "../lifetimes.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** A function of one element whose value is put together from other ops, unrecorded, and whose derivative is given. */
export function pieced(
  name: string,
  value: (x: Tensor) => Tensor,
  derivative: (x: Tensor, dy: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  return defineOp(name, {
    forward(ctx, x: Tensor): Tensor {
      assertFloat(name, x);
      ctx.save(x);
      return scope(() => value(x));
    },
    backward: (ctx, dy): Gradient[] => [derivative(ctx.saved[0], dy)],
  });
}

/** `c[0] + c[1] x + c[2] x² + …`, from the last coefficient on (Horner's rule). */
export function polynomial(x: Tensor, coefficients: readonly number[]): Tensor {
  const [last, ...rest] = [...coefficients].reverse();
  return rest.reduce((sum, c) => sum.mul(x).add(c), x.mul(0).add(last));
}
