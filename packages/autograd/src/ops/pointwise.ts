import type { UnaryGradOp, UnaryOp } from "../device.ts";
import { addMethods } from "../methods/named.ts";
import { assertFloat, defineOp, type Gradient, type OpContext } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";

/** Functions of one element. */

type Pointwise = (x: Tensor) => Tensor;

function apply(ctx: OpContext, op: UnaryOp, x: Tensor, a = 0, b = 0): Tensor {
  if (!["abs", "sign", "clamp"].includes(op)) assertFloat(op, x);
  const y = ctx.allocate(x.shape, x.dtype);
  ctx.device.unary(op, y, ctx.dense(x), a, b);
  return y;
}

/** Zeros in place of a gradient, whatever it is: 0 times an infinity would be NaN. */
export const zero = defineOp("zero", {
  forward(ctx, dy: Tensor): Tensor {
    const dx = ctx.allocate(dy.shape);
    ctx.device.fill(dx, 0);
    return dx;
  },
  backward: (): Gradient[] => [undefined],
});

/** A function whose derivative is written in terms of its output y or its input x. */
function elementwise(op: UnaryOp, from: "x" | "y", derivative: (saved: Tensor, dy: Tensor) => Tensor) {
  return defineOp(op, {
    forward(ctx, x: Tensor): Tensor {
      const y = apply(ctx, op, x);
      ctx.save(from === "x" ? x : y);
      return y;
    },
    backward: (ctx, dy): Gradient[] => [derivative(ctx.saved[0], dy)],
  });
}

/** exp(x)' = exp(x) */
export const exp: Pointwise = elementwise("exp", "y", (y, dy) => dy.mul(y));
/** ln(x)' = 1 / x */
export const log: Pointwise = elementwise("log", "x", (x, dy) => dy.div(x));
/** sqrt(x)' = 1 / (2 sqrt(x)) */
export const sqrt: Pointwise = elementwise("sqrt", "y", (y, dy) => dy.div(y.mul(2)));
/** The same, but flat at 0: what a standard deviation or a length is where all its elements agree. */
export const sqrtFlatAtZero = elementwise("sqrt", "y", (y, dy) => where(y.eq(0), 0, dy.div(y.mul(2))));
/** (1 / sqrt(x))' = -y³ / 2 */
export const rsqrt: Pointwise = elementwise("rsqrt", "y", (y, dy) => dy.mul(y).mul(y).mul(y).mul(-0.5));
/** (1 / x)' = -y² */
export const reciprocal: Pointwise = elementwise("reciprocal", "y", (y, dy) => dy.mul(y).mul(y).neg());
/** |x|' = sign(x) */
export const abs: Pointwise = elementwise("abs", "x", (x, dy) => dy.mul(sign(x)));
export const sin: Pointwise = elementwise("sin", "x", (x, dy) => dy.mul(cos(x)));
export const cos: Pointwise = elementwise("cos", "x", (x, dy) => dy.mul(sin(x)).neg());
/** 1, -1 or 0; NaN for NaN. Flat almost everywhere. */
export const sign: Pointwise = elementwise("sign", "x", (_, dy) => zero(dy));
export const floor: Pointwise = elementwise("floor", "x", (_, dy) => zero(dy));
/** To the nearest whole number, halves to the even one. */
export const round: Pointwise = elementwise("round", "x", (_, dy) => zero(dy));

/** x / (1 + |x|) (Turian et al., 2009), derivative 1 / (1 + |x|)²: it saturates later than tanh. */
export const softsign: Pointwise = elementwise("softsign", "x", (x, dy) => dy.div(x.abs().add(1).square()));

/**
 * A function whose derivative is a kernel. That kernel is an op too, with a derivative of its own:
 * g = f'(s) dy  has  dg/ds = f''(s) dy (of the output s where `from` is y)  and  dg/d(dy) = f'(s). `second` gives f''(s)
 * times a tensor.
 */
