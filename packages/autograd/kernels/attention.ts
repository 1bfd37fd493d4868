// Scaled dot-product attention without the matrix of scores (Dao et al., 2022): tiles of keys, an online softmax.
//
// Eight queries are worked on together, one a lane of two vectors: their scores with a tile's keys are rows of eight
// floats, so that maxima and sums run down the rows, and every product is a block of 4 x 8 sums. Powers are of two:
// the queries are scaled by log2(e) beforehand.

import { attendOne, floatsForOne } from "./attendOne";
import { WIDENED } from "./build";
import { loadStrided, loadTail, madd, put8, storeTail } from "./lanes";
import { exp2Below, log4 } from "./math";
import { scratch, SCRATCH_FLOATS } from "./matmul";
import { pack } from "./pack";

export const LOG2E: f32 = 1.4426950408889634;
export const LN2: f32 = 0.6931471805599453;
/** Queries, and keys, of a tile at most; a multiple of 64. */
const TILE: i32 = 256;
/** Bytes of a row of eight floats. */
export const ROW: usize = 32;

/** What the device writes down about a call (src/devices/cpu/attention.ts). Steps in bytes. */
@unmanaged
export class Problem {
  heads: i32;
  queries: i32;
  keys: i32;
  size: i32;
  causal: bool;
  scale: f32;
  /** Queries of a unit. */
  block: i32;
  lse: usize;
  /** 0 where there is none. */
  mask: usize;
  maskBatch: usize;
  maskHead: usize;
  maskQuery: usize;
  maskKey: usize;

  /** Keys that query `i` sees, where it is causal. */
  @inline seenBy(i: i32): i32 {
    return i + 1 + this.keys - this.queries;
  }

  @inline operand(index: Slot): Operand {
    return changetype<Operand>(changetype<usize>(this) + offsetof<Problem>() + <usize>index * offsetof<Operand>());
  }

  @inline at(index: Slot, pair: i32): usize {
    const x = this.operand(index);
    const batch = pair / this.heads;
    return x.address + <usize>batch * x.batch + <usize>(pair - batch * this.heads) * x.head;
  }

  @inline step(index: Slot): usize {
    return this.operand(index).row;
  }

  @inline maskAt(pair: i32): usize {
    const batch = pair / this.heads;
    return this.mask + <usize>batch * this.maskBatch + <usize>(pair - batch * this.heads) * this.maskHead;
  }
}

/** One array of [batch, heads, time, size]. */
@unmanaged
class Operand {
  address: usize;
  batch: usize;
  head: usize;
  row: usize;
}

/** The operands' order behind a Problem. */
export const enum Slot { q, k, v, out, dout, dq, dk, dv }

/** The largest tile of which so many arrays of `width` columns fit into the scratch memory. */
export function tileOf(arrays: i32, width: i32): i32 {
  const fits = (SCRATCH_FLOATS - 8192) / (arrays * width + 16);
  return min(TILE, fits >= 64 ? fits & ~63 : fits & ~7);
}

/**
 * Products with sums of eight lanes: c[r] = start[r] + a[r, 0 … depth - 1] b. c and b: rows of eight floats, those of start
 * `step` bytes apart; a: panels of four rows, `panel` bytes apart. `rows` is a multiple of four.
 */
export function product(
  rows: i32, depth: i32, a: usize, panel: usize, b: usize, c: usize, start: usize, step: usize,
): void {
  if (WIDENED) {
    // Twice as many sums in flight, where a register holds two vectors.
    for (; rows >= 8; rows -= 8, a += 2 * panel, c += 8 * ROW, start += 8 * step) {
      product8(depth, a, a + panel, b, c, start, step);
    }
  }
  const end = c + rows * ROW;
  for (; c != end; c += 4 * ROW, a += panel, start += 4 * step) product4(depth, a, b, c, start, step);
}

