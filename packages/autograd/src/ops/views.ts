import { assertTensors } from "../check.ts";
import type { DType } from "../dtypes.ts";
import { PartialGradient } from "../engine/partial.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import {
  expandStrides,
  formatShape,
  inferShape,
  normalizeAxis,
  reshapeStrides,
  rowMajorStrides,
  type Shape,
  sameShape,
} from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { sumTo } from "./reductions.ts";

/** Ops that change how elements are laid out or which are seen. They copy only where a view cannot do it. */

/** A copy, row-major without gaps. */
export const clone = defineOp("clone", {
  forward(ctx, x: Tensor): Tensor {
    const y = ctx.allocate(x.shape, x.dtype);
    ctx.device.copy(y, x);
    return y;
  },
  backward: (_, dy): Gradient[] => [dy],
});

/** The values as another dtype; floats are cut towards zero. No gradient passes through int32. */
export const cast = defineOp("cast", {
  forward(ctx, x: Tensor, dtype: DType): Tensor {
    const y = ctx.allocate(x.shape, dtype);
    ctx.device.copy(y, x);
    return y;
  },
  backward: (_, dy): Gradient[] => [dy],
});

/** The same elements in row-major order under another shape; one size may be -1. */
export const reshape = defineOp("reshape", {
  forward(ctx, x: Tensor, requested: Shape): Tensor {
    const shape = inferShape("reshape", requested, x.size);
    const strides = reshapeStrides(x.shape, x.strides, shape);
    if (strides !== undefined) return ctx.view(x, shape, strides);
    const copy = ctx.dense(x);
    return ctx.view(copy, shape, rowMajorStrides(shape));
  },
  backward: (ctx, dy): Gradient[] => [dy.reshape(ctx.shapes[0])],
});

/** Axes in another order: `[2, 3, 4]` permuted by `[2, 0, 1]` is `[4, 2, 3]`. */
export const permute = defineOp("permute", {
  forward(ctx, x: Tensor, axes: readonly number[]): Tensor {
    const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank));
    if (order.length !== x.rank || new Set(order).size !== x.rank) {
      throw new RangeError(`permute: [${axes}] is no order of the ${x.rank} axes of ${formatShape(x.shape)}`);
    }
    return ctx.view(
      x,
      order.map((axis) => x.shape[axis]),
      order.map((axis) => x.strides[axis]),
    );
  },
  backward(_, dy, axes): Gradient[] {
    const inverse = new Array<number>(axes.length);
    axes.forEach((axis, i) => {
      inverse[axis < 0 ? axis + axes.length : axis] = i;
    });
    return [permute(dy, inverse)];
  },
});

/** Two axes swapped. */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  const axes = x.shape.map((_, i) => i);
  const i = normalizeAxis("transpose", a, x.rank);
  const j = normalizeAxis("transpose", b, x.rank);
  [axes[i], axes[j]] = [j, i];
  return permute(x, axes);
}

const broadcastTo = defineOp("expand", {
  forward(ctx, x: Tensor, shape: Shape): Tensor {
    return ctx.view(x, shape, expandStrides("expand", x.shape, x.strides, shape));
  },
  backward: (ctx, dy): Gradient[] => [sumTo(dy, ctx.shapes[0])],
});

/** Repeats axes of size 1, and new ones in front, without copying; -1 leaves an axis as it is. */
export function expand(x: Tensor, requested: Shape): Tensor {
  const shift = requested.length - x.rank;
  const shape = requested.map((n, i) => (n === -1 && i >= shift ? x.shape[i - shift] : n));
  if (shape.some((n) => n < 0)) {
    throw new RangeError(`expand: ${formatShape(x.shape)} has no axis for every -1 of ${formatShape(requested)}`);
  }
  return sameShape(shape, x.shape) ? x : broadcastTo(x, shape);
}

/** Removes an axis of size 1, or all of them. */
export function squeeze(x: Tensor, axis?: number): Tensor {
  if (axis === undefined)
    return reshape(
      x,
      x.shape.filter((n) => n !== 1),
    );
  const at = normalizeAxis("squeeze", axis, x.rank);
  return x.shape[at] === 1 ? reshape(x, x.shape.toSpliced(at, 1)) : x;
}

/** A new axis of size 1 before `axis`; -1 puts it last. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(normalizeAxis("unsqueeze", axis, x.rank + 1), 0, 1));
}

/** Axes `start` to `end`, both included, as one. */
export function flatten(x: Tensor, start: number, end: number): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const first = normalizeAxis("flatten", start, x.rank);
  const last = normalizeAxis("flatten", end, x.rank);
  if (last < first) throw new RangeError(`flatten: axis ${start} lies behind axis ${end}`);
  const merged = x.shape.slice(first, last + 1).reduce((a, b) => a * b, 1);
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)]);
}

const sliceOp = defineOp("slice", {
  forward(ctx, x: Tensor, axis: number, start: number, count: number, step: number): Tensor {
    return sliceOf(ctx, x, axis, start, count, step);
  },
  backward(ctx, dy, axis, start, _count, step) {
    const shape = ctx.shapes[0];
    return [
      new PartialGradient(shape, dy, {
        whole: () => embed(dy, shape, axis, start, step),
        addTo: (sum) => sliceOf(ctx, sum, axis, start, dy.shape[axis], step).add_(dy),
      }),
    ];
  },
});

