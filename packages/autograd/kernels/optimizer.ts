import { loadTail, storeTail } from "./lanes";

/**
 * One step of AdamW on elements begin … end - 1: see src/device.ts. `shrink` is 1 - lr * weightDecay, `rate` lr over
 * the first average's bias correction, `correction` 1 over the second's.
 */
export function adamW(
  begin: i32, end: i32, p: usize, grad: usize, m: usize, v: usize,
  beta1: f32, rest1: f32, beta2: f32, rest2: f32, eps: f32, shrink: f32, gradScale: f32, rate: f32, correction: f32,
): void {
  for (let i = begin; i < end; i += 4) {
    const at = <usize>i * 4;
    const count = end - i;
    const whole = count >= 4;
    const g = f32x4.mul(whole ? v128.load(grad + at) : loadTail(grad + at, count), f32x4.splat(gradScale));
    let mean = whole ? v128.load(m + at) : loadTail(m + at, count);
    let square = whole ? v128.load(v + at) : loadTail(v + at, count);
    let value = whole ? v128.load(p + at) : loadTail(p + at, count);
    mean = f32x4.add(f32x4.mul(mean, f32x4.splat(beta1)), f32x4.mul(g, f32x4.splat(rest1)));
    square = f32x4.add(f32x4.mul(square, f32x4.splat(beta2)), f32x4.mul(f32x4.mul(g, g), f32x4.splat(rest2)));
    const deviation = f32x4.sqrt(f32x4.mul(square, f32x4.splat(correction)));
    const change = f32x4.div(f32x4.mul(mean, f32x4.splat(rate)), f32x4.add(deviation, f32x4.splat(eps)));
    value = f32x4.sub(f32x4.mul(value, f32x4.splat(shrink)), change);
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
