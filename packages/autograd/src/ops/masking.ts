import { assertHolds, assertTensor, nameOf } from "../check.ts";
import { arange, full } from "../creation.ts";
import { FLOAT, INTEGER } from "../dtypes.ts";
import { defineOp, type Gradient } from "../op.ts";
import { broadcastShapes, expandStrides, formatShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { sumTo } from "./reductions.ts";

/** Choosing between values by a mask: int32, 1 for yes and 0 for no, as comparisons make them. */

const whereOp = defineOp("where", {
  forward(ctx, condition: Tensor, a: Tensor, b: Tensor): Tensor {
    ctx.save(condition);
    const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
    const strided = (x: Tensor) => ctx.view(x, shape, expandStrides("where", x.shape, x.strides, shape));
    const out = ctx.allocate(shape, a.dtype);
    ctx.device.where(out, strided(condition), strided(a), strided(b));
    return out;
  },
  backward(ctx, dy): Gradient[] {
    const [condition] = ctx.saved;
    return [
      undefined,
      ctx.needs[1] ? sumTo(where(condition, dy, 0), ctx.shapes[1]) : undefined,
      ctx.needs[2] ? sumTo(where(condition, 0, dy), ctx.shapes[2]) : undefined,
    ];
  },
});

/** a where the condition is not 0, b elsewhere; all three broadcast. Errors: a condition that is not int32. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  assertTensor("where", condition, "the condition");
  if (condition.dtype !== INTEGER) {
    throw new TypeError(`where: the condition is ${condition.dtype}, it has to be int32, as a comparison gives it`);
  }
  const like = a instanceof Tensor ? a : b instanceof Tensor ? b : undefined;
  const dtype = like?.dtype ?? FLOAT;
  const asTensor = (x: Tensor | number) => {
    if (x instanceof Tensor) return x;
    if (typeof x !== "number") throw new TypeError(`where: expects a tensor or a number, got ${nameOf(x)}`);
    assertHolds("where", dtype, x);
    return full([], x, { dtype, device: condition.device });
  };
  const [left, right] = [asTensor(a), asTensor(b)];
  if (left.dtype !== right.dtype) throw new TypeError(`where: dtypes differ: ${left.dtype} and ${right.dtype}`);
  return whereOp(condition, left, right);
}

/** x with a number in place of every element whose mask is not 0. The mask broadcasts to x. */
export function maskedFill(x: Tensor, mask: Tensor, value: number): Tensor {
  return where(mask, value, x);
}

/** 1 on and below (or above) a diagonal of a [rows, columns] matrix, int32. */
function triangle(x: Tensor, diagonal: number, side: "lower" | "upper"): Tensor {
  if (x.rank < 2)
    throw new RangeError(`${side === "lower" ? "tril" : "triu"}: needs a matrix, got ${formatShape(x.shape)}`);
  const [rows, columns] = x.shape.slice(-2);
  const row = arange(0, rows, 1, { device: x.device }).reshape(rows, 1).add(diagonal);
  const column = arange(0, columns, 1, { device: x.device });
  return side === "lower" ? row.ge(column) : row.le(column);
}

/** The lower triangle of the last two axes: zeros above the diagonal, which may be shifted up. */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return where(triangle(x, diagonal, "lower"), x, 0);
}

/** The upper triangle of the last two axes: zeros below the diagonal, which may be shifted up. */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return where(triangle(x, diagonal, "upper"), x, 0);
}
