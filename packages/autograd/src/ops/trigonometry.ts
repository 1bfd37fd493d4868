import { scope } from "../lifetimes.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";
import { pieced, polynomial } from "./pieces.ts";
import { sumTo } from "./reductions.ts";

export const tan = (x: Tensor): Tensor => x.sin().div(x.cos());

/** 1 - x²/3 + x⁴/5 - …, by powers of x². */
const ATAN_NEAR_ZERO = Array.from({ length: 13 }, (_, n) => (-1) ** n / (2 * n + 1));

/** Half the angle: `tan(a / 2) = tan(a) / (1 + sqrt(1 + tan(a)²))`. */
const halved = (t: Tensor) => t.div(t.square().add(1).sqrt().add(1));

/** The angle from -pi/2 to pi/2 whose tangent is x: a series near 0, to which the angle is halved twice. */
export const atan = pieced(
  "atan",
  (x) => {
    const a = x.abs();
    const isSteep = a.gt(1);
    const t = halved(halved(where(isSteep, a.reciprocal(), a)));
    const angle = t.mul(polynomial(t.square(), ATAN_NEAR_ZERO)).mul(4);
    const size = where(isSteep, angle.neg().add(Math.PI / 2), angle);
    return where(x.lt(0), size.neg(), size);
  },
  (x, dy) => dy.div(x.square().add(1)),
);

const circle = (x: Tensor) => x.neg().add(1).mul(x.add(1)).sqrt();

/** The angle from -pi/2 to pi/2 whose sine is x; NaN beyond -1 and 1. */
export const asin = pieced(
  "asin",
  (x) => atan(x.div(circle(x))),
  (x, dy) => dy.div(circle(x)),
);

/** The angle from 0 to pi whose cosine is x; NaN beyond -1 and 1. */
export const acos = pieced(
  "acos",
  (x) => atan(x.neg().add(1).div(x.add(1)).sqrt()).mul(2),
  (x, dy) => dy.div(circle(x)).neg(),
);

const atan2Op = defineOp("atan2", {
  forward(ctx, y: Tensor, x: Tensor): Tensor {
    ctx.save(y, x);
    return scope(() => {
      const angle = atan(y.div(where(x.eq(0), 1, x)));
      const half = where(y.lt(0), -Math.PI, Math.PI);
      const steep = where(y.gt(0), Math.PI / 2, where(y.lt(0), -Math.PI / 2, 0));
      return where(x.gt(0), angle, where(x.lt(0), angle.add(half), steep));
    });
  },
  backward(ctx, da): Gradient[] {
    const [y, x] = ctx.saved;
    const scaled = da.div(y.square().add(x.square()));
    return [
      ctx.needs[0] ? sumTo(scaled.mul(x), ctx.shapes[0]) : undefined,
      ctx.needs[1] ? sumTo(scaled.mul(y).neg(), ctx.shapes[1]) : undefined,
    ];
  },
});

/** The angle from -pi to pi of the point (x, y). */
export function atan2(y: Tensor, x: Tensor): Tensor {
  for (const part of [y, x]) assertFloat("atan2", part);
  return atan2Op(y, x);
}
