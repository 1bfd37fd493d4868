// Philox4x32-10 (Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), four counters at
// a time. Units are groups of 16 elements: four counters of four words each.

import { loadTail, storeTail } from "./lanes";
import { cosTurn4, log4 } from "./math";

/** The words 0 to 3 of four counters, one vector for each word. */
let w0: v128 = i32x4.splat(0);
let w1: v128 = i32x4.splat(0);
let w2: v128 = i32x4.splat(0);
let w3: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline function mulHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

function philox(group: i32, key0: i32, key1: i32): void {
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  let x0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(0);
  let x2 = x1;
  let x3 = x1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(x0, m0);
    const low0 = i32x4.mul(x0, m0);
    const high1 = mulHigh(x2, m1);
    const low1 = i32x4.mul(x2, m1);
    x0 = v128.xor(v128.xor(high1, x1), i32x4.splat(key0));
    x1 = low1;
    x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(key1));
    x3 = low0;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  w0 = x0;
  w1 = x1;
  w2 = x2;
  w3 = x3;
}

/** The upper 24 bits as a number in [0, 1). */
// @ts-ignore: decorator
@inline function unit(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(word, 8)), f32x4.splat(1.0 / 16777216.0));
}

/** From one vector for each word to one for each counter. */
function transposeWords(): void {
  const a = v128.shuffle<f32>(w0, w1, 0, 4, 1, 5);
  const b = v128.shuffle<f32>(w0, w1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(w2, w3, 0, 4, 1, 5);
  const d = v128.shuffle<f32>(w2, w3, 2, 6, 3, 7);
  w0 = v128.shuffle<i64>(a, c, 0, 2);
  w1 = v128.shuffle<i64>(a, c, 1, 3);
  w2 = v128.shuffle<i64>(b, d, 0, 2);
  w3 = v128.shuffle<i64>(b, d, 1, 3);
}

// @ts-ignore: decorator
@inline function put(out: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(out, x);
  else if (count > 0) storeTail(out, x, count);
}

function putGroup(out: usize, count: i32): void {
  put(out, w0, count);
  put(out + 16, w1, count - 4);
  put(out + 32, w2, count - 8);
  put(out + 48, w3, count - 12);
}

function uniformGroup(group: i32, key0: i32, key1: i32): void {
  philox(group, key0, key1);
  transposeWords();
  w0 = unit(w0);
  w1 = unit(w1);
  w2 = unit(w2);
  w3 = unit(w3);
}

export function uniform(begin: i32, end: i32, n: i32, out: usize, key0: i32, key1: i32): void {
  for (let g = begin; g < end; g++) {
    uniformGroup(g, key0, key1);
    putGroup(out + g * 64, n - g * 16);
  }
}

/** sqrt(-2 ln(1 - u)) */
// @ts-ignore: decorator
@inline function radius(u: v128): v128 {
  return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log4(f32x4.sub(f32x4.splat(1), u))));
}

/** Box & Muller, "A note on the generation of random normal deviates" (1958). */
export function normal(begin: i32, end: i32, n: i32, out: usize, key0: i32, key1: i32): void {
  for (let g = begin; g < end; g++) {
    philox(g, key0, key1);
    const r0 = radius(unit(w0));
    const r1 = radius(unit(w2));
    const angle0 = unit(w1);
    const angle1 = unit(w3);
    // sin(a) = cos(a + three quarters of a turn).
    w0 = f32x4.mul(r0, cosTurn4(angle0, 0));
    w1 = f32x4.mul(r0, cosTurn4(angle0, 3));
    w2 = f32x4.mul(r1, cosTurn4(angle1, 0));
    w3 = f32x4.mul(r1, cosTurn4(angle1, 3));
    transposeWords();
    putGroup(out + g * 64, n - g * 16);
  }
}

// @ts-ignore: decorator
@inline function drop(u: v128, x: usize, p: v128, scale: v128, count: i32): v128 {
  if (count <= 0) return u;
  const value = count >= 4 ? v128.load(x) : loadTail(x, count);
  return v128.and(f32x4.mul(value, scale), f32x4.ge(u, p));
}

export function dropout(
  begin: i32, end: i32, n: i32, out: usize, x: usize, p: f64, key0: i32, key1: i32,
): void {
  const scale = f32x4.splat(<f32>(1 / (1 - p)));
  // u is a multiple of 2^-24, so comparing with p rounded up to one is comparing with p.
  const bound = f32x4.splat(<f32>(ceil(p * 16777216.0) / 16777216.0));
  for (let g = begin; g < end; g++) {
    uniformGroup(g, key0, key1);
    const count = n - g * 16;
    const from = x + g * 64;
    w0 = drop(w0, from, bound, scale, count);
    w1 = drop(w1, from + 16, bound, scale, count - 4);
    w2 = drop(w2, from + 32, bound, scale, count - 8);
    w3 = drop(w3, from + 48, bound, scale, count - 12);
    putGroup(out + g * 64, count);
  }
}
