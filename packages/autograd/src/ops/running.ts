import { nameOf } from "../check.ts";
import { full } from "../creation.ts";
import { normalizeAxis } from "../shape.ts";
import type { Axes, KeepDim, Tensor } from "../tensor.ts";
import { where } from "./masking.ts";
import { axesOf } from "./reductions.ts";
import { concat } from "./views.ts";

/** Products over axes and along them, in as many steps as the size can be halved, so that zeros need no special case. */

const onesLike = (x: Tensor, axis: number, count: number) =>
  full(x.shape.with(axis, count), 1, { dtype: x.dtype, device: x.device });

/** Product over axes. [2, 3, 4] over axis 1 -> [2, 4], or [2, 1, 4] with keepDim; 1 over no elements. */
export function prod(x: Tensor, axes?: Axes, options: KeepDim = {}): Tensor {
  const list = axesOf("prod", x, axes, options);
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !list.includes(axis));
  // The axes of the product as one, at the end.
  const kept = rest.map((axis) => x.shape[axis]);
  let y = x.permute([...rest, ...list]).reshape([...kept, list.reduce((n, axis) => n * x.shape[axis], 1)]);
  const last = kept.length;
  if (y.shape[last] === 0) y = onesLike(y, last, 1);
  while (y.shape[last] > 1) {
    if (y.shape[last] % 2 === 1) y = concat([y, onesLike(y, last, 1)], last);
    const [left, right] = y.split(y.shape[last] / 2, last);
    y = left.mul(right);
  }
  return y.reshape(options.keepDim ? x.shape.map((n, axis) => (list.includes(axis) ? 1 : n)) : kept);
}

/** Running product along an axis: each step multiplies with what stands twice as far before (Hillis & Steele, 1986). */
export function cumprod(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("cumprod", axis, x.rank);
  const size = x.shape[at];
  let y = x;
  for (let step = 1; step < size; step *= 2) {
    y = y.mul(concat([onesLike(y, at, step), y.slice(at, 0, size - step)], at));
  }
  return y === x ? x.alias() : y;
}

/**
 * The length of vectors along axes: the p-th root of the sum of `|x|^p`; Euclid's unless p is given. For p = Infinity the
 * largest, for -Infinity the smallest of `|x|`, for 0 how many are not 0.
 */
export function norm(x: Tensor, p = 2, axes?: Axes, options?: KeepDim): Tensor {
  if (typeof p !== "number") throw new TypeError(`norm: p is ${nameOf(p)}, it has to be a number; axes come behind it`);
  if (p === 2) {
    const square = x.square().sum(axes, options);
    // Flat where all is 0, as in PyTorch; the root itself is steep there.
    const isZero = square.eq(0);
    return where(isZero, 0, where(isZero, 1, square).sqrt());
  }
  if (p === 0) return x.ne(0).float().sum(axes, options);
  const size = x.abs();
  if (p === Number.POSITIVE_INFINITY) return size.max(axes, options);
  if (p === Number.NEGATIVE_INFINITY) return size.min(axes, options);
  return p === 1
    ? size.sum(axes, options)
    : size
        .pow(p)
        .sum(axes, options)
        .pow(1 / p);
}