/** Four rows of a product. */
function product4(depth: i32, a: usize, b: usize, c: usize, start: usize, step: usize): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + step);
  let c11 = v128.load(start + step, 16);
  let c20 = v128.load(start + 2 * step);
  let c21 = v128.load(start + 2 * step, 16);
  let c30 = v128.load(start + 3 * step);
  let c31 = v128.load(start + 3 * step, 16);
  let b0: v128;
  let b1: v128;
  let x: v128;
  const stop = a + <usize>depth * 16;
  if (depth & 1) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    a += 16;
    b += ROW;
  }
  for (; a != stop; a += 32, b += 2 * ROW) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    b0 = v128.load(b, 32);
    b1 = v128.load(b, 48);
    x = v128.load32_splat(a, 16);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 20);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 24);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 28);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
  }
  put8(c, c00, c01, false);
  put8(c + 32, c10, c11, false);
  put8(c + 64, c20, c21, false);
  put8(c + 96, c30, c31, false);
}

/** Eight rows, of which a4 has the last four. */
function product8(depth: i32, a: usize, a4: usize, b: usize, c: usize, start: usize, step: usize): void {
  let c00 = v128.load(start);
  let c01 = v128.load(start, 16);
  let c10 = v128.load(start + step);
  let c11 = v128.load(start + step, 16);
  let c20 = v128.load(start + 2 * step);
  let c21 = v128.load(start + 2 * step, 16);
  let c30 = v128.load(start + 3 * step);
  let c31 = v128.load(start + 3 * step, 16);
  let c40 = v128.load(start + 4 * step);
  let c41 = v128.load(start + 4 * step, 16);
  let c50 = v128.load(start + 5 * step);
  let c51 = v128.load(start + 5 * step, 16);
  let c60 = v128.load(start + 6 * step);
  let c61 = v128.load(start + 6 * step, 16);
  let c70 = v128.load(start + 7 * step);
  let c71 = v128.load(start + 7 * step, 16);
  let b0: v128;
  let b1: v128;
  let x: v128;
  const stop = a + <usize>depth * 16;
  for (; a != stop; a += 16, a4 += 16, b += ROW) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a4);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a4, 4);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    x = v128.load32_splat(a4, 8);
    c60 = madd(x, b0, c60);
    c61 = madd(x, b1, c61);
    x = v128.load32_splat(a4, 12);
    c70 = madd(x, b0, c70);
    c71 = madd(x, b1, c71);
  }
  put8(c, c00, c01, false);
  put8(c + 32, c10, c11, false);
  put8(c + 64, c20, c21, false);
  put8(c + 96, c30, c31, false);
  put8(c + 128, c40, c41, false);
  put8(c + 160, c50, c51, false);
  put8(c + 192, c60, c61, false);
  put8(c + 224, c70, c71, false);
}

/** The smallest float: what a mask has that is to hide a key, and yet be a number. */
export const LOWEST: f32 = -3.4028234663852886e38;
/** A row whose largest score lies below this has lost its scores to the mask. */
export const LOST: f32 = -1e30;

/** mask * log2(e), which is -Infinity only where the mask is. */
// @ts-ignore: decorator
@inline export function scaledMask(mask: v128): v128 {
  const scaled = f32x4.pmax(f32x4.mul(mask, f32x4.splat(LOG2E)), f32x4.splat(LOWEST));
  return v128.bitselect(mask, scaled, f32x4.eq(mask, f32x4.splat(-Infinity)));
}

/** rows = base + mask * log2(e) for `count` keys and the eight queries from `mask` on, of which `lanes` are there. */
export function maskRows(
  count: i32, rows: usize, base: usize, lanes: i32, mask: usize, queryStep: usize, keyStep: usize,
): void {
  const base0 = v128.load(base);
  const base1 = v128.load(base, 16);
  // Where there are fewer queries than lanes, the others read the first one's mask: they are not used.
  const upper = lanes > 4 ? mask + 4 * queryStep : mask;
  for (let j = 0; j < count; j++) {
    let m0 = v128.load32_splat(mask + j * keyStep);
    let m1 = m0;
    if (queryStep != 0) {
      if (lanes >= 4) m0 = loadStrided(mask + j * keyStep, queryStep);
      else m0 = loadLanes(mask + j * keyStep, queryStep, lanes);
      if (lanes == 8) m1 = loadStrided(upper + j * keyStep, queryStep);
      else if (lanes > 4) m1 = loadLanes(upper + j * keyStep, queryStep, lanes - 4);
    }
    v128.store(rows, f32x4.add(base0, scaledMask(m0)));
    v128.store(rows, f32x4.add(base1, scaledMask(m1)), 16);
    rows += ROW;
  }
}

