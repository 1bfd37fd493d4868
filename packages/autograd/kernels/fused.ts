// Several elementwise steps in one pass over memory, where that is what a training step spends its time on.

import { addWide, loadTail, madd, storeTail, sum2 } from "./lanes";
import { gelu4, geluSlope4 } from "./math";

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
      v128.store(to + at, gelu4(sum));
    }
    if (whole < n) {
      const at = <usize>whole * 4;
      const sum = f32x4.add(loadTail(from + at, n - whole), loadTail(bias + at, n - whole));
      storeTail(from + at, sum, n - whole);
      storeTail(to + at, gelu4(sum), n - whole);
    }
  }
}

/** Units are blocks of `height` rows: dx = gelu'(x) dy, sums[unit] = the sum of dx over the block's rows. */
export function biasGeluGrad(
  begin: i32, end: i32, height: i32, rows: i32, n: i32, dx: usize, sums: usize, x: usize, dy: usize,
): void {
  const whole = n & ~3;
  const rest = n - whole;
  for (let unit = begin; unit < end; unit++) {
    const sum = sums + <usize>unit * n * 4;
    memory.fill(sum, 0, n * 4);
    const last = min(rows, (unit + 1) * height);
    for (let row = unit * height; row < last; row++) {
      const offset = <usize>row * n * 4;
      for (let i = 0; i < whole; i += 4) {
        const at = offset + <usize>i * 4;
        const g = f32x4.mul(geluSlope4(v128.load(x + at)), v128.load(dy + at));
        v128.store(dx + at, g);
        v128.store(sum + <usize>i * 4, f32x4.add(v128.load(sum + <usize>i * 4), g));
      }
      if (rest > 0) {
        const at = offset + <usize>whole * 4;
        const g = f32x4.mul(geluSlope4(loadTail(x + at, rest)), loadTail(dy + at, rest));
        storeTail(dx + at, g, rest);
        storeTail(sum + <usize>whole * 4, f32x4.add(loadTail(sum + <usize>whole * 4, rest), g), rest);
      }
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
