// Copies between arrays of one shape and any strides: what makes a view contiguous, and what concat and slices write.

import { innerStride, rowOffset } from "./elementwise";
import { storeTransposed } from "./lanes";

/** What happens to an element on its way: nothing, float to int32 (cut towards zero), int32 to float. */
const enum Convert { none, toInt, toFloat }

// @ts-ignore: decorator
@inline function convertLanes(how: i32, x: v128): v128 {
  if (how == Convert.toInt) return i32x4.trunc_sat_f32x4_s(x);
  if (how == Convert.toFloat) return f32x4.convert_i32x4_s(x);
  return x;
}

// @ts-ignore: decorator
@inline function convertOne(how: i32, to: usize, from: usize): void {
  if (how == Convert.toInt) store<i32>(to, <i32>load<f32>(from));
  else if (how == Convert.toFloat) store<f32>(to, <f32>load<i32>(from));
  else store<i32>(to, load<i32>(from));
}

// @ts-ignore: decorator
@inline function rowOf(how: i32, n: i32, out: usize, so: usize, x: usize, sx: usize): void {
  let i = 0;
  if (so == 4 && sx == 4) {
    for (; i + 4 <= n; i += 4) v128.store(out + i * 4, convertLanes(how, v128.load(x + i * 4)));
  } else if (so == 4 && sx == 0) {
    const value = convertLanes(how, v128.load32_splat(x));
    for (; i + 4 <= n; i += 4) v128.store(out + i * 4, value);
  }
  for (; i < n; i++) convertOne(how, out + i * so, x + i * sx);
}

function copyRow(how: i32, n: i32, out: usize, so: usize, x: usize, sx: usize): void {
  if (how == Convert.none) rowOf(Convert.none, n, out, so, x, sx);
  else if (how == Convert.toInt) rowOf(Convert.toInt, n, out, so, x, sx);
  else rowOf(Convert.toFloat, n, out, so, x, sx);
}

/** Units are rows of n elements, or, where there is but one row, elements. Operands 0 and 1 of `axes` are out and x. */
export function copy(begin: i32, end: i32, how: Convert, n: i32, axes: usize, out: usize, x: usize): void {
  const so = innerStride(axes, 0);
  const sx = innerStride(axes, 1);
  if (load<i32>(axes) == 0) {
    copyRow(how, end - begin, out + begin * so, so, x + begin * sx, sx);
    return;
  }
  for (let r = begin; r < end; r++) copyRow(how, n, out + rowOffset(r, axes, 0), so, x + rowOffset(r, axes, 1), sx);
}

/**
 * Transposed copies without conversion, 4 x 4 elements at a time: out[i, j] = x[j, i] for i < m, j < n, where out has
 * stride 4 along j, x stride 4 along i. Units are bands of 16 rows i of each of the matrices that the axes in `axes`
 * (all but these two; one extra innermost axis of strides 0) count.
 */
export function transpose(
  begin: i32, end: i32, m: i32, n: i32, axes: usize, out: usize, outStep: usize, x: usize, xStep: usize,
): void {
  const bands = (m + 15) >> 4;
  for (let unit = begin; unit < end; unit++) {
    const matrix = unit / bands;
    const first = (unit - matrix * bands) << 4;
    const last = min(first + 16, m);
    const y = out + rowOffset(matrix, axes, 0);
    const source = x + rowOffset(matrix, axes, 1);
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      let i = first;
      for (; i + 4 <= last; i += 4) tile(y + i * outStep + j * 4, outStep, source + j * xStep + i * 4, xStep);
      for (; i < last; i++) edge(y + i * outStep + j * 4, source + j * xStep + i * 4, xStep, 4);
    }
    if (j < n) for (let i = first; i < last; i++) edge(y + i * outStep + j * 4, source + j * xStep + i * 4, xStep, n - j);
  }
}

// @ts-ignore: decorator
@inline function edge(y: usize, x: usize, xStep: usize, count: i32): void {
  for (let k = 0; k < count; k++) store<i32>(y + k * 4, load<i32>(x + k * xStep));
}

// @ts-ignore: decorator
@inline function tile(y: usize, yStep: usize, x: usize, xStep: usize): void {
  storeTransposed(y, yStep, v128.load(x), v128.load(x + xStep), v128.load(x + 2 * xStep), v128.load(x + 3 * xStep));
}
