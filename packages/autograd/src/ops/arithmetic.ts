import { assertHolds, nameOf } from "../check.ts";
import { full } from "../creation.ts";
import type { BinaryOp, CompareOp } from "../device.ts";
import { type DType, INTEGER, isFloat } from "../dtypes.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { broadcastShapes, expandStrides, formatShape, type Shape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { where } from "./masking.ts";
import { zero } from "./pointwise.ts";
import { sumTo } from "./reductions.ts";

/** Arithmetic with NumPy's broadcasting. A number in place of the second tensor stands for a tensor full of it. */

const comparisons = new Set<BinaryOp>(["eq", "ne", "lt", "le", "gt", "ge"]);

/** One kernel call over the two broadcast operands. */
function combine(ctx: OpContext, op: BinaryOp, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== b.dtype) {
    throw new TypeError(
      `${op}: dtypes differ: ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}: use .float() or .int()`,
    );
  }
  const shape = broadcastShapes(op, a.shape, b.shape);
  const dtype: DType = comparisons.has(op) ? INTEGER : a.dtype;
  const out = ctx.allocate(shape, dtype);
  ctx.device.binary(op, out, expanded(ctx, op, a, shape), expanded(ctx, op, b, shape));
  return out;
}

const expanded = (ctx: OpContext, op: BinaryOp, x: Tensor, shape: Shape) =>
  sameShape(x.shape, shape) ? x : ctx.view(x, shape, expandStrides(op, x.shape, x.strides, shape));

/** A gradient brought back to the shape of the operand it belongs to; undefined where nobody wants it. */
const back = (ctx: OpContext, index: number, gradient: () => Tensor) =>
  ctx.needs[index] ? sumTo(gradient(), ctx.shapes[index]) : undefined;

const addTensors = defineOp("add", {
  forward: (ctx, a: Tensor, b: Tensor) => combine(ctx, "add", a, b),
  backward: (ctx, dy): Gradient[] => [back(ctx, 0, () => dy), back(ctx, 1, () => dy)],
});

const subTensors = defineOp("sub", {
  forward: (ctx, a: Tensor, b: Tensor) => combine(ctx, "sub", a, b),
  backward: (ctx, dy): Gradient[] => [back(ctx, 0, () => dy), back(ctx, 1, () => dy.neg())],
});

const mulTensors = defineOp("mul", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b);
    return combine(ctx, "mul", a, b);
  },
  backward(ctx, dy): Gradient[] {
    const [a, b] = ctx.saved;
    return [back(ctx, 0, () => dy.mul(b)), back(ctx, 1, () => dy.mul(a))];
  },
});

const divTensors = defineOp("div", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    ctx.save(a, b);
    return combine(ctx, "div", a, b);
  },
  // d(a/b) = da / b - a / b² db
  backward(ctx, dy): Gradient[] {
    const [a, b] = ctx.saved;
    return [back(ctx, 0, () => dy.div(b)), back(ctx, 1, () => dy.mul(a.div(b).div(b)).neg())];
  },
});

const powTensors = defineOp("pow", {
  forward(ctx, a: Tensor, b: Tensor): Tensor {
    const y = combine(ctx, "pow", a, b);
    ctx.save(a, b, y);
    return y;
  },
  // d(a^b) = b a^(b-1) da + a^b ln(a) db, where a^0 counts as flat in a, and 0^b as flat in b, unless it is infinite
  backward(ctx, dy): Gradient[] {
    const [a, b, y] = ctx.saved;
    return [
      back(ctx, 0, () => where(b.eq(0), 0, dy.mul(b.mul(a.pow(b.sub(1)))))),
      back(ctx, 1, () => dy.mul(where(a.eq(0).mul(b.ge(0)), 0, y.mul(a.log())))),
    ];
  },
});

/**
 * The larger or smaller element; where both are equal, each gets half of the gradient, and where one is NaN, so that neither
 * is smaller, both get all of it (as in PyTorch).
 */
function extremum(name: "maximum" | "minimum") {
  return defineOp(name, {
    forward(ctx, a: Tensor, b: Tensor): Tensor {
      ctx.save(a, b);
      return combine(ctx, name, a, b);
    },
    backward(ctx, dy): Gradient[] {
      const [a, b] = ctx.saved;
      const share = where(a.eq(b), dy.div(2), dy);
      const loses = (x: Tensor, other: Tensor) => (name === "maximum" ? x.lt(other) : x.gt(other));
      return [back(ctx, 0, () => where(loses(a, b), 0, share)), back(ctx, 1, () => where(loses(b, a), 0, share))];
    },
  });
}
const maximumTensors = extremum("maximum");
const minimumTensors = extremum("minimum");

