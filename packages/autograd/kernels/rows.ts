// Softmax and log-softmax: units are rows of n floats.

import { WIDENED } from "./build";
import { addWide, firstLanes, loadTail, put8, storeTail, sum2 } from "./lanes";
import { exp4 } from "./math";
import { scratch } from "./matmul";
import { largestRow, sumRow } from "./reduce";

/** out = exp(x - shift), element by element, with the sum of it added to `sum`, two lanes of doubles; out may be x. */
export function expRow(n: i32, out: usize, x: usize, shift: f32, sum: v128): v128 {
  const m = f32x4.splat(shift);
  let i = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8) {
      const y0 = exp4(f32x4.sub(v128.load(x + i * 4), m));
      put8(out + i * 4, y0, exp4(f32x4.sub(v128.load(x + i * 4, 16), m)), false);
      sum = addWide(addWide(sum, v128.load(out + i * 4)), v128.load(out + i * 4, 16));
    }
  }
  for (; i + 4 <= n; i += 4) {
    const y = exp4(f32x4.sub(v128.load(x + i * 4), m));
    v128.store(out + i * 4, y);
    sum = addWide(sum, y);
  }
  if (i < n) {
    const y = firstLanes(exp4(f32x4.sub(loadTail(x + i * 4, n - i), m)), f32x4.splat(0), n - i);
    storeTail(out + i * 4, y, n - i);
    sum = addWide(sum, y);
  }
  return sum;
}

/** Elements whose exponentials stand in the scratch memory while they are added up. */
const STRETCH: i32 = 256;

/** sum(exp(x - shift)) */
function sumOfExp(n: i32, x: usize, shift: f32): f64 {
  let sum = f64x2.splat(0);
  for (let i = 0; i < n; i += STRETCH) sum = expRow(min(STRETCH, n - i), scratch, x + i * 4, shift, sum);
  return sum2(sum);
}

/** x / divisor, in place. */
function divideRow(n: i32, x: usize, divisor: f32): void {
  const d = f32x4.splat(divisor);
  let i = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8) {
      put8(x + i * 4, f32x4.div(v128.load(x + i * 4), d), f32x4.div(v128.load(x + i * 4, 16), d), false);
    }
  }
  for (; i + 4 <= n; i += 4) v128.store(x + i * 4, f32x4.div(v128.load(x + i * 4), d));
  if (i < n) storeTail(x + i * 4, f32x4.div(loadTail(x + i * 4, n - i), d), n - i);
}

/** log(sum(exp(row))) */
export function logSumExpRow(n: i32, x: usize): f64 {
  const largest = largestRow(x, n);
  if (largest == -Infinity) return -Infinity;
  return largest + NativeMath.log(sumOfExp(n, x, largest));
}

export function softmax(begin: i32, end: i32, n: i32, out: usize, x: usize): void {
  for (let r = begin; r < end; r++) {
    const y = out + r * n * 4;
    const row = x + r * n * 4;
    const largest = largestRow(row, n);
    if (largest == -Infinity) {
      memory.fill(y, 0, n * 4);
      continue;
    }
    const sum = sum2(expRow(n, y, row, largest, f64x2.splat(0)));
    divideRow(n, y, <f32>sum);
  }
}

/** sum(a * b) over a row, in double precision. */
function dotRow(n: i32, a: usize, b: usize): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) sum = addWide(sum, f32x4.mul(v128.load(a + i * 4), v128.load(b + i * 4)));
  if (i < n) sum = addWide(sum, f32x4.mul(loadTail(a + i * 4, n - i), loadTail(b + i * 4, n - i)));
  return sum2(sum);
}

export function softmaxGrad(begin: i32, end: i32, n: i32, dx: usize, y: usize, dy: usize): void {
  for (let r = begin; r < end; r++) {
    const at = <usize>(r * n) * 4;
    const dot = f32x4.splat(<f32>dotRow(n, y + at, dy + at));
    let i: usize = at;
    const stop = at + <usize>n * 4;
    if (WIDENED) {
      for (; i + 32 <= stop; i += 32) {
        const d0 = f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(dy + i), dot));
        const d1 = f32x4.mul(v128.load(y + i, 16), f32x4.sub(v128.load(dy + i, 16), dot));
        put8(dx + i, d0, d1, false);
      }
    }
    for (; i + 16 <= stop; i += 16) {
      v128.store(dx + i, f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(dy + i), dot)));
    }
    if (i < stop) {
      const count = <i32>(stop - i) >> 2;
      storeTail(dx + i, f32x4.mul(loadTail(y + i, count), f32x4.sub(loadTail(dy + i, count), dot)), count);
    }
  }
}

export function logSoftmax(begin: i32, end: i32, n: i32, out: usize, x: usize): void {
  for (let r = begin; r < end; r++) {
    const row = x + r * n * 4;
    const y = out + r * n * 4;
    // In two steps: the sum's logarithm would drown in the largest element if it were added to it.
    const largest = largestRow(row, n);
    const rest: f64 = largest == -Infinity ? 0 : NativeMath.log(sumOfExp(n, row, largest));
    const m = f32x4.splat(largest);
    const s = f32x4.splat(<f32>rest);
    let i = 0;
    if (WIDENED) {
      for (; i + 8 <= n; i += 8) {
        const y0 = f32x4.sub(f32x4.sub(v128.load(row + i * 4), m), s);
        put8(y + i * 4, y0, f32x4.sub(f32x4.sub(v128.load(row + i * 4, 16), m), s), false);
      }
    }
    for (; i + 4 <= n; i += 4) {
      v128.store(y + i * 4, f32x4.sub(f32x4.sub(v128.load(row + i * 4), m), s));
    }
    if (i < n) storeTail(y + i * 4, f32x4.sub(f32x4.sub(loadTail(row + i * 4, n - i), m), s), n - i);
  }
}

export function logSoftmaxGrad(begin: i32, end: i32, n: i32, dx: usize, y: usize, dy: usize): void {
  for (let r = begin; r < end; r++) {
    const at = <usize>(r * n) * 4;
    const sum = f32x4.splat(<f32>sumRow(dy + at, n));
    let i: usize = at;
    const stop = at + <usize>n * 4;
    if (WIDENED) {
      for (; i + 32 <= stop; i += 32) {
        const d0 = f32x4.sub(v128.load(dy + i), f32x4.mul(exp4(v128.load(y + i)), sum));
        const d1 = f32x4.sub(v128.load(dy + i, 16), f32x4.mul(exp4(v128.load(y + i, 16)), sum));
        put8(dx + i, d0, d1, false);
      }
    }
    for (; i + 16 <= stop; i += 16) {
      v128.store(dx + i, f32x4.sub(v128.load(dy + i), f32x4.mul(exp4(v128.load(y + i)), sum)));
    }
    if (i < stop) {
      const count = <i32>(stop - i) >> 2;
      const value = f32x4.sub(loadTail(dy + i, count), f32x4.mul(exp4(loadTail(y + i, count)), sum));
      storeTail(dx + i, value, count);
    }
  }
}
