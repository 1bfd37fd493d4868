import { INTEGER } from "../dtypes.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { formatShape, normalizeAxis, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Windows that slide along an axis: what convolution and pooling are made of. */

/** From a window's first element to its last, both included. */
const span = (size: number, dilation: number) => (size - 1) * dilation + 1;

/** The windows of a tensor as a view of it. */
function windowsOf(ctx: OpContext, x: Tensor, axis: number, size: number, step: number, dilation: number): Tensor {
  const count = Math.floor((x.shape[axis] - span(size, dilation)) / step) + 1;
  const stride = x.strides[axis];
  return ctx.view(x, [...x.shape.with(axis, count), size], [...x.strides.with(axis, stride * step), stride * dilation]);
}

const unfoldOp = defineOp("unfold", {
  forward: (ctx, x: Tensor, axis: number, size: number, step: number, dilation: number) =>
    windowsOf(ctx, x, axis, size, step, dilation),
  backward: (ctx, dy, axis, _size, step, dilation): Gradient[] => [
    foldOp(dy, axis, ctx.shapes[0][axis], step, dilation),
  ],
});

const foldOp = defineOp("fold", {
  forward(ctx, windows: Tensor, axis: number, length: number, step: number, dilation: number): Tensor {
    const { shape } = windows;
    const size = shape[shape.length - 1];
    const out = ctx.allocate(shape.slice(0, -1).with(axis, length));
    const isCovered = dilation === 1 && step === size && shape[axis] * size === length;
    if (!isCovered) ctx.device.fill(out, 0);
    if (step < span(size, dilation)) addOverlapping(ctx, out, windows, axis, step, dilation);
    else if (windows.size > 0) ctx.device.copy(windowsOf(ctx, out, axis, size, step, dilation), windows);
    return out;
  },
  backward: (ctx, dy, axis, _length, step, dilation): Gradient[] => [
    unfoldOp(dy, axis, ctx.shapes[0][ctx.shapes[0].length - 1], step, dilation),
  ],
});

/** Adds windows that share elements, each element to its place along the axis. */
function addOverlapping(
  ctx: OpContext,
  out: Tensor,
  windows: Tensor,
  axis: number,
  step: number,
  dilation: number,
): void {
  const { shape, strides } = windows;
  const last = shape.length - 1;
  // The elements of the windows along the axis, one window behind the other.
  const inOrder = (values: readonly number[]) => values.slice(0, -1).toSpliced(axis + 1, 0, values[last]);
  const arranged = ctx.dense(ctx.view(windows, inOrder(shape), inOrder(strides)));
  const [count, size] = [shape[axis], shape[last]];
  const places = Int32Array.from(
    { length: count * size },
    (_, i) => Math.floor(i / size) * step + (i % size) * dilation,
  );
  const index = ctx.allocate([places.length], INTEGER);
  ctx.device.upload(index.storage, places, 0);
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1, -1))];
  ctx.device.indexAdd(out, index, arranged, { outer, size: out.shape[axis], inner });
}

function assertWhole(op: string, settings: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${op}: the ${name} is ${value}, it has to be a whole number from 1`);
    }
  }
}

/**
 * Windows of `size` elements along an axis, `step` apart, without copying: the axis counts windows from then on, and what
 * is in them stands along a new last axis. `dilation` is how far a window's elements are from each other.
 * [2, 7] unfolded along 1 by size 3 and step 2 is [2, 3, 3]. Errors: not one window fits.
 */
export function unfold(x: Tensor, axis: number, size: number, step = 1, dilation = 1): Tensor {
  const at = normalizeAxis("unfold", axis, x.rank);
  assertWhole("unfold", { size, step, dilation });
  if (span(size, dilation) > x.shape[at]) {
    throw new RangeError(
      `unfold: a window of ${span(size, dilation)} does not fit into axis ${axis} of ${formatShape(x.shape)}`,
    );
  }
  return unfoldOp(x, at, size, step, dilation);
}

/**
 * The other way: windows (the last axis) put back to where they came from along an axis of the given length; where they
 * overlap they add up. Errors: windows that do not fit.
 */
export function fold(windows: Tensor, axis: number, length: number, step = 1, dilation = 1): Tensor {
  const at = normalizeAxis("fold", axis, windows.rank - 1);
  assertWhole("fold", { step, dilation });
  const [count, size] = [windows.shape[at], windows.shape[windows.rank - 1]];
  if ((count - 1) * step + span(size, dilation) > length) {
    throw new RangeError(`fold: the windows ${formatShape(windows.shape)} reach beyond ${length} along axis ${axis}`);
  }
  return foldOp(windows, at, length, step, dilation);
}