function loadLanes(p: usize, step: usize, count: i32): v128 {
  let x = v128.load32_splat(p);
  if (count > 1) x = v128.replace_lane<f32>(x, 1, load<f32>(p + step));
  if (count > 2) x = v128.replace_lane<f32>(x, 2, load<f32>(p + 2 * step));
  return x;
}

/** Scores become -Infinity where row j is not below limit + lane * slope, or not below `keys`. Rows `from` to `to`. */
export function hide(from: i32, to: i32, scores: usize, limit: i32, slope: i32, keys: i32): void {
  const lane = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(slope));
  const most = i32x4.splat(keys);
  const limit0 = i32x4.min_s(i32x4.add(i32x4.splat(limit), lane), most);
  const limit1 = i32x4.min_s(i32x4.add(i32x4.splat(limit + 4 * slope), lane), most);
  const hidden = f32x4.splat(-Infinity);
  for (let j = max(from, 0); j < to; j++) {
    const row = scores + j * ROW;
    const first = v128.bitselect(v128.load(row), hidden, i32x4.gt_s(limit0, i32x4.splat(j)));
    put8(row, first, v128.bitselect(v128.load(row, 16), hidden, i32x4.gt_s(limit1, i32x4.splat(j))), false);
  }
}

/** Keys up to the last one that a mask without a query axis (padding) does not hide. */
export function keysInUse(problem: Problem, pair: i32): i32 {
  let n = problem.keys;
  if (problem.mask == 0 || problem.maskQuery != 0) return n;
  const mask = problem.maskAt(pair);
  while (n > 0 && load<f32>(mask + <usize>(n - 1) * problem.maskKey) == -Infinity) n--;
  return n;
}

export function scaleAll(count: i32, x: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < count; i += 4) v128.store(x + i * 4, f32x4.mul(v128.load(x + i * 4), f));
}

/** Queries as columns of panels of eight, ready for scores that are powers of two. */
export function packQueries(problem: Problem, to: usize, q: usize, count: i32): void {
  pack(to, 8, q, problem.step(Slot.q), 4, count, problem.size);
  scaleAll(((count + 7) & ~7) * problem.size, to, problem.scale * LOG2E);
}

// @ts-ignore: decorator
@inline function times(divide: bool, x: v128, factor: v128): v128 {
  return divide ? f32x4.div(x, factor) : f32x4.mul(x, factor);
}

/** Sums of eight queries, a column each, times factors (or over them), into rows of `size` floats; added where `add`. */
// @ts-ignore: decorator
@inline export function storeRows(
  size: i32, sums: usize, lanes: i32, factors: usize, divide: bool, to: usize, step: usize, add: bool,
): void {
  for (let half = 0; half < lanes; half += 4) {
    const f = v128.load(factors + half * 4);
    const p = sums + half * 4;
    for (let c = 0; c < size; c += 4) {
      const s0 = times(divide, v128.load(p + c * ROW), f);
      const s1 = times(divide, v128.load(p + c * ROW, 32), f);
      const s2 = times(divide, v128.load(p + c * ROW, 64), f);
      const s3 = times(divide, v128.load(p + c * ROW, 96), f);
      const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
      const y = to + half * step + c * 4;
      const count = size - c;
      put(y, v128.shuffle<i64>(low01, low23, 0, 2), count, add);
      if (lanes - half > 1) put(y + step, v128.shuffle<i64>(low01, low23, 1, 3), count, add);
      if (lanes - half > 2) put(y + 2 * step, v128.shuffle<i64>(high01, high23, 0, 2), count, add);
      if (lanes - half > 3) put(y + 3 * step, v128.shuffle<i64>(high01, high23, 1, 3), count, add);
    }
  }
}

/** The first `count` lanes; all where there are four or more. */
// @ts-ignore: decorator
@inline function put(p: usize, x: v128, count: i32, add: bool): void {
  if (count >= 4) v128.store(p, add ? f32x4.add(v128.load(p), x) : x);
  else storeTail(p, add ? f32x4.add(loadTail(p, count), x) : x, count);
}

