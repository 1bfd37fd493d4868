// Attention of a single query, which is what generation with a cache asks for: each key and value is read once, so that
// nothing is worth packing.

import { LOG2E } from "./attention";
import { firstLanes, loadTail, madd, maxLane, storeTail, sumEach, sumLanes } from "./lanes";
import { exp2Below, log4 } from "./math";
import { scratch } from "./matmul";

/** scores[j] = the query times key j; up to a multiple of four they go on with -Infinity. Gives the largest. */
function scoreKeys(count: i32, size: i32, query: usize, keys: usize, step: usize, scores: usize): f32 {
  const whole = size & ~3;
  let top = f32x4.splat(-Infinity);
  for (let j = 0; j < count; j += 4) {
    const last = count - 1 - j;
    const k0 = keys + <usize>j * step;
    const k1 = k0 + <usize>min(1, last) * step;
    const k2 = k0 + <usize>min(2, last) * step;
    const k3 = k0 + <usize>min(3, last) * step;
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (let i = 0; i < whole; i += 4) {
      const at = <usize>i * 4;
      const x = v128.load(query + at);
      s0 = madd(x, v128.load(k0 + at), s0);
      s1 = madd(x, v128.load(k1 + at), s1);
      s2 = madd(x, v128.load(k2 + at), s2);
      s3 = madd(x, v128.load(k3 + at), s3);
    }
    if (whole < size) {
      const at = <usize>whole * 4;
      const x = loadTail(query + at, size - whole);
      s0 = madd(x, loadTail(k0 + at, size - whole), s0);
      s1 = madd(x, loadTail(k1 + at, size - whole), s1);
      s2 = madd(x, loadTail(k2 + at, size - whole), s2);
      s3 = madd(x, loadTail(k3 + at, size - whole), s3);
    }
    let s = sumEach(s0, s1, s2, s3);
    if (last < 3) s = firstLanes(s, f32x4.splat(-Infinity), last + 1);
    v128.store(scores + <usize>j * 4, s);
    top = f32x4.max(top, s);
  }
  return maxLane(top);
}

/** Scores become powers of two relative to `top`; gives their sum. */
function weighAll(count: i32, scores: usize, top: f32): f32 {
  const base = f32x4.splat(top);
  let sum = f32x4.splat(0);
  for (let j = 0; j < count; j += 4) {
    const p = scores + <usize>j * 4;
    const w = exp2Below(f32x4.sub(v128.load(p), base));
    v128.store(p, w);
    sum = f32x4.add(sum, w);
  }
  return sumLanes(sum);
}

/** out = the sum of weights[j] * value j, over `divisor`: 32 columns at a time, then 4, then what is left. */
function mixValues(
  count: i32, size: i32, weights: usize, divisor: f32, values: usize, step: usize, out: usize,
): void {
  const d = f32x4.splat(divisor);
  const stop = weights + <usize>count * 4;
  let c = 0;
  for (; c + 32 <= size; c += 32) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    let v = values + <usize>c * 4;
    for (let p = weights; p != stop; p += 4, v += step) {
      const w = v128.load32_splat(p);
      s0 = madd(w, v128.load(v), s0);
      s1 = madd(w, v128.load(v, 16), s1);
      s2 = madd(w, v128.load(v, 32), s2);
      s3 = madd(w, v128.load(v, 48), s3);
      s4 = madd(w, v128.load(v, 64), s4);
      s5 = madd(w, v128.load(v, 80), s5);
      s6 = madd(w, v128.load(v, 96), s6);
      s7 = madd(w, v128.load(v, 112), s7);
    }
    const y = out + <usize>c * 4;
    v128.store(y, f32x4.div(s0, d));
    v128.store(y, f32x4.div(s1, d), 16);
    v128.store(y, f32x4.div(s2, d), 32);
    v128.store(y, f32x4.div(s3, d), 48);
    v128.store(y, f32x4.div(s4, d), 64);
    v128.store(y, f32x4.div(s5, d), 80);
    v128.store(y, f32x4.div(s6, d), 96);
    v128.store(y, f32x4.div(s7, d), 112);
  }
  for (; c < size; c += 4) {
    const tail = size - c;
    let s = f32x4.splat(0);
    let v = values + <usize>c * 4;
    for (let p = weights; p != stop; p += 4, v += step) {
      s = madd(v128.load32_splat(p), tail >= 4 ? v128.load(v) : loadTail(v, tail), s);
    }
    const y = out + <usize>c * 4;
    if (tail >= 4) v128.store(y, f32x4.div(s, d));
    else storeTail(y, f32x4.div(s, d), tail);
  }
}

/** Floats of scratch memory that `attendOne` needs. */
// @ts-ignore: decorator
@inline export function floatsForOne(keys: i32, size: i32): i32 {
  return keys + size + 8;
}

/**
 * One query with all keys: out = softmax(q kᵀ) v, where q is scaled by `scale` so that scores are powers of two; gives
 * the logarithm, to the base e, of the softmax's divisor. Steps in bytes.
 */
export function attendOne(
  count: i32, size: i32, scale: f32, q: usize, keys: usize, keyStep: usize, values: usize, valueStep: usize,
  out: usize, scratch: usize,
): f32 {
  const scores = scratch + (<usize>(size + 3) & ~3) * 4;
  for (let i = 0; i < size; i++) store<f32>(scratch + <usize>i * 4, load<f32>(q + <usize>i * 4) * scale);
  let top = scoreKeys(count, size, scratch, keys, keyStep, scores);
  // Nothing but -Infinity: less itself it would be NaN.
  if (top == -Infinity) top = 0;
  const sum = weighAll(count, scores, top);
  mixValues(count, size, scores, sum == 0 ? 1 : sum, values, valueStep, out);
  const LN2: f32 = 0.6931471805599453;
  return top * LN2 + f32x4.extract_lane(log4(f32x4.splat(sum)), 0);
}

/**
 * One new position of each sequence, behind `start` in a cache [batch, 2, heads, context, size], to which its keys and values are
 * added. qkv: [batch, 3, heads, size], out: [batch, heads, size]. Units are pairs of batch and head.
 */
export function attendCached(
  begin: i32, end: i32, heads: i32, size: i32, context: i32, start: i32, out: usize, qkv: usize, cache: usize, scale: f64,
): void {
  const row = <usize>size * 4;
  const part = <usize>heads * row;
  for (let pair = begin; pair < end; pair++) {
    const batch = pair / heads;
    const query = qkv + <usize>(pair + 2 * heads * batch) * row;
    const keys = cache + <usize>((pair + heads * batch) * context) * row;
    const values = keys + part * context;
    memory.copy(keys + start * row, query + part, row);
    memory.copy(values + start * row, query + 2 * part, row);
    attendOne(start + 1, size, <f32>scale * LOG2E, query, keys, row, values, row, out + <usize>pair * row, scratch);
  }
}