function withGradKernel(op: UnaryGradOp, from: "x" | "y", second: (saved: Tensor, gdy: Tensor) => Tensor) {
  const gradient = defineOp(`${op}Grad`, {
    forward(ctx, saved: Tensor, dy: Tensor): Tensor {
      ctx.save(saved, dy);
      const dx = ctx.allocate(saved.shape);
      ctx.device.unaryGrad(op, dx, ctx.dense(saved), ctx.dense(dy));
      return dx;
    },
    backward(ctx, g): Gradient[] {
      const [saved, dy] = ctx.saved;
      return [second(saved, g.mul(dy)), gradient(saved, g)];
    },
  });
  return elementwise(op, from, (saved, dy) => gradient(saved, dy));
}

/** tanh(x)' = 1 - y² */
export const tanh: Pointwise = withGradKernel("tanh", "y", (y, gdy) => gdy.mul(y.mul(-2)));
/** sigmoid(x) = 1 / (1 + exp(-x)), derivative y (1 - y) */
export const sigmoid: Pointwise = withGradKernel("sigmoid", "y", (y, gdy) => gdy.mul(y.mul(-2).add(1)));
/** max(x, 0); the derivative at 0 is 0, and nothing at all passes from below it */
export const relu: Pointwise = withGradKernel("relu", "y", (_, gdy) => zero(gdy));

/** x Φ(x), with Φ the normal distribution function (Hendrycks & Gimpel, 2016); derivative Φ(x) + x φ(x). */
export const gelu = withGradKernel("gelu", "x", (x, gdy) => {
  const density = x
    .square()
    .mul(-0.5)
    .exp()
    .mul(1 / Math.sqrt(2 * Math.PI));
  return gdy.mul(density.mul(x.square().neg().add(2)));
});

/** Swish (Ramachandran et al., 2017): x sigmoid(x). */
export const silu: Pointwise = withGradKernel("silu", "x", (x, gdy) => {
  const s = x.sigmoid();
  const oneMinus = s.neg().add(1);
  return gdy.mul(s.mul(oneMinus).mul(x.mul(oneMinus.sub(s)).add(2)));
});

/** GPT-2's approximation of `gelu`: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))). */
export const geluTanh = withGradKernel("geluTanh", "x", (x, gdy) => {
  // With u = c (x + k x³) and t = tanh(u): f' = (1 + t) / 2 + x u' (1 - t²) / 2.
  const c = Math.sqrt(2 / Math.PI);
  const k = 0.044715;
  const x2 = x.square();
  const t = x.mul(x2.mul(k).add(1)).mul(c).tanh();
  const du = x2
    .mul(3 * k)
    .add(1)
    .mul(c);
  const ddu = x.mul(6 * k * c);
  const slope = t.square().neg().add(1);
  return gdy.mul(slope.mul(du.add(x.mul(ddu).mul(0.5)).sub(x.mul(t).mul(du.square()))));
});

/** x where positive, slope x elsewhere (Maas et al., 2013). */
export const leakyRelu = defineOp("leakyRelu", {
  forward(ctx, x: Tensor, slope: number): Tensor {
    ctx.save(x);
    return apply(ctx, "leakyRelu", x, slope);
  },
  backward(ctx, dy, slope): Gradient[] {
    return [where(ctx.saved[0].gt(0), dy, dy.mul(slope))];
  },
});

/** Cut to low … high; the gradient passes inside, bounds included. */
export const clamp = defineOp("clamp", {
  forward(ctx, x: Tensor, low: number, high: number): Tensor {
    ctx.save(x);
    return apply(ctx, "clamp", x, low, high);
  },
  backward(ctx, dy, low, high): Gradient[] {
    const [x] = ctx.saved;
    return [where(x.ge(low).mul(x.le(high)), dy, 0)];
  },
});

/** These are methods of every tensor under the same name. */
export const named = {
  exp,
  log,
  sqrt,
  rsqrt,
  reciprocal,
  abs,
  sign,
  floor,
  round,
  sin,
  cos,
  tanh,
  sigmoid,
  relu,
  silu,
  softsign,
};
addMethods(named);
