import { assertOptions } from "../check.ts";
import type { Lanes, ReduceOp } from "../device.ts";
import { INTEGER, isFloat } from "../dtypes.ts";
import { assertFloat, defineOp, type Gradient, type OpContext } from "../op.ts";
import { expandStrides, formatShape, normalizeAxes, normalizeAxis, type Shape, sameShape, sizeOf } from "../shape.ts";
import type { Axes, KeepDim, Tensor } from "../tensor.ts";
import { gatheredGradient } from "./indexing.ts";
import { where } from "./masking.ts";

/** Ops that sum axes up, pick from them, or run along them. Without axes they take all. */

export const lanesAt = (shape: Shape, axis: number): Lanes => ({
  outer: sizeOf(shape.slice(0, axis)),
  size: shape[axis],
  inner: sizeOf(shape.slice(axis + 1)),
});

/** Reduces the given axes, leaving size 1 in their place: neighbouring axes are one lane. */
function reduceAxes(ctx: OpContext, op: ReduceOp, x: Tensor, axes: readonly number[]): Tensor {
  let current = ctx.dense(x);
  let last = axes.length - 1;
  while (last >= 0) {
    let first = last;
    while (first > 0 && axes[first - 1] === axes[first] - 1) first--;
    const [from, to] = [axes[first], axes[last]];
    const lanes: Lanes = {
      outer: sizeOf(current.shape.slice(0, from)),
      size: sizeOf(current.shape.slice(from, to + 1)),
      inner: sizeOf(current.shape.slice(to + 1)),
    };
    const out = ctx.allocate(
      current.shape.map((n, axis) => (axis >= from && axis <= to ? 1 : n)),
      x.dtype,
    );
    ctx.device.reduce(op, out, current, lanes);
    current = out;
    last = first - 1;
  }
  return current === x || axes.length === 0 ? ctx.view(current, current.shape, current.strides) : current;
}

const sumOp = defineOp("sum", {
  forward: (ctx, x: Tensor, axes: readonly number[]) => reduceAxes(ctx, "sum", x, axes),
  backward: (ctx, dy): Gradient[] => [dy.expand(ctx.shapes[0])],
});

/**
 * Where several elements are extreme they share the gradient evenly. As PyTorch has it, that of the whole tensor's extreme
 * reaches them alone, NaN among them, while along axes it is a product with 1 and 0, and NaN for NaN.
 */
function extreme(op: "max" | "min") {
  return defineOp(op, {
    forward(ctx, x: Tensor, axes: readonly number[], _whole: boolean): Tensor {
      const y = reduceAxes(ctx, op, x, axes);
      ctx.save(x, y);
      return y;
    },
    backward(ctx, dy, axes, whole): Gradient[] {
      const [x, y] = ctx.saved;
      if (!whole) {
        const chosen = x.eq(y).float();
        return [chosen.mul(dy.div(sumOp(chosen, axes)))];
      }
      const chosen = where(y.eq(y), x.eq(y), x.ne(x));
      return [where(chosen, dy.div(sumOp(chosen.float(), axes)), 0)];
    },
  });
}
const maxOp = extreme("max");
const minOp = extreme("min");

const dropAxes = (y: Tensor, axes: readonly number[], keepDim = false): Tensor =>
  keepDim ? y : y.reshape(y.shape.filter((_, i) => !axes.includes(i)));

const KEEP_DIM = ["keepDim"];

/** The axes that are asked for. Errors: one that is not there or named twice, an option that nobody knows. */
export function axesOf(op: string, x: Tensor, axes: Axes | undefined, options: object, known = KEEP_DIM): number[] {
  assertOptions(op, options, known);
  return normalizeAxes(op, axes, x.rank);
}

/** Sum over axes. [2, 3, 4] over axis 1 -> [2, 4], or [2, 1, 4] with keepDim. */
export function sum(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  const list = axesOf("sum", x, axes, options);
  return dropAxes(sumOp(x, list), list, options.keepDim);
}

const countOf = (x: Tensor, axes: readonly number[]) => axes.reduce((n, axis) => n * x.shape[axis], 1);

/** Arithmetic mean over axes; NaN over no elements. int32 is averaged as float32. */
export function mean(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  const list = axesOf("mean", x, axes, options);
  return sum(x.float(), list, options).div(countOf(x, list));
}

const noElements = (op: string, x: Tensor, axes: readonly number[]) =>
  new RangeError(`${op}: there is no element along axes [${axes}] of ${formatShape(x.shape)}`);

function extremeOver(op: "max" | "min", x: Tensor, axes: Axes | undefined, options: KeepDim): Tensor {
  const list = axesOf(op, x, axes, options);
  if (countOf(x, list) === 0) throw noElements(op, x, list);
  return dropAxes((op === "max" ? maxOp : minOp)(x, list, axes === undefined), list, options.keepDim);
}

/** Largest element over axes. Errors: no elements. */
export function max(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  return extremeOver("max", x, axes, options);
}

/** Smallest element over axes. Errors: no elements. */
export function min(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  return extremeOver("min", x, axes, options);
}

/** Variance over axes, divided by n - correction (1 by default, as in PyTorch). */
export function variance(x: Tensor, axes?: Axes, options: KeepDim & { correction?: number } = {}): Tensor {
  const list = axesOf("var", x, axes, options, ["keepDim", "correction"]);
  const values = x.float();
  const centred = values.sub(mean(values, list, { keepDim: true }));
  const divisor = Math.max(0, countOf(x, list) - (options.correction ?? 1));
  return sum(centred.square(), list, { keepDim: options.keepDim }).div(divisor);
}