/**
 * `a * x + b` for two numbers: what adding, subtracting, scaling and negating by numbers come down to. Adding -0 leaves
 * everything as it is, where adding 0 would make 0 of -0.
 */
export const affine = defineOp("affine", {
  forward(ctx, x: Tensor, a: number, b: number): Tensor {
    const y = ctx.allocate(x.shape, x.dtype);
    ctx.device.unary("affine", y, ctx.dense(x), a, b);
    return y;
  },
  backward: (_, dy, a): Gradient[] => [scale(dy, a)],
});
const scale = (x: Tensor, factor: number) => affine(x, factor, -0);

/** Rounded once, where multiplying by the reciprocal would round twice, and overflow for a small divisor. */
const divNumber = defineOp("div", {
  forward(ctx, x: Tensor, divisor: number): Tensor {
    const y = ctx.allocate(x.shape);
    ctx.device.unary("div", y, ctx.dense(x), divisor, 0);
    return y;
  },
  backward: (_, dy, divisor): Gradient[] => [divNumber(dy, divisor)],
});

const powNumber = defineOp("pow", {
  forward(ctx, x: Tensor, exponent: number): Tensor {
    ctx.save(x);
    const y = ctx.allocate(x.shape);
    ctx.device.unary("pow", y, ctx.dense(x), exponent, 0);
    return y;
  },
  backward(ctx, dy, exponent): Gradient[] {
    const [x] = ctx.saved;
    if (exponent === 0) return [zero(dy)];
    return [dy.mul(x.pow(exponent - 1).mul(exponent))];
  },
});

/** The number that a tensor is combined with. Errors: it is none, or an int32 tensor cannot hold it. */
function number(op: string, x: Tensor, value: number): number {
  if (typeof value !== "number") throw new TypeError(`${op}: expects a tensor or a number, got ${nameOf(value)}`);
  assertHolds(op, x.dtype, value);
  return value;
}

/** A number as a tensor that broadcasts against x. */
const scalar = (op: string, x: Tensor, value: number) =>
  full([], number(op, x, value), { device: x.device, dtype: x.dtype });

export function add(a: Tensor, b: Tensor | number): Tensor {
  return b instanceof Tensor ? addTensors(a, b) : affine(a, 1, number("add", a, b));
}

export function sub(a: Tensor, b: Tensor | number): Tensor {
  return b instanceof Tensor ? subTensors(a, b) : affine(a, 1, -number("sub", a, b));
}

export function mul(a: Tensor, b: Tensor | number): Tensor {
  return b instanceof Tensor ? mulTensors(a, b) : scale(a, number("mul", a, b));
}

/** Division of floats; int32 has to be turned into float32 first. */
export function div(a: Tensor, b: Tensor | number): Tensor {
  if (!isFloat(a.dtype)) throw new TypeError("div: divides float32 tensors: use .float()");
  return b instanceof Tensor ? divTensors(a, b) : divNumber(a, number("div", a, b));
}

/** `a` to the power of `b`, float32. */
export function pow(a: Tensor, b: Tensor | number): Tensor {
  if (!isFloat(a.dtype)) throw new TypeError("pow: raises float32 tensors: use .float()");
  return b instanceof Tensor ? powTensors(a, b) : powNumber(a, number("pow", a, b));
}

/** The larger of two elements; NaN if one is. */
export function maximum(a: Tensor, b: Tensor | number): Tensor {
  return maximumTensors(a, b instanceof Tensor ? b : scalar("maximum", a, b));
}

/** The smaller of two elements; NaN if one is. */
export function minimum(a: Tensor, b: Tensor | number): Tensor {
  return minimumTensors(a, b instanceof Tensor ? b : scalar("minimum", a, b));
}

/** Comparisons give int32: 1 where true, 0 where not. They have no gradient. */
function comparison(op: CompareOp) {
  const compare = defineOp(op, {
    forward: (ctx, a: Tensor, b: Tensor) => combine(ctx, op, a, b),
    backward: (): Gradient[] => [undefined, undefined],
  });
  return (a: Tensor, b: Tensor | number): Tensor => compare(a, b instanceof Tensor ? b : scalar(op, a, b));
}

export const eq = comparison("eq");
export const ne = comparison("ne");
export const lt = comparison("lt");
export const le = comparison("le");
export const gt = comparison("gt");
export const ge = comparison("ge");

/** -x, also of zeros. */
export const neg = (x: Tensor): Tensor => scale(x, -1);
