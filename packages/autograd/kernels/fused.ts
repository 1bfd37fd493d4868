// Several elementwise steps in one pass over memory, where that is what a training step spends its time on.

import { WIDENED } from "./build";
import { addWide, loadTail, madd, put8, storeTail, sum2 } from "./lanes";
import { bell4, gelu4, geluSlope4, geluSlopeOf, normalCdf4, sigmoid4 } from "./math";

/** Units are rows of n: z = x + bias, out = gelu(z) and, where a gradient will be asked for, x = gelu'(z). */
export function biasGelu(begin: i32, end: i32, n: i32, out: usize, x: usize, bias: usize, withSlope: bool): void {
  for (let row = begin; row < end; row++) {
    const from = x + <usize>row * n * 4;
    const to = out + <usize>row * n * 4;
    if (withSlope) geluRowAndSlope(n, to, from, bias);
    else geluRow(n, to, from, bias);
  }
}

function geluRow(n: i32, to: usize, from: usize, bias: usize): void {
  let i: i32 = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8, to += 32, from += 32, bias += 32) {
      const first = gelu4(f32x4.add(v128.load(from), v128.load(bias)));
      put8(to, first, gelu4(f32x4.add(v128.load(from, 16), v128.load(bias, 16))), false);
    }
  }
  for (; i + 4 <= n; i += 4, to += 16, from += 16, bias += 16) {
    v128.store(to, gelu4(f32x4.add(v128.load(from), v128.load(bias))));
  }
  if (i < n) storeTail(to, gelu4(f32x4.add(loadTail(from, n - i), loadTail(bias, n - i))), n - i);
}

function geluRowAndSlope(n: i32, to: usize, from: usize, bias: usize): void {
  let i: i32 = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8, to += 32, from += 32, bias += 32) {
      const z0 = f32x4.add(v128.load(from), v128.load(bias));
      const z1 = f32x4.add(v128.load(from, 16), v128.load(bias, 16));
      const bell0 = bell4(z0);
      const bell1 = bell4(z1);
      const share0 = normalCdf4(z0, bell0);
      const share1 = normalCdf4(z1, bell1);
      put8(to, f32x4.mul(z0, share0), f32x4.mul(z1, share1), false);
      put8(from, geluSlopeOf(z0, bell0, share0), geluSlopeOf(z1, bell1, share1), false);
    }
  }
  for (; i + 4 <= n; i += 4, to += 16, from += 16, bias += 16) {
    const z = f32x4.add(v128.load(from), v128.load(bias));
    const bell = bell4(z);
    const share = normalCdf4(z, bell);
    v128.store(to, f32x4.mul(z, share));
    v128.store(from, geluSlopeOf(z, bell, share));
  }
  if (i < n) {
    const z = f32x4.add(loadTail(from, n - i), loadTail(bias, n - i));
    storeTail(to, gelu4(z), n - i);
    storeTail(from, geluSlope4(z), n - i);
  }
}

/** Units are blocks of `height` rows: dx = slope dy, sums[unit] = the sum of dx over the block's rows. */
export function biasGeluGrad(
  begin: i32, end: i32, height: i32, rows: i32, n: i32, dx: usize, sums: usize, slope: usize, dy: usize,
): void {
  const whole = n & ~3;
  const rest = n - whole;
  for (let unit = begin; unit < end; unit++) {
    const sum = sums + <usize>unit * n * 4;
    memory.fill(sum, 0, n * 4);
    const last = min(rows, (unit + 1) * height);
    for (let row = unit * height; row < last; row++) {
      const offset = <usize>row * n * 4;
      let i = 0;
      if (WIDENED) {
        for (; i + 8 <= whole; i += 8) {
          const at = offset + <usize>i * 4;
          const total = sum + <usize>i * 4;
          const g0 = f32x4.mul(v128.load(slope + at), v128.load(dy + at));
          const g1 = f32x4.mul(v128.load(slope + at, 16), v128.load(dy + at, 16));
          put8(dx + at, g0, g1, false);
          put8(total, g0, g1, true);
        }
      }
      for (; i < whole; i += 4) {
        const at = offset + <usize>i * 4;
        const g = f32x4.mul(v128.load(slope + at), v128.load(dy + at));
        v128.store(dx + at, g);
        v128.store(sum + <usize>i * 4, f32x4.add(v128.load(sum + <usize>i * 4), g));
      }
      if (rest > 0) {
        const at = offset + <usize>whole * 4;
        const g = f32x4.mul(loadTail(slope + at, rest), loadTail(dy + at, rest));
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

/** Units are elements: out = silu(gate) * up. */
export function swiglu(begin: i32, end: i32, out: usize, gate: usize, up: usize): void {
  let i = begin;
  if (WIDENED) {
    for (; i + 8 <= end; i += 8) {
      const at = <usize>i * 4;
      const first = gated(v128.load(gate + at), v128.load(up + at));
      put8(out + at, first, gated(v128.load(gate + at, 16), v128.load(up + at, 16)), false);
    }
  }
  for (; i + 4 <= end; i += 4) {
    const at = <usize>i * 4;
    v128.store(out + at, gated(v128.load(gate + at), v128.load(up + at)));
  }
  if (i < end) {
    const at = <usize>i * 4;
    storeTail(out + at, gated(loadTail(gate + at, end - i), loadTail(up + at, end - i)), end - i);
  }
}

// @ts-ignore: decorator
@inline function gated(gate: v128, up: v128): v128 {
  return f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), up);
}

/** Units are elements. With s = sigmoid(gate): dgate = s (1 + gate (1 - s)) up dy, dup = gate s dy. */
export function swigluGrad(begin: i32, end: i32, dgate: usize, dup: usize, gate: usize, up: usize, dy: usize): void {
  let i = begin;
  if (WIDENED) {
    for (; i + 8 <= end; i += 8) {
      const at = <usize>i * 4;
      const g0 = v128.load(gate + at);
      const g1 = v128.load(gate + at, 16);
      const s0 = sigmoid4(g0);
      const s1 = sigmoid4(g1);
      const d0 = v128.load(dy + at);
      const d1 = v128.load(dy + at, 16);
      const gate0 = f32x4.mul(siluSlope(g0, s0), f32x4.mul(v128.load(up + at), d0));
      const gate1 = f32x4.mul(siluSlope(g1, s1), f32x4.mul(v128.load(up + at, 16), d1));
      put8(dgate + at, gate0, gate1, false);
      put8(dup + at, f32x4.mul(f32x4.mul(g0, s0), d0), f32x4.mul(f32x4.mul(g1, s1), d1), false);
    }
  }
  for (; i + 4 <= end; i += 4) {
    const at = <usize>i * 4;
    const g = v128.load(gate + at);
    const s = sigmoid4(g);
    const d = v128.load(dy + at);
    v128.store(dgate + at, f32x4.mul(siluSlope(g, s), f32x4.mul(v128.load(up + at), d)));
    v128.store(dup + at, f32x4.mul(f32x4.mul(g, s), d));
  }
  if (i < end) {
    const at = <usize>i * 4;
    const rest = end - i;
    const g = loadTail(gate + at, rest);
    const s = sigmoid4(g);
    const d = loadTail(dy + at, rest);
    storeTail(dgate + at, f32x4.mul(siluSlope(g, s), f32x4.mul(loadTail(up + at, rest), d)), rest);
    storeTail(dup + at, f32x4.mul(f32x4.mul(g, s), d), rest);
  }
}

// @ts-ignore: decorator
@inline function siluSlope(x: v128, s: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.mul(s, madd(x, f32x4.sub(one, s), one));
}
