import { WIDENED } from "./build";
import { loadTail, put8, storeTail } from "./lanes";

/** A running average: `kept` of what it was, and `rest` of x. */
// @ts-ignore: decorator
@inline function average(old: v128, kept: f32, x: v128, rest: f32): v128 {
  return f32x4.add(f32x4.mul(old, f32x4.splat(kept)), f32x4.mul(x, f32x4.splat(rest)));
}

// @ts-ignore: decorator
@inline function moved(p: v128, mean: v128, square: v128, eps: f32, shrink: f32, rate: f32, correction: f32): v128 {
  const deviation = f32x4.sqrt(f32x4.mul(square, f32x4.splat(correction)));
  const change = f32x4.div(f32x4.mul(mean, f32x4.splat(rate)), f32x4.add(deviation, f32x4.splat(eps)));
  return f32x4.sub(f32x4.mul(p, f32x4.splat(shrink)), change);
}

/**
 * One step of AdamW on elements begin … end - 1: see src/device.ts. `shrink` is 1 - lr * weightDecay, `rate` lr over
 * the first average's bias correction, `correction` 1 over the second's.
 */
export function adamW(
  begin: i32, end: i32, p: usize, grad: usize, m: usize, v: usize,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, eps: f32, shrink: f32, gradScale: f32, rate: f32, correction: f32,
): void {
  const scale = f32x4.splat(gradScale);
  let i = begin;
  if (WIDENED) {
    for (; i + 8 <= end; i += 8) {
      const at = <usize>i * 4;
      const g0 = f32x4.mul(v128.load(grad + at), scale);
      const g1 = f32x4.mul(v128.load(grad + at, 16), scale);
      const mean0 = average(v128.load(m + at), beta1, g0, rest1);
      const mean1 = average(v128.load(m + at, 16), beta1, g1, rest1);
      const square0 = average(v128.load(v + at), beta2, f32x4.mul(g0, g0), rest2);
      const square1 = average(v128.load(v + at, 16), beta2, f32x4.mul(g1, g1), rest2);
      const value0 = moved(v128.load(p + at), mean0, square0, eps, shrink, rate, correction);
      const value1 = moved(v128.load(p + at, 16), mean1, square1, eps, shrink, rate, correction);
      put8(m + at, mean0, mean1, false);
      put8(v + at, square0, square1, false);
      put8(p + at, value0, value1, false);
    }
  }
  for (; i < end; i += 4) {
    const at = <usize>i * 4;
    const count = end - i;
    const whole = count >= 4;
    const g = f32x4.mul(whole ? v128.load(grad + at) : loadTail(grad + at, count), scale);
    const mean = average(whole ? v128.load(m + at) : loadTail(m + at, count), beta1, g, rest1);
    const square = average(whole ? v128.load(v + at) : loadTail(v + at, count), beta2, f32x4.mul(g, g), rest2);
    const before = whole ? v128.load(p + at) : loadTail(p + at, count);
    const value = moved(before, mean, square, eps, shrink, rate, correction);
    if (whole) {
      v128.store(m + at, mean);
      v128.store(v + at, square);
      v128.store(p + at, value);
    } else {
      storeTail(m + at, mean, count);
      storeTail(v + at, square, count);
      storeTail(p + at, value, count);
    }
  }
}

/**
 * The same on many tensors at once: units are pieces of them, described by (p, grad, m, v, elements) in int32, and by the
 * rate and the correction of their step in float32.
 */
export function adamWAll(
  begin: i32, end: i32, pieces: usize,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, eps: f32, shrink: f32, gradScale: f32,
): void {
  for (let unit = begin; unit < end; unit++) {
    const piece = pieces + <usize>unit * 28;
    const p = <usize>load<i32>(piece);
    const grad = <usize>load<i32>(piece, 4);
    const m = <usize>load<i32>(piece, 8);
    const v = <usize>load<i32>(piece, 12);
    const count = load<i32>(piece, 16);
    const rate = load<f32>(piece, 20);
    const correction = load<f32>(piece, 24);
    adamW(0, count, p, grad, m, v, beta1, rest1, beta2, rest2, eps, shrink, gradScale, rate, correction);
  }
}
