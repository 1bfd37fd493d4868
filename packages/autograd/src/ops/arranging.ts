import { arange, full, tensor } from "../creation.ts";
import { formatShape, normalizeAxes, normalizeAxis, type Shape } from "../shape.ts";
import type { Axes, Tensor } from "../tensor.ts";
import { concat } from "./views.ts";

/** Elements repeated, surrounded, turned round and moved on. */

/** Errors: a size that is no whole number from 0. */
function assertCounts(op: string, counts: readonly number[]): void {
  if (counts.every((n) => Number.isInteger(n) && n >= 0)) return;
  throw new RangeError(`${op}: [${counts}] has to be whole numbers from 0: how often along each axis`);
}

/**
 * Copies next to each other, so many along each axis: [2, 3] repeated by [4, 1, 2] is [4, 2, 6].
 * Errors: fewer counts than axes.
 */
export function repeat(x: Tensor, counts: Shape): Tensor {
  assertCounts("repeat", counts);
  if (counts.length < x.rank) {
    throw new RangeError(`repeat: [${counts}] has to have a count for each axis of ${formatShape(x.shape)}`);
  }
  return tile(x, counts);
}

/** `repeat`, where axes without a count are taken once. */
export function tile(x: Tensor, counts: Shape): Tensor {
  assertCounts("tile", counts);
  const rank = Math.max(x.rank, counts.length);
  const times = [...new Array<number>(rank - counts.length).fill(1), ...counts];
  const shape = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const apart = x.reshape(shape.flatMap((n) => [1, n]));
  const copies = apart.expand(shape.flatMap((n, axis) => [times[axis], n]));
  return copies.reshape(shape.map((n, axis) => n * times[axis]));
}

/** Each element so many times in a row, along an axis: 1, 2 twice is 1, 1, 2, 2. Without an axis the flattened tensor. */
export function repeatInterleave(x: Tensor, count: number, axis?: number): Tensor {
  assertCounts("repeatInterleave", [count]);
  if (axis === undefined) return repeatInterleave(x.reshape(-1), count, 0);
  const at = normalizeAxis("repeatInterleave", axis, x.rank);
  const apart = x.unsqueeze(at + 1);
  return apart.expand(apart.shape.with(at + 1, count)).reshape(x.shape.with(at, x.shape[at] * count));
}

/** What `pad` fills up with. */
export interface PadOptions {
  /** `constant` unless said otherwise; the others go on with the tensor's own elements: mirrored, the last one, from the other end. */
  mode?: "constant" | "reflect" | "replicate" | "circular";
  /** What a constant padding is made of; 0 unless said otherwise. */
  value?: number;
}

/**
 * Elements before and after an axis: `[left, right]` of the last axis, then of the one before it, and so on, as
 * PyTorch's `F.pad`; negative numbers cut off.
 * Errors: an odd number of widths, more than there are axes, a mode that has not enough elements.
 */
export function pad(x: Tensor, widths: readonly number[], { mode = "constant", value = 0 }: PadOptions = {}): Tensor {
  if (widths.length % 2 !== 0 || widths.length > 2 * x.rank || !widths.every(Number.isInteger)) {
    throw new RangeError(
      `pad: [${widths}] has to be [left, right] of the last axis, then of the one before, …, for ${formatShape(x.shape)}`,
    );
  }
  let y = x;
  for (let i = 0; i < widths.length; i += 2) {
    const axis = x.rank - 1 - i / 2;
    const [before, after] = [widths[i], widths[i + 1]];
    if (before === 0 && after === 0) continue;
    y = mode === "constant" ? padConstant(y, axis, before, after, value) : padOwn(y, axis, before, after, mode);
  }
  return y;
}

function padConstant(x: Tensor, axis: number, before: number, after: number, value: number): Tensor {
  const size = x.shape[axis];
  if (before + after + size < 0)
    throw new RangeError(`pad: ${before} and ${after} cut more off than the ${size} elements`);
  const inner = x.slice(axis, Math.max(0, -before), size + Math.min(0, after));
  const part = (n: number) => full(x.shape.with(axis, n), value, { dtype: x.dtype, device: x.device });
  return concat([part(Math.max(0, before)), inner, part(Math.max(0, after))], axis);
}

function padOwn(
  x: Tensor,
  axis: number,
  before: number,
  after: number,
  mode: "reflect" | "replicate" | "circular",
): Tensor {
  const size = x.shape[axis];
  const most = mode === "reflect" ? size - 1 : mode === "circular" ? size : size > 0 ? Number.POSITIVE_INFINITY : 0;
  if (Math.max(before, after) > most) {
    throw new RangeError(
      `pad: ${mode} of ${Math.max(before, after)} needs more elements than axis ${axis} of ${formatShape(x.shape)} has`,
    );
  }
  const source = (i: number) => {
    if (mode === "replicate") return Math.min(Math.max(i, 0), size - 1);
    if (mode === "circular") return (i + size) % size;
    return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
  };
  const places = Array.from({ length: Math.max(0, size + before + after) }, (_, i) => source(i - before));
  return x.indexSelect(axis, tensor(Int32Array.from(places), { device: x.device }));
}

/** The elements along some axes from the last to the first. */
export function flip(x: Tensor, axes: Axes): Tensor {
  return normalizeAxes("flip", axes, x.rank).reduce((y, axis) => {
    const last = y.shape[axis] - 1;
    return y.indexSelect(
      axis,
      arange(0, last + 1, 1, { device: x.device })
        .mul(-1)
        .add(last),
    );
  }, x);
}

/**
 * Elements moved on along an axis, those pushed out coming in at the other end; without an axis, of the flattened tensor.
 * Several axes have a shift each.
 */
export function roll(x: Tensor, shifts: Axes, axes?: Axes): Tensor {
  const by = typeof shifts === "number" ? [shifts] : shifts;
  if (axes === undefined && by.length === 1) return roll(x.reshape(-1), by, 0).reshape(x.shape);
  const along = axes === undefined ? [] : typeof axes === "number" ? [axes] : axes;
  if (along.length !== by.length || !by.every(Number.isInteger)) {
    throw new RangeError(`roll: [${by}] has to be a whole number for each of the axes [${along}]`);
  }
  return along.reduce((y, axis, i) => {
    const at = normalizeAxis("roll", axis, x.rank);
    const size = y.shape[at];
    const cut = size === 0 ? 0 : ((-by[i] % size) + size) % size;
    return cut === 0 ? y : concat([y.slice(at, cut), y.slice(at, 0, cut)], at);
  }, x);
}

/**
 * The coordinates of a grid: of tensors of one axis, as many tensors, each of which says its own coordinate at every
 * point. `ij` gives [rows, columns, …] in the order of the tensors, `xy` swaps the first two.
 */
export function meshgrid(axes: readonly Tensor[], { indexing = "ij" }: { indexing?: "ij" | "xy" } = {}): Tensor[] {
  for (const axis of axes) {
    if (axis.rank > 1) throw new RangeError(`meshgrid: takes tensors of one axis, this is ${formatShape(axis.shape)}`);
  }
  const order = axes.map((_, i) => (indexing === "xy" && i < 2 && axes.length > 1 ? 1 - i : i));
  const shape = order.map((i) => axes[i].size);
  return axes.map((axis, i) =>
    axis.reshape(shape.map((_, place) => (order[place] === i ? axis.size : 1))).expand(shape),
  );
}
