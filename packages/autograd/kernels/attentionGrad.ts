// The gradient of attention: tiles of weights are computed once more from the logarithms that the forward pass left.
// For each tile of keys and each of queries, stretches of KEYS x QUERIES weights stay in the first-level cache.

import {
  hide, keysInUse, LOG2E, LOST, maskRows, packQueries, Problem, product, ROW, scaledMask, Slot, storeRows, tileOf,
} from "./attention";
import { WIDENED } from "./build";
import { loadTail, madd, put8, storeTail, sumLanes } from "./lanes";
import { exp2Below } from "./math";
import { scratch } from "./matmul";
import { pack } from "./pack";

const KEYS: i32 = 64;
const QUERIES: i32 = 32;
/** Bytes of the weights of eight queries over a stretch of keys. */
const PANEL: usize = KEYS * ROW;

/** Where the parts of a tile's work lie in the scratch memory. */
let rowZero: usize = 0;
let queriesDown: usize = 0;
let doutDown: usize = 0;
let queriesAcross: usize = 0;
let doutAcross: usize = 0;
let dqueries: usize = 0;
let shifts: usize = 0;
let deltas: usize = 0;
/** For rows that lost their scores to the mask: its largest value, and the logarithm of how many keys have it. */
let tops: usize = 0;
let shares: usize = 0;
let anyLost: bool = false;
let keysDown: usize = 0;
let valuesDown: usize = 0;
let keysAcross: usize = 0;
let dkeys: usize = 0;
let dvalues: usize = 0;
let weights: usize = 0;
let dscores: usize = 0;
let masks: usize = 0;

/** Lays the parts out for tiles of `tile` rows; `width` is the size rounded up to eight. */
function layOut(tile: i32, width: i32): void {
  const part = <usize>(tile * width * 4);
  rowZero = scratch;
  memory.fill(rowZero, 0, ROW);
  queriesDown = rowZero + ROW;
  doutDown = queriesDown + part;
  queriesAcross = doutDown + part;
  doutAcross = queriesAcross + part;
  dqueries = doutAcross + part;
  keysDown = dqueries + part;
  valuesDown = keysDown + part;
  keysAcross = valuesDown + part;
  dkeys = keysAcross + part;
  dvalues = dkeys + part;
  shifts = dvalues + part;
  deltas = shifts + tile * 4;
  tops = deltas + tile * 4;
  shares = tops + tile * 4;
  weights = shares + tile * 4;
  dscores = weights + (QUERIES / 8) * PANEL;
  masks = dscores + (QUERIES / 8) * PANEL;
}

/**
 * c (four rows, `step` bytes apart, of eight columns) += what lies at a: `count` columns of four rows, in panels of
 * eight columns, times b, `count` rows of eight.
 */
function outer(count: i32, a: usize, b: usize, c: usize, step: usize): void {
  const c1 = c + step;
  const c2 = c1 + step;
  const c3 = c2 + step;
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  let c10 = v128.load(c1);
  let c11 = v128.load(c1, 16);
  let c20 = v128.load(c2);
  let c21 = v128.load(c2, 16);
  let c30 = v128.load(c3);
  let c31 = v128.load(c3, 16);
  for (; count > 0; count -= 8, a += PANEL) {
    const stop = a + <usize>min(count, 8) * 4;
    for (let p = a; p != stop; p += 4, b += ROW) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(p);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      x = v128.load32_splat(p, 32);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      x = v128.load32_splat(p, 64);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      x = v128.load32_splat(p, 96);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

/** The same of sixteen columns; `b` has the first eight, `more` the others. */
function outer16(count: i32, a: usize, b: usize, more: usize, c: usize, step: usize): void {
  const c1 = c + step;
  const c2 = c1 + step;
  const c3 = c2 + step;
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  let c02 = v128.load(c, 32);
  let c03 = v128.load(c, 48);
  let c10 = v128.load(c1);
  let c11 = v128.load(c1, 16);
  let c12 = v128.load(c1, 32);
  let c13 = v128.load(c1, 48);
  let c20 = v128.load(c2);
  let c21 = v128.load(c2, 16);
  let c22 = v128.load(c2, 32);
  let c23 = v128.load(c2, 48);
  let c30 = v128.load(c3);
  let c31 = v128.load(c3, 16);
  let c32 = v128.load(c3, 32);
  let c33 = v128.load(c3, 48);
  for (; count > 0; count -= 8, a += PANEL) {
    const stop = a + <usize>min(count, 8) * 4;
    for (let p = a; p != stop; p += 4, b += ROW, more += ROW) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const b2 = v128.load(more);
      const b3 = v128.load(more, 16);
      let x = v128.load32_splat(p);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      c02 = madd(x, b2, c02);
      c03 = madd(x, b3, c03);
      x = v128.load32_splat(p, 32);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      c12 = madd(x, b2, c12);
      c13 = madd(x, b3, c13);
      x = v128.load32_splat(p, 64);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      c22 = madd(x, b2, c22);
      c23 = madd(x, b3, c23);
      x = v128.load32_splat(p, 96);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
      c32 = madd(x, b2, c32);
      c33 = madd(x, b3, c33);
    }
  }
  put8(c, c00, c01, false);
  put8(c + 32, c02, c03, false);
  put8(c1, c10, c11, false);
  put8(c1 + 32, c12, c13, false);
  put8(c2, c20, c21, false);
  put8(c2 + 32, c22, c23, false);
  put8(c3, c30, c31, false);
  put8(c3 + 32, c32, c33, false);
}

export function dot(n: i32, a: usize, b: usize): f32 {
  let sum = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) sum = madd(v128.load(a + i * 4), v128.load(b + i * 4), sum);
  if (i < n) sum = madd(loadTail(a + i * 4, n - i), loadTail(b + i * 4, n - i), sum);
  return sumLanes(sum);
}