// --- forward --------------------------------------------------------------------------------------

/**
 * Scores become weights relative to the largest score so far, and what was summed before is brought to that scale.
 * state: rows of the largest scores and of the sums of weights. values: [size, 8], the weighted values summed.
 */
function weigh(rows: i32, scores: usize, state: usize, size: i32, values: usize): void {
  const old0 = v128.load(state);
  const old1 = v128.load(state, 16);
  let top0 = old0;
  let top1 = old1;
  const stop = scores + rows * ROW;
  // Four rows at a time, so that one maximum need not wait for the other.
  for (let p = scores; p != stop; p += 4 * ROW) {
    const a0 = f32x4.pmax(v128.load(p), v128.load(p, 32));
    const a1 = f32x4.pmax(v128.load(p, 16), v128.load(p, 48));
    const b0 = f32x4.pmax(v128.load(p, 64), v128.load(p, 96));
    const b1 = f32x4.pmax(v128.load(p, 80), v128.load(p, 112));
    top0 = f32x4.pmax(top0, f32x4.pmax(a0, b0));
    top1 = f32x4.pmax(top1, f32x4.pmax(a1, b1));
  }
  v128.store(state, top0);
  v128.store(state, top1, 16);
  // Nothing seen yet: -Infinity less itself would be NaN.
  top0 = v128.bitselect(f32x4.splat(0), top0, f32x4.eq(top0, f32x4.splat(-Infinity)));
  top1 = v128.bitselect(f32x4.splat(0), top1, f32x4.eq(top1, f32x4.splat(-Infinity)));
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  for (let p = scores; p != stop; p += ROW) {
    const w0 = exp2Below(f32x4.sub(v128.load(p), top0));
    const w1 = exp2Below(f32x4.sub(v128.load(p, 16), top1));
    v128.store(p, w0);
    v128.store(p, w1, 16);
    sum0 = f32x4.add(sum0, w0);
    sum1 = f32x4.add(sum1, w1);
  }
  const down0 = exp2Below(f32x4.sub(old0, top0));
  const down1 = exp2Below(f32x4.sub(old1, top1));
  put8(state + ROW, madd(v128.load(state, 32), down0, sum0), madd(v128.load(state, 48), down1, sum1), false);
  for (let c = 0; c < size; c++, values += ROW) {
    put8(values, f32x4.mul(v128.load(values), down0), f32x4.mul(v128.load(values, 16), down1), false);
  }
}

/** Queries first … first + count - 1 of a pair of batch and head. */
function attend(problem: Problem, pair: i32, first: i32, count: i32): void {
  const size = problem.size;
  const width = (size + 3) & ~3;
  const tile = tileOf(4, width);
  const panels = (count + 7) >> 3;
  const slope = <i32>problem.causal;

  const zeros = scratch;
  const queries = zeros + ROW;
  const sums = queries + panels * size * ROW;
  const states = sums + panels * width * ROW;
  const keys = states + panels * 2 * ROW;
  const values = keys + tile * width * 4;
  const scores = values + tile * width * 4;
  const masks = scores + tile * ROW;

  memory.fill(zeros, 0, ROW);
  packQueries(problem, queries, problem.at(Slot.q, pair) + first * problem.step(Slot.q), count);
  memory.fill(sums, 0, panels * width * ROW);
  for (let p = 0; p < panels; p++) {
    const state = states + p * 2 * ROW;
    v128.store(state, f32x4.splat(-Infinity));
    v128.store(state, f32x4.splat(-Infinity), 16);
    memory.fill(state + ROW, 0, ROW);
  }

  const seen = problem.causal ? problem.seenBy(first + count - 1) : problem.keys;
  const end = min(keysInUse(problem, pair), seen);
  for (let k0 = 0; k0 < end; k0 += tile) {
    const here = min(tile, end - k0);
    pack(keys, 4, problem.at(Slot.k, pair) + k0 * problem.step(Slot.k), problem.step(Slot.k), 4, here, size);
    pack(values, 4, problem.at(Slot.v, pair) + k0 * problem.step(Slot.v), 4, problem.step(Slot.v), size, here);
    for (let p = 0; p < panels; p++) {
      const limit = problem.causal ? problem.seenBy(first + p * 8) - k0 : here;
      const n = min(here, limit + 7 * slope);
      if (n <= 0) continue;
      const rows = (n + 3) & ~3;
      let start = zeros;
      if (problem.mask) {
        start = masks;
        const mask = problem.maskAt(pair) + (first + p * 8) * problem.maskQuery + k0 * problem.maskKey;
        maskRows(n, masks, zeros, min(8, count - p * 8), mask, problem.maskQuery, problem.maskKey);
      }
      const step = problem.mask ? ROW : 0;
      const panel = queries + p * size * ROW;
      product(rows, size, keys, size * 16, panel, scores, start, step);
      hide(min(limit, n), rows, scores, limit, slope, here);
      const sum = sums + p * width * ROW;
      weigh(rows, scores, states + p * 2 * ROW, size, sum);
      product(width, n, values, here * 16, scores, sum, sum, ROW);
    }
  }

  const out = problem.at(Slot.out, pair) + first * problem.step(Slot.out);
  const lse = problem.lse + (pair * problem.queries + first) * 4;
  for (let p = 0; p < panels; p++) {
    const lanes = min(8, count - p * 8);
    finish(states + p * 2 * ROW, lse + p * ROW, lanes);
    storeRows(size, sums + p * width * ROW, lanes, states + p * 2 * ROW + ROW, true, out + p * 8 * problem.step(Slot.out), problem.step(Slot.out), false);
  }
}

