// Several elementwise steps in one pass over memory, where that is what a training step spends its time on.

import { addWide, loadTail, madd, storeTail, sum2 } from "./lanes";
import { bell4, normalCdf4 } from "./math";

/** Rows whose sums are kept in single precision before they are added to the total. */
const STRETCH: i32 = 64;

// @ts-ignore: decorator
@inline function gelu(x: v128): v128 {
  return f32x4.mul(x, normalCdf4(x, bell4(x)));
}

// @ts-ignore: decorator
@inline function slope(x: v128): v128 {
  const bell = bell4(x);
  return madd(x, f32x4.mul(bell, f32x4.splat(0.3989422804014327)), normalCdf4(x, bell)); // 1 / sqrt(2 pi)
}

/** Units are rows of n: x += bias, out = gelu(x). */
export function biasGelu(begin: i32, end: i32, n: i32, out: usize, x: usize, bias: usize): void {
  const whole = n & ~3;
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * n * 4;
    const to = out + <usize>row * n * 4;
    for (let i = 0; i < whole; i += 4) {
      const at = <usize>i * 4;
      const sum = f32x4.add(v128.load(from + at), v128.load(bias + at));
      v128.store(from + at, sum);
      v128.store(to + at, gelu(sum));
    }
    if (whole < n) {
      const at = <usize>whole * 4;
      const sum = f32x4.add(loadTail(from + at, n - whole), loadTail(bias + at, n - whole));
      storeTail(from + at, sum, n - whole);
      storeTail(to + at, gelu(sum), n - whole);
    }
  }
}

/** Units are 16 columns of n: dx = gelu'(x) dy, dbias = the sum of dx over the rows. */
export function biasGeluGrad(begin: i32, end: i32, rows: i32, n: i32, dx: usize, dbias: usize, x: usize, dy: usize): void {
  const step = <usize>n * 4;
  for (let unit = begin; unit < end; unit++) {
    const last = min(n, unit * 16 + 16);
    for (let column = unit * 16; column < last; column += 4) {
      const count = last - column;
      let total = f32x4.splat(0);
      for (let r0 = 0; r0 < rows; r0 += STRETCH) {
        const r1 = min(rows, r0 + STRETCH);
        let sum = f32x4.splat(0);
        for (let at = <usize>r0 * step + <usize>column * 4, stop = at + <usize>(r1 - r0) * step; at < stop; at += step) {
          if (count >= 4) {
            const g = f32x4.mul(slope(v128.load(x + at)), v128.load(dy + at));
            v128.store(dx + at, g);
            sum = f32x4.add(sum, g);
          } else {
            const g = f32x4.mul(slope(loadTail(x + at, count)), loadTail(dy + at, count));
            storeTail(dx + at, g, count);
            sum = f32x4.add(sum, g);
          }
        }
        total = f32x4.add(total, sum);
      }
      if (count >= 4) v128.store(dbias + <usize>column * 4, total);
      else storeTail(dbias + <usize>column * 4, total, count);
    }
  }
}

/**
 * Units are pieces of tensors, described by (address, elements) pairs of int32: sums[unit] (float64) = the sum of the
 * piece's squares.
 */
export function sumSquares(begin: i32, end: i32, pieces: usize, sums: usize): void {
  for (let unit = begin; unit < end; unit++) {
    const x = <usize>load<i32>(pieces + unit * 8);
    const count = load<i32>(pieces + unit * 8, 4);
    let sum = f64x2.splat(0);
    let i = 0;
    for (; i + 4 <= count; i += 4) {
      const value = v128.load(x + <usize>i * 4);
      sum = addWide(sum, f32x4.mul(value, value));
    }
    if (i < count) {
      const value = loadTail(x + <usize>i * 4, count - i);
      sum = addWide(sum, f32x4.mul(value, value));
    }
    store<f64>(sums + unit * 8, sum2(sum));
  }
}