/** What a tile of queries needs: both ways of packing, -log2 of the softmax's divisors, -sum(dout * out) of each row. */
function packQueryTile(problem: Problem, pair: i32, first: i32, count: i32): void {
  const size = problem.size;
  const q = problem.at(Slot.q, pair) + first * problem.step(Slot.q);
  const dout = problem.at(Slot.dout, pair) + first * problem.step(Slot.dout);
  const out = problem.at(Slot.out, pair) + first * problem.step(Slot.out);
  const lse = problem.lse + (pair * problem.queries + first) * 4;
  packQueries(problem, queriesDown, q, count);
  pack(doutDown, 8, dout, problem.step(Slot.dout), 4, count, size);
  pack(queriesAcross, 8, q, 4, problem.step(Slot.q), size, count);
  pack(doutAcross, 8, dout, 4, problem.step(Slot.dout), size, count);
  const lanes = (count + 7) & ~7;
  anyLost = false;
  for (let i = 0; i < lanes; i++) {
    // A weight is 0 in a row that sees nothing, and in one that is not there.
    const l: f32 = i < count ? load<f32>(lse + i * 4) : -Infinity;
    store<f32>(shifts + i * 4, l == -Infinity ? l : -l * LOG2E);
    const step = <usize>i;
    store<f32>(deltas + i * 4, i < count ? -dot(size, dout + step * problem.step(Slot.dout), out + step * problem.step(Slot.out)) : 0);
  }
  memory.fill(dqueries, 0, lanes * ((size + 3) & ~3) * 4);
  if (problem.mask) for (let i = 0; i < count; i++) noteLost(problem, pair, first, i, load<f32>(lse + i * 4));
}

/**
 * Where the largest score is a mask's smallest float, the scores have no share in it, and the logarithm that was left has lost
 * the sum: the keys with the largest mask share the weight evenly.
 */
function noteLost(problem: Problem, pair: i32, first: i32, i: i32, lse: f32): void {
  const isLost = lse < LOST && lse != -Infinity;
  store<f32>(tops + i * 4, 0);
  if (!isLost) return;
  anyLost = true;
  store<f32>(shifts + i * 4, 0);
  const column = queriesDown + (i >> 3) * problem.size * ROW + (i & 7) * 4;
  for (let c = 0; c < problem.size; c++) store<f32>(column + c * ROW, 0);
  const keys = problem.causal ? problem.seenBy(first + i) : problem.keys;
  let mask = problem.maskAt(pair) + <usize>(first + i) * problem.maskQuery;
  let top: f32 = -Infinity;
  let sharers = 0;
  for (let j = 0; j < keys; j++, mask += problem.maskKey) {
    const value = f32x4.extract_lane(scaledMask(v128.load32_splat(mask)), 0);
    if (value > top) sharers = 0;
    if (value >= top) sharers++;
    top = max(top, value);
  }
  store<f32>(tops + i * 4, top);
  store<f32>(shares + i * 4, -<f32>NativeMath.log2(sharers));
}