/** From the sums of weights the logarithm of the softmax's divisor, and in their place what to divide by. */
function finish(state: usize, lse: usize, lanes: i32): void {
  for (let half = 0; half < lanes; half += 4) {
    const p = state + half * 4;
    const sum = v128.load(p, 32);
    const top = v128.load(p);
    // What was cut to the smallest float is it.
    const natural = v128.bitselect(top, f32x4.mul(top, f32x4.splat(LN2)), f32x4.eq(top, f32x4.splat(LOWEST)));
    const logarithm = f32x4.add(natural, log4(sum));
    if (lanes - half >= 4) v128.store(lse + half * 4, logarithm);
    else storeTail(lse + half * 4, logarithm, lanes - half);
    v128.store(p, v128.bitselect(f32x4.splat(1), sum, f32x4.eq(sum, f32x4.splat(0))), 32);
  }
}

/** The one query of a pair of batch and head, which sees every key. */
function attendAlone(problem: Problem, pair: i32): void {
  const scale = problem.scale * LOG2E;
  const keys = problem.at(Slot.k, pair);
  const values = problem.at(Slot.v, pair);
  const lse = attendOne(
    problem.keys, problem.size, scale, problem.at(Slot.q, pair), keys, problem.step(Slot.k), values, problem.step(Slot.v),
    problem.at(Slot.out, pair), scratch,
  );
  store<f32>(problem.lse + <usize>pair * 4, lse);
}

/**
 * out = softmax(q kᵀ * scale + mask) v, and the logarithm of each row's divisor. Units are blocks of `problem.block`
 * queries (a multiple of 8) of each pair of batch and head.
 */
export function attention(begin: i32, end: i32, problem: Problem): void {
  const fits = floatsForOne(problem.keys, problem.size) <= SCRATCH_FLOATS;
  if (problem.queries == 1 && problem.keys > 0 && !problem.mask && fits) {
    for (let pair = begin; pair < end; pair++) attendAlone(problem, pair);
    return;
  }
  const blocks = (problem.queries + problem.block - 1) / problem.block;
  for (let unit = begin; unit < end; unit++) {
    const pair = unit / blocks;
    const i = unit - pair * blocks;
    // From both ends in turn: where it is causal, late queries take longer, and threads get adjacent units.
    const first = problem.block * (i & 1 ? blocks - 1 - (i >> 1) : i >> 1);
    const stop = min(first + problem.block, problem.queries);
    const most = tileOf(4, (problem.size + 3) & ~3);
    for (let q = first; q < stop; q += most) attend(problem, pair, q, min(most, stop - q));
  }
}