/** The largest float32 number. */
const LARGEST = 3.4028234663852886e38;

const logSumExpOp = defineOp("logSumExp", {
  forward(ctx, x: Tensor, axes: readonly number[]): Tensor {
    const { device } = ctx;
    const largest = reduceAxes(ctx, "max", x, axes);
    const shift = ctx.allocate(largest.shape);
    // An infinity less itself would be NaN.
    device.unary("clamp", shift, largest, -LARGEST, LARGEST);
    const terms = ctx.allocate(x.shape);
    device.binary(
      "sub",
      terms,
      x,
      ctx.view(shift, x.shape, expandStrides("logSumExp", shift.shape, shift.strides, x.shape)),
    );
    device.unary("exp", terms, terms, 0, 0);
    const y = reduceAxes(ctx, "sum", terms, axes);
    device.unary("log", y, y, 0, 0);
    device.binary("add", y, y, shift);
    ctx.save(x, y);
    return y;
  },
  // d log(sum(exp(x))) = exp(x - y) dx
  backward(ctx, dy): Gradient[] {
    const [x, y] = ctx.saved;
    return [dy.mul(x.sub(y).exp())];
  },
});

/** log(sum(exp(x))) over axes, shifted by the largest element so that nothing overflows; -Infinity over no elements. */
export function logSumExp(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  const list = axesOf("logSumExp", x, axes, options);
  assertFloat("logSumExp", x);
  // Nothing to sum: the logarithm of 0.
  const y = countOf(x, list) === 0 ? sumOp(x, list).log() : logSumExpOp(x, list);
  return dropAxes(y, list, options.keepDim);
}

function argExtreme(op: "max" | "min") {
  return defineOp(`arg${op}`, {
    forward(ctx, x: Tensor, axis: number): Tensor {
      const out = ctx.allocate(x.shape.with(axis, 1), INTEGER);
      ctx.device.argReduce(op, out, ctx.dense(x), lanesAt(x.shape, axis));
      return out;
    },
    backward: (): Gradient[] => [undefined],
  });
}
const argmaxOp = argExtreme("max");
const argminOp = argExtreme("min");

function argOver(op: "argmax" | "argmin", x: Tensor, axis: number | undefined, options: KeepDim): Tensor {
  assertOptions(op, options, KEEP_DIM);
  const find = op === "argmax" ? argmaxOp : argminOp;
  if (axis === undefined) {
    if (x.size === 0) throw new RangeError(`${op}: ${formatShape(x.shape)} has no elements`);
    return find(x.reshape(-1), 0).reshape([]);
  }
  const at = normalizeAxis(op, axis, x.rank);
  if (x.shape[at] === 0) throw noElements(op, x, [at]);
  return dropAxes(find(x, at), [at], options.keepDim);
}

/** Index of the first largest element along an axis (of the flattened tensor without one), int32. */
export function argmax(x: Tensor, axis?: number, options: KeepDim = {}): Tensor {
  return argOver("argmax", x, axis, options);
}

/** Index of the first smallest element along an axis (of the flattened tensor without one), int32. */
export function argmin(x: Tensor, axis?: number, options: KeepDim = {}): Tensor {
  return argOver("argmin", x, axis, options);
}

const cumsumOp = defineOp("cumsum", {
  forward(ctx, x: Tensor, axis: number, reverse: boolean): Tensor {
    const out = ctx.allocate(x.shape, x.dtype);
    ctx.device.cumsum(out, ctx.dense(x), lanesAt(x.shape, axis), reverse);
    return out;
  },
  backward: (_, dy, axis, reverse): Gradient[] => [cumsumOp(dy, axis, !reverse)],
});

/** Running sum along an axis. */
export function cumsum(x: Tensor, axis: number): Tensor {
  return cumsumOp(x, normalizeAxis("cumsum", axis, x.rank), false);
}

const topkOp = defineOp("topk", {
  forward(ctx, x: Tensor, k: number, largest: boolean): readonly [values: Tensor, indices: Tensor] {
    const shape = x.shape.with(-1, k);
    const values = ctx.allocate(shape);
    const indices = ctx.allocate(shape, INTEGER);
    ctx.device.topk(values, indices, ctx.dense(x), k, largest);
    ctx.save(indices);
    return [values, indices];
  },
  backward: (ctx, [dvalues]) => [dvalues && gatheredGradient(ctx, dvalues, ctx.saved[0], ctx.shapes[0].length - 1)],
});

/**
 * The k largest elements along an axis (smallest with `largest: false`), in order, and where they stand; equal ones by
 * index. Gradients flow to the chosen elements. Errors: k beyond the axis.
 */
export function topk(
  x: Tensor,
  k: number,
  axis = -1,
  options: { largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  assertOptions("topk", options, ["largest"]);
  const { largest = true } = options;
  const at = normalizeAxis("topk", axis, x.rank);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[at]) {
    throw new RangeError(`topk: k is ${k}, axis ${axis} of ${formatShape(x.shape)} has ${x.shape[at]} elements`);
  }
  const [values, indices] = topkOp(x.float().transpose(at, -1), k, largest).map((y) => y.transpose(at, -1));
  // Whole numbers beyond 2^24 are no floats.
  return { values: isFloat(x.dtype) ? values : x.gather(at, indices), indices };
}

/** Sums a broadcast gradient back to the shape of the operand. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.rank - shape.length;
  const axes = x.shape.map((_, i) => i).filter((i) => i < extra || (shape[i - extra] === 1 && x.shape[i] !== 1));
  return sumOp(x, axes).reshape(shape);
}