/** Puts the shares of rows that lost their scores into the `count` rows of masks for eight queries from q on. */
function shareOut(count: i32, q: i32, lanes: i32): void {
  for (let lane = 0; lane < lanes; lane++) {
    const top = load<f32>(tops + (q + lane) * 4);
    if (top == 0) continue;
    const share = load<f32>(shares + (q + lane) * 4);
    for (let j = 0; j < count; j++) {
      const at = masks + j * ROW + lane * 4;
      store<f32>(at, load<f32>(at) == top ? share : -Infinity);
    }
  }
}

function packKeyTile(problem: Problem, pair: i32, first: i32, count: i32, width: i32): void {
  const size = problem.size;
  const k = problem.at(Slot.k, pair) + first * problem.step(Slot.k);
  const v = problem.at(Slot.v, pair) + first * problem.step(Slot.v);
  pack(keysDown, 4, k, problem.step(Slot.k), 4, count, size);
  pack(valuesDown, 4, v, problem.step(Slot.v), 4, count, size);
  pack(keysAcross, 4, k, 4, problem.step(Slot.k), size, count);
  const rows = (count + 3) & ~3;
  memory.fill(dkeys, 0, rows * width * 4);
  memory.fill(dvalues, 0, rows * width * 4);
}

/** w = 2^scores in place, and ds = w * (what lies there: dout v - sum(dout * out)). */
function weighBoth(rows: i32, w: usize, ds: usize): void {
  const stop = w + rows * ROW;
  for (; w != stop; w += ROW, ds += ROW) {
    const w0 = exp2Below(v128.load(w));
    const w1 = exp2Below(v128.load(w, 16));
    const ds0 = f32x4.mul(w0, v128.load(ds));
    const ds1 = f32x4.mul(w1, v128.load(ds, 16));
    put8(w, w0, w1, false);
    put8(ds, ds0, ds1, false);
  }
}

/** Rows of `size` floats, `width` apart, times a factor, to rows `step` bytes apart. */
function storeTile(count: i32, size: i32, width: i32, from: usize, factor: f32, to: usize, step: usize): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < count; i++, from += width * 4, to += step) {
    let c = 0;
    for (; c + 4 <= size; c += 4) v128.store(to + c * 4, f32x4.mul(v128.load(from + c * 4), f));
    if (c < size) storeTail(to + c * 4, f32x4.mul(v128.load(from + c * 4), f), size - c);
  }
}

/** A tile of `keys` keys from k0 on and `queries` queries from q0 on: adds to the sums of both. */
function gradTile(problem: Problem, pair: i32, k0: i32, keys: i32, q0: i32, queries: i32, width: i32): void {
  for (let k = 0; k < keys; k += KEYS) {
    const here = min(KEYS, keys - k);
    for (let q = 0; q < queries; q += QUERIES) {
      gradStretch(problem, pair, k0, k, here, keys, q0, q, min(QUERIES, queries - q), queries, width);
    }
  }
}

