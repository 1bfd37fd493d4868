// Panels: the operands of a matrix product, copied into the order in which the inner loop reads them.

import { storeTransposed } from "./lanes";

/** Four columns of a panel, from elements that lie side by side along k: transposed 4 x 4 at a time. */
function packAlongK4(to: usize, width: usize, from: usize, step: usize, depth: i32): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + step);
    const r2 = v128.load(from + 2 * step);
    const r3 = v128.load(from + 3 * step);
    storeTransposed(to, width, r0, r1, r2, r3);
    from += 16;
    to += 4 * width;
  }
  for (; k < depth; k++) {
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(from + step), 4);
    store<f32>(to, load<f32>(from + 2 * step), 8);
    store<f32>(to, load<f32>(from + 3 * step), 12);
    from += 4;
    to += width;
  }
}

/** Two columns, likewise. */
function packAlongK2(to: usize, width: usize, from: usize, step: usize, depth: i32): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    const r0 = v128.load(from);
    const r1 = v128.load(from + step);
    const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    v128.store_lane<i64>(to, low, 0);
    v128.store_lane<i64>(to + width, low, 1);
    v128.store_lane<i64>(to + 2 * width, high, 0);
    v128.store_lane<i64>(to + 3 * width, high, 1);
    from += 16;
    to += 4 * width;
  }
  for (; k < depth; k++) {
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(from + step), 4);
    from += 4;
    to += width;
  }
}

/** Columns side by side in memory: copied row after row, `columns` is 16, 8, 6 or 4. */
// @ts-ignore: decorator
@inline function packAcross(to: usize, columns: i32, from: usize, kStep: usize, depth: i32): void {
  for (let k = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    if (columns >= 8) v128.store(to, v128.load(from, 16), 16);
    if (columns == 16) {
      v128.store(to, v128.load(from, 32), 32);
      v128.store(to, v128.load(from, 48), 48);
    }
    if (columns == 6) store<i64>(to, load<i64>(from, 16), 16);
    from += kStep;
    to += columns * 4;
  }
}

/** Any strides, and the panel at the edge: what is missing of it is filled with zeros. */
function packAnyhow(to: usize, columns: i32, from: usize, step: usize, kStep: usize, present: i32, depth: i32): void {
  for (let k = 0; k < depth; k++) {
    for (let i = 0; i < present; i++) store<f32>(to + i * 4, load<f32>(from + i * step));
    for (let i = present; i < columns; i++) store<f32>(to + i * 4, 0);
    from += kStep;
    to += columns * 4;
  }
}

/**
 * Packs `count` columns of `depth` elements (k) each into panels of `columns` (16, 8, 6 or 4) columns: element (k, i) of a
 * panel lies at k * columns + i. For the left operand a "column" is one of its rows. Steps in bytes.
 */
// @ts-ignore: decorator
@inline export function pack(
  to: usize, columns: i32, from: usize, step: usize, kStep: usize, count: i32, depth: i32,
): void {
  const width = <usize>columns * 4;
  for (let i = 0; i < count; i += columns) {
    const present = min(columns, count - i);
    if (present == columns && kStep == 4) {
      packAlongK4(to, width, from, step, depth);
      if (columns >= 8) packAlongK4(to + 16, width, from + 4 * step, step, depth);
      if (columns == 16) {
        packAlongK4(to + 32, width, from + 8 * step, step, depth);
        packAlongK4(to + 48, width, from + 12 * step, step, depth);
      }
      if (columns == 6) packAlongK2(to + 16, width, from + 4 * step, step, depth);
    } else if (present == columns && step == 4) packAcross(to, columns, from, kStep, depth);
    else packAnyhow(to, columns, from, step, kStep, present, depth);
    to += width * depth;
    from += columns * step;
  }
}

/** Rows `shifts[k]` bytes from `from`, so many floats of each: a panel whose columns lie side by side in memory. */
// @ts-ignore: decorator
@inline export function packShifted(to: usize, columns: i32, from: usize, shifts: usize, present: i32, depth: i32): void {
  if (present < columns) {
    for (let k = 0; k < depth; k++, to += columns * 4) {
      const row = from + <usize>load<i32>(shifts + k * 4);
      for (let i = 0; i < present; i++) store<f32>(to + i * 4, load<f32>(row + i * 4));
      for (let i = present; i < columns; i++) store<f32>(to + i * 4, 0);
    }
    return;
  }
  for (let k = 0; k < depth; k++, to += columns * 4) {
    const row = from + <usize>load<i32>(shifts + k * 4);
    v128.store(to, v128.load(row));
    v128.store(to, v128.load(row, 16), 16);
    if (columns == 16) {
      v128.store(to, v128.load(row, 32), 32);
      v128.store(to, v128.load(row, 48), 48);
    }
  }
}

/** The other way: each column is a stretch of `depth` floats, that begins `shifts[i]` bytes from `from`. */
// @ts-ignore: decorator
@inline export function packStretches(to: usize, columns: i32, from: usize, shifts: usize, present: i32, depth: i32): void {
  const width = <usize>columns * 4;
  let i = 0;
  for (; i + 4 <= present; i += 4) {
    stretches4(
      to + i * 4, width, from + load<i32>(shifts + i * 4), from + load<i32>(shifts + i * 4, 4),
      from + load<i32>(shifts + i * 4, 8), from + load<i32>(shifts + i * 4, 12), depth,
    );
  }
  for (; i < present; i++) {
    const stretch = from + load<i32>(shifts + i * 4);
    for (let k = 0; k < depth; k++) store<f32>(to + k * width + i * 4, load<f32>(stretch + k * 4));
  }
  for (; i < columns; i++) for (let k = 0; k < depth; k++) store<f32>(to + k * width + i * 4, 0);
}

function stretches4(to: usize, width: usize, p0: usize, p1: usize, p2: usize, p3: usize, depth: i32): void {
  let k = 0;
  for (; k + 4 <= depth; k += 4, to += 4 * width) {
    const at = <usize>k * 4;
    const r0 = v128.load(p0 + at);
    const r1 = v128.load(p1 + at);
    const r2 = v128.load(p2 + at);
    const r3 = v128.load(p3 + at);
    storeTransposed(to, width, r0, r1, r2, r3);
  }
  for (; k < depth; k++, to += width) {
    const at = <usize>k * 4;
    store<f32>(to, load<f32>(p0 + at));
    store<f32>(to, load<f32>(p1 + at), 4);
    store<f32>(to, load<f32>(p2 + at), 8);
    store<f32>(to, load<f32>(p3 + at), 12);
  }
}