/** Where a slice's elements lie. */
function sliceOf(ctx: OpContext, x: Tensor, axis: number, start: number, count: number, step: number): Tensor {
  const strides = x.strides.with(axis, x.strides[axis] * step);
  return ctx.view(x, x.shape.with(axis, count), strides, x.offset + start * x.strides[axis]);
}

/** Zeros of a shape, with x written over the slice that begins at `start`: the gradient of `slice`. */
const embed = defineOp("embed", {
  forward(ctx, x: Tensor, shape: Shape, axis: number, start: number, step: number): Tensor {
    const y = ctx.allocate(shape, x.dtype);
    ctx.device.fill(y, 0);
    ctx.device.copy(sliceOf(ctx, y, axis, start, x.shape[axis], step), x);
    return y;
  },
  backward: (ctx, dy, _shape, axis, start, step): Gradient[] => [sliceOp(dy, axis, start, ctx.shapes[0][axis], step)],
});

/** Elements `start … end - 1` along an axis, every `step`-th. Negative bounds count from the end, others are cut to size. */
export function slice(x: Tensor, axis: number, start = 0, end = x.shape.at(axis) ?? 0, step = 1): Tensor {
  const at = normalizeAxis("slice", axis, x.rank);
  const size = x.shape[at];
  const bound = (n: number) => Math.min(Math.max(n < 0 ? n + size : n, 0), size);
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`slice: the step is ${step}, it has to be 1 or more`);
  if (Math.trunc(start) !== start || Math.trunc(end) !== end) {
    throw new RangeError(`slice: the bounds ${start} and ${end} have to be whole numbers`);
  }
  const from = bound(start);
  const count = Math.max(0, Math.ceil((bound(end) - from) / step));
  return sliceOp(x, at, from, count, step);
}

/** One index of an axis, which disappears: `[12, 64]` selected along 0 is `[64]`. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  const at = normalizeAxis("select", axis, x.rank);
  const size = x.shape[at];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new RangeError(`select: there is no index ${index} along axis ${axis} of ${formatShape(x.shape)}`);
  }
  return reshape(sliceOp(x, at, index < 0 ? index + size : index, 1, 1), x.shape.toSpliced(at, 1));
}

/** Parts of a given size (the last may be smaller), or of the sizes given, along an axis. */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis("split", axis, x.rank);
  const whole = x.shape[at];
  if (!Array.isArray(size) && !(Number.isInteger(size) && Number(size) > 0)) {
    throw new RangeError(`split: the size is ${size}, it has to be a whole number from 1`);
  }
  const sizes =
    typeof size === "number"
      ? Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size))
      : size;
  if (sizes.some((n) => !Number.isInteger(n) || n < 0) || sizes.reduce((a, b) => a + b, 0) !== whole) {
    throw new RangeError(
      `split: the sizes [${sizes}] do not add up to ${whole}, axis ${axis} of ${formatShape(x.shape)}`,
    );
  }
  let start = 0;
  return sizes.map((count) => {
    const part = sliceOp(x, at, start, count, 1);
    start += count;
    return part;
  });
}

const concatOp = defineOp("concat", {
  forward(ctx, parts: readonly Tensor[], axis: number): Tensor {
    const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
    const y = ctx.allocate(parts[0].shape.with(axis, total), parts[0].dtype);
    let start = 0;
    for (const part of parts) {
      ctx.device.copy(ctx.view(y, part.shape, y.strides, start * y.strides[axis]), part);
      start += part.shape[axis];
    }
    return y;
  },
  backward(ctx, dy, axis): Gradient[] {
    const sizes = ctx.shapes.map((shape) => shape[axis]);
    return split(dy, sizes, axis);
  },
});

/** Tensors one behind the other along an axis; all other sizes must agree. */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  assertTensors("concat", parts);
  if (parts.length === 0) throw new RangeError("concat: needs at least one tensor");
  const [first] = parts;
  const at = normalizeAxis("concat", axis, first.rank);
  for (const part of parts) {
    const fits = part.rank === first.rank && part.shape.every((n, i) => i === at || n === first.shape[i]);
    if (!fits || part.dtype !== first.dtype) {
      throw new RangeError(
        `concat: ${first.dtype} ${formatShape(first.shape)} and ${part.dtype} ${formatShape(part.shape)} differ in more than axis ${axis}`,
      );
    }
  }
  return concatOp(parts, at);
}

/** Tensors of one shape, along a new axis. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  assertTensors("stack", parts);
  if (parts.length === 0) throw new RangeError("stack: needs at least one tensor");
  const [first] = parts;
  const at = normalizeAxis("stack", axis, first.rank + 1);
  for (const part of parts) {
    if (sameShape(part.shape, first.shape) && part.dtype === first.dtype) continue;
    throw new RangeError(
      `stack: ${first.dtype} ${formatShape(first.shape)} and ${part.dtype} ${formatShape(part.shape)} differ`,
    );
  }
  return concatOp(
    parts.map((part) => unsqueeze(part, at)),
    at,
  );
}