/** A stretch of it: `here` keys from k on, `count` queries from q on (counted in the tile). */
function gradStretch(
  problem: Problem, pair: i32, k0: i32, k: i32, here: i32, keys: i32, q0: i32, q: i32, count: i32, queries: i32, width: i32,
): void {
  const size = problem.size;
  const slope = <i32>problem.causal;
  // Keys of the stretch that the first query sees.
  const limit = problem.causal ? problem.seenBy(q0 + q) - k0 - k : here;
  if (limit + (count - 1) * slope <= 0) return;
  const rowWidth = (size + 3) & ~3;
  for (let i = 0; i < count; i += 8) {
    const low = limit + i * slope;
    const n = min(here, low + 7 * slope);
    if (n <= 0) continue;
    const rows = (n + 3) & ~3;
    let start = shifts + (q + i) * 4;
    let step: usize = 0;
    if (problem.mask) {
      const mask = problem.maskAt(pair) + (q0 + q + i) * problem.maskQuery + (k0 + k) * problem.maskKey;
      maskRows(n, masks, start, min(8, count - i), mask, problem.maskQuery, problem.maskKey);
      if (anyLost) shareOut(n, q + i, min(8, count - i));
      start = masks;
      step = ROW;
    }
    const w = weights + (i / 8) * PANEL;
    const ds = dscores + (i / 8) * PANEL;
    const at = k * size * 4;
    const panel = (q + i) * size * 4;
    product(rows, size, keysDown + at, size * 16, queriesDown + panel, w, start, step);
    product(rows, size, valuesDown + at, size * 16, doutDown + panel, ds, deltas + (q + i) * 4, 0);
    hide(min(low, n), rows, w, low, slope, here);
    weighBoth(rows, w, ds);
    const dq = dqueries + (q + i) * rowWidth * 4;
    product(rowWidth, n, keysAcross + k * 16, keys * 16, ds, dq, dq, ROW);
  }
  // The first eight queries of which one sees the four keys.
  let i = 0;
  for (let j = 0; j < here; j += 4) {
    while (i < count && limit + (i + 7) * slope <= j) i += 8;
    if (i >= count) break;
    const a = (i / 8) * PANEL + j * ROW;
    let c = 0;
    if (WIDENED) {
      // Twice as many sums in flight, where a register holds two vectors.
      for (; c + 16 <= width; c += 16) {
        const to = ((k + j) * width + c) * 4;
        const b = (c * queries + (q + i) * 8) * 4;
        const more = b + 8 * queries * 4;
        outer16(count - i, weights + a, doutAcross + b, doutAcross + more, dvalues + to, width * 4);
        outer16(count - i, dscores + a, queriesAcross + b, queriesAcross + more, dkeys + to, width * 4);
      }
    }
    for (; c < width; c += 8) {
      const to = ((k + j) * width + c) * 4;
      const b = (c * queries + (q + i) * 8) * 4;
      outer(count - i, weights + a, doutAcross + b, dvalues + to, width * 4);
      outer(count - i, dscores + a, queriesAcross + b, dkeys + to, width * 4);
    }
  }
}

/** Rows of zeros. */
function clear(count: i32, size: i32, to: usize, step: usize): void {
  for (let i = 0; i < count; i++) memory.fill(to + i * step, 0, size * 4);
}

/**
 * dq, dk and dv from dout, and from what `attention` was given and gave. Units are pairs of batch and head: each adds up
 * its keys' gradients over its queries and its queries' over its keys, in order.
 */
export function attentionGrad(begin: i32, end: i32, problem: Problem): void {
  const size = problem.size;
  const width = (size + 7) & ~7;
  const tile = tileOf(10, width);
  layOut(tile, width);
  for (let pair = begin; pair < end; pair++) {
    const dk = problem.at(Slot.dk, pair);
    const dv = problem.at(Slot.dv, pair);
    const dq = problem.at(Slot.dq, pair);
    const inUse = keysInUse(problem, pair);
    for (let k0 = 0; k0 < inUse; k0 += tile) {
      const keys = min(tile, inUse - k0);
      packKeyTile(problem, pair, k0, keys, width);
      for (let q0 = 0; q0 < problem.queries; q0 += tile) {
        const queries = min(tile, problem.queries - q0);
        const seen = !problem.causal || problem.seenBy(q0 + queries - 1) > k0;
        // The first keys' tile writes every query's gradient, the others add.
        if (!seen && k0 > 0) continue;
        packQueryTile(problem, pair, q0, queries);
        if (seen) gradTile(problem, pair, k0, keys, q0, queries, width);
        storeQueryTile(problem, queries, dq + q0 * problem.step(Slot.dq), k0 > 0);
      }
      storeTile(keys, size, width, dkeys, problem.scale, dk + k0 * problem.step(Slot.dk), problem.step(Slot.dk));
      storeTile(keys, size, width, dvalues, 1, dv + k0 * problem.step(Slot.dv), problem.step(Slot.dv));
    }
    if (inUse == 0) clear(problem.queries, size, dq, problem.step(Slot.dq));
    clear(problem.keys - inUse, size, dk + inUse * problem.step(Slot.dk), problem.step(Slot.dk));
    clear(problem.keys - inUse, size, dv + inUse * problem.step(Slot.dv), problem.step(Slot.dv));
  }
}

function storeQueryTile(problem: Problem, count: i32, dq: usize, add: bool): void {
  const width = (problem.size + 3) & ~3;
  const scale = f32x4.splat(problem.scale);
  v128.store(shifts, scale);
  v128.store(shifts, scale, 16);
  for (let i = 0; i < count; i += 8) {
    const to = dq + i * problem.step(Slot.dq);
    storeRows(problem.size, dqueries + i * width * 4, min(8, count - i), shifts, false, to, problem.step(Slot.dq), add);
  }
}
