import type { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";
import { pieced, polynomial } from "./pieces.ts";

/** What exp and log make, kept exact where plain formulas would cancel or overflow. */

/** `log(1 + x)`, exact for small x too: what rounding took from 1 + x is put right by a factor (Kahan). */
export const log1p = pieced(
  "log1p",
  (x) => {
    const u = x.add(1);
    const corrected = u.log().mul(x.div(u.sub(1)));
    return where(u.eq(1).add(u.eq(Number.POSITIVE_INFINITY)), x, corrected);
  },
  (x, dy) => dy.div(x.add(1)),
);

/** `exp(x) - 1`, exact for small x too (Kahan). */
export const expm1 = pieced(
  "expm1",
  (x) => {
    const u = x.exp();
    const below = u.sub(1);
    const corrected = below.mul(x.div(u.log()));
    const isLarge = u.eq(Number.POSITIVE_INFINITY).add(below.eq(-1));
    return where(u.eq(1), x, where(isLarge, below, corrected));
  },
  (x, dy) => dy.mul(x.exp()),
);

const softplusOf = pieced(
  "softplus",
  (x) => x.relu().add(log1p(x.abs().neg().exp())),
  (x, dy) => dy.mul(x.sigmoid()),
);

/** A smooth `relu`: `log(1 + exp(beta x)) / beta` (Dugas et al., 2001). */
export function softplus(x: Tensor, beta = 1): Tensor {
  return beta === 1 ? softplusOf(x) : softplusOf(x.mul(beta)).div(beta);
}

/** `log(sigmoid(x))` */
export function logSigmoid(x: Tensor): Tensor {
  return softplusOf(x.neg()).neg();
}

/** x where positive, `alpha (exp(x) - 1)` elsewhere (Clevert et al., 2015). */
export function elu(x: Tensor, alpha = 1): Tensor {
  return where(x.gt(0), x, expm1(x.clamp(Number.NEGATIVE_INFINITY, 0)).mul(alpha));
}

/** `exp(a) / 2` where exp(a) itself may be too large. */
const halfExp = (a: Tensor) => {
  const root = a.mul(0.5).exp();
  return root.mul(0.5).mul(root);
};

/** From here on `exp(-a)` is nothing beside `exp(a)`. */
const LARGE = 20;
/** From here on `x² + 1` is x². */
const HUGE = 1e8;

const withSignOf = (x: Tensor, size: Tensor) => where(x.lt(0), size.neg(), size);

/** `(exp(x) - exp(-x)) / 2` */
export const sinh: (x: Tensor) => Tensor = pieced(
  "sinh",
  (x) => {
    const a = x.abs();
    const e = expm1(a);
    const size = e.add(e.div(e.add(1))).mul(0.5);
    return withSignOf(x, where(a.gt(LARGE), halfExp(a), size));
  },
  (x, dy) => dy.mul(cosh(x)),
);

/** `(exp(x) + exp(-x)) / 2` */
export const cosh: (x: Tensor) => Tensor = pieced(
  "cosh",
  (x) => halfExp(x.abs()).add(x.abs().neg().exp().mul(0.5)),
  (x, dy) => dy.mul(sinh(x)),
);

/** The number whose sinh is x. */
export const asinh = pieced(
  "asinh",
  (x) => {
    const a = x.abs();
    const square = a.square();
    const size = log1p(a.add(square.div(square.add(1).sqrt().add(1))));
    return withSignOf(x, where(a.gt(HUGE), a.log().add(Math.LN2), size));
  },
  (x, dy) => dy.div(x.square().add(1).sqrt()),
);

/** The number from 0 whose cosh is x; NaN for x below 1. */
export const acosh = pieced(
  "acosh",
  (x) => {
    const t = x.sub(1);
    return where(x.gt(HUGE), x.log().add(Math.LN2), log1p(t.add(t.mul(t.add(2)).sqrt())));
  },
  (x, dy) => dy.div(x.sub(1).mul(x.add(1)).sqrt()),
);

/** The number whose tanh is x: infinite at -1 and 1, NaN beyond. */
export const atanh = pieced(
  "atanh",
  (x) => {
    const a = x.abs();
    return withSignOf(x, log1p(a.mul(2).div(a.neg().add(1))).mul(0.5));
  },
  (x, dy) => dy.div(x.neg().add(1).mul(x.add(1))),
);

/** 2 (-1)^n / (n! (2n + 1)) / sqrt(pi), by powers of x², behind one x. */
const ERF_NEAR_ZERO = Array.from({ length: 14 }, (_, n) => {
  const factorial = Array.from({ length: n }, (_, i) => i + 1).reduce((product, i) => product * i, 1);
  return (2 * (-1) ** n) / (factorial * (2 * n + 1)) / Math.sqrt(Math.PI);
});

/** The error function: `2 / sqrt(pi)` times the integral of `exp(-t²)` from 0 to x. */
export const erf = pieced(
  "erf",
  (x) => {
    const near = x.mul(polynomial(x.clamp(-1, 1).square(), ERF_NEAR_ZERO));
    // gelu(z) = z Φ(z), and erf(x) = 2 Φ(sqrt(2) x) - 1
    const z = x.mul(Math.SQRT2).clamp(-10, 10);
    const far = z
      .gelu()
      .div(where(z.eq(0), 1, z))
      .mul(2)
      .sub(1);
    return where(x.abs().lt(1), near, where(x.ne(x), x, far));
  },
  (x, dy) => dy.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)),
);
