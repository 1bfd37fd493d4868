import { assertTensor } from "../check.ts";
import { arange } from "../creation.ts";
import { INTEGER } from "../dtypes.ts";
import { PartialGradient } from "../engine/partial.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { formatShape, normalizeAxis, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { lanesAt } from "./reductions.ts";

/** Picking elements by int32 indices, and adding to them. */

export function assertIndex(op: string, index: Tensor): void {
  assertTensor(op, index, "the index");
  if (index.dtype !== INTEGER) {
    throw new TypeError(
      `${op}: the index ${formatShape(index.shape)} is ${index.dtype}, it has to be int32: use .int()`,
    );
  }
}

/** Index shapes must agree with x's except along the axis. */
function assertAligned(op: string, shape: Shape, index: Tensor, axis: number): void {
  if (index.rank !== shape.length || !index.shape.every((n, i) => i === axis || n === shape[i])) {
    throw new RangeError(
      `${op}: the index ${formatShape(index.shape)} and ${formatShape(shape)} may differ along axis ${axis} alone`,
    );
  }
}

const gatherOp = defineOp("gather", {
  forward(ctx, x: Tensor, index: Tensor, axis: number): Tensor {
    ctx.save(index);
    const out = ctx.allocate(index.shape, x.dtype);
    ctx.device.gather(out, ctx.dense(x), ctx.dense(index), lanesAt(x.shape, axis), index.shape[axis]);
    return out;
  },
  backward: (ctx, dy, axis) => [gatheredGradient(ctx, dy, ctx.saved[0], axis)],
});

/** The gradient of what elements were picked from. */
export function gatheredGradient(ctx: OpContext, dy: Tensor, index: Tensor, axis: number): PartialGradient {
  const shape = ctx.shapes[0];
  return new PartialGradient(shape, dy, {
    whole: () => scatterInto(dy, index, shape, axis),
    addTo: (sum) =>
      ctx.device.scatterAdd(sum, ctx.dense(index), ctx.dense(dy), lanesAt(shape, axis), index.shape[axis]),
  });
}

/** Zeros of a shape, with x added at the indices: the gradient of `gather`. */
const scatterInto = defineOp("scatter", {
  forward(ctx, x: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
    ctx.save(index);
    const out = ctx.allocate(shape, x.dtype);
    ctx.device.fill(out, 0);
    ctx.device.scatterAdd(out, ctx.dense(index), ctx.dense(x), lanesAt(shape, axis), index.shape[axis]);
    return out;
  },
  backward: (ctx, dy, _shape, axis): Gradient[] => [gatherOp(dy, ctx.saved[0], axis)],
});

/**
 * `out[i][j] = x[i][index[i][j]]` (for axis 1). The index has x's shape except along the axis.
 * Errors: an index outside the axis.
 */
export function gather(x: Tensor, index: Tensor, axis: number): Tensor {
  const at = normalizeAxis("gather", axis, x.rank);
  assertIndex("gather", index);
  assertAligned("gather", x.shape, index, at);
  return gatherOp(x, index, at);
}

/** x with `source` added at the indices along an axis; equal indices add up. Errors: an index outside the axis. */
export function scatterAdd(x: Tensor, index: Tensor, source: Tensor, axis: number): Tensor {
  const at = normalizeAxis("scatterAdd", axis, x.rank);
  assertIndex("scatterAdd", index);
  assertAligned("scatterAdd", x.shape, index, at);
  assertTensor("scatterAdd", source, "the source");
  if (formatShape(index.shape) !== formatShape(source.shape)) {
    throw new RangeError(
      `scatterAdd: index ${formatShape(index.shape)} and source ${formatShape(source.shape)} differ`,
    );
  }
  return x.add(scatterInto(source, index, x.shape, at));
}

const selectOp = defineOp("indexSelect", {
  forward(ctx, x: Tensor, index: Tensor, axis: number): Tensor {
    ctx.save(index);
    const out = ctx.allocate(x.shape.with(axis, index.size), x.dtype);
    ctx.device.indexSelect(out, ctx.dense(x), ctx.dense(index), lanesAt(x.shape, axis));
    return out;
  },
  backward: (ctx, dy, axis) => [selectedGradient(ctx, dy, ctx.saved[0], axis)],
});

/** Zeros of a shape, with whole slices of x added at the indices: the gradient of `indexSelect`. */
const addSelected = defineOp("indexAdd", {
  forward(ctx, x: Tensor, index: Tensor, shape: Shape, axis: number): Tensor {
    ctx.save(index);
    const out = ctx.allocate(shape, x.dtype);
    ctx.device.fill(out, 0);
    ctx.device.indexAdd(out, ctx.dense(index), ctx.dense(x), lanesAt(shape, axis));
    return out;
  },
  backward: (ctx, dy, _shape, axis): Gradient[] => [selectOp(dy, ctx.saved[0], axis)],
});

/** The gradient of what whole slices were selected from. */
export function selectedGradient(ctx: OpContext, dy: Tensor, index: Tensor, axis: number): PartialGradient {
  const shape = ctx.shapes[0];
  return new PartialGradient(shape, dy, {
    whole: () => addSelected(dy, index, shape, axis),
    addTo: (sum) => ctx.device.indexAdd(sum, ctx.dense(index), ctx.dense(dy), lanesAt(shape, axis)),
  });
}

/** Whole slices along an axis, by an index of one axis: rows 3, 1, 3 of a matrix. Errors: an index outside the axis. */
export function indexSelect(x: Tensor, index: Tensor, axis: number): Tensor {
  const at = normalizeAxis("indexSelect", axis, x.rank);
  assertIndex("indexSelect", index);
  if (index.rank !== 1)
    throw new RangeError(`indexSelect: the index has one axis, this is ${formatShape(index.shape)}`);
  return selectOp(x, index, at);
}

/** 1 at each index, 0 elsewhere, float32: int32 [batch] -> [batch, classes]. */
export function oneHot(index: Tensor, classes: number): Tensor {
  assertIndex("oneHot", index);
  if (sizeOf(index.shape) > 0 && classes < 1) throw new RangeError(`oneHot: ${classes} classes cannot hold an index`);
  return index
    .unsqueeze(-1)
    .eq(arange(0, classes, 1, { device: index.device }))
    .float();
}
