// Products with few rows, which is what generation asks for: every weight is read once and used few times, so that
// memory is what takes time and nothing is worth packing.

import { WIDENED } from "./build";
import { loadStrided, loadStridedTail, loadTail, madd, put8, storeTail, sumEach } from "./lanes";
import { gelu4 } from "./math";
import { SCRATCH_FLOATS, scratch } from "./matmul";

// --- a's rows and b's columns both lie along k: dot products ------------------------------------------

/** Stores sums that belong `step` bytes apart, with the bias (or 0) added. */
// @ts-ignore: decorator
@inline function finish(c: usize, step: usize, sum: v128, count: i32, bias: usize, add: bool): void {
  if (bias != 0) sum = f32x4.add(sum, loadFour(bias, step, count));
  if (add) sum = f32x4.add(loadFour(c, step, count), sum);
  v128.store_lane<f32>(c, sum, 0);
  if (count > 1) v128.store_lane<f32>(c + step, sum, 1);
  if (count > 2) v128.store_lane<f32>(c + 2 * step, sum, 2);
  if (count > 3) v128.store_lane<f32>(c + 3 * step, sum, 3);
}

// @ts-ignore: decorator
@inline function loadFour(p: usize, step: usize, count: i32): v128 {
  return count >= 4 ? loadStrided(p, step) : loadStridedTail(p, step, count);
}

/** One row times four columns. Two sums each hide the additions' latency. */
// @ts-ignore: decorator
@inline function dotsOfOne(k: i32, a: usize, b0: usize, b1: usize, b2: usize, b3: usize): v128 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  let i = 0;
  for (; i + 16 <= k; i += 16) {
    const at = <usize>i * 4;
    let x = v128.load(a + at);
    s0 = madd(x, v128.load(b0 + at), s0);
    s1 = madd(x, v128.load(b1 + at), s1);
    s2 = madd(x, v128.load(b2 + at), s2);
    s3 = madd(x, v128.load(b3 + at), s3);
    x = v128.load(a + at, 16);
    t0 = madd(x, v128.load(b0 + at, 16), t0);
    t1 = madd(x, v128.load(b1 + at, 16), t1);
    t2 = madd(x, v128.load(b2 + at, 16), t2);
    t3 = madd(x, v128.load(b3 + at, 16), t3);
    x = v128.load(a + at, 32);
    s0 = madd(x, v128.load(b0 + at, 32), s0);
    s1 = madd(x, v128.load(b1 + at, 32), s1);
    s2 = madd(x, v128.load(b2 + at, 32), s2);
    s3 = madd(x, v128.load(b3 + at, 32), s3);
    x = v128.load(a + at, 48);
    t0 = madd(x, v128.load(b0 + at, 48), t0);
    t1 = madd(x, v128.load(b1 + at, 48), t1);
    t2 = madd(x, v128.load(b2 + at, 48), t2);
    t3 = madd(x, v128.load(b3 + at, 48), t3);
  }
  if (WIDENED) {
    // Through memory, where two neighbouring sums end as one vector.
    const beside = scratch + <usize>SCRATCH_FLOATS * 4;
    put8(beside, s0, t0, false);
    put8(beside + 32, s1, t1, false);
    put8(beside + 64, s2, t2, false);
    put8(beside + 96, s3, t3, false);
    s0 = v128.load(beside);
    t0 = v128.load(beside, 16);
    s1 = v128.load(beside, 32);
    t1 = v128.load(beside, 48);
    s2 = v128.load(beside, 64);
    t2 = v128.load(beside, 80);
    s3 = v128.load(beside, 96);
    t3 = v128.load(beside, 112);
  }
  for (; i < k; i += 4) {
    const at = <usize>i * 4;
    const rest = k - i;
    const x = rest >= 4 ? v128.load(a + at) : loadTail(a + at, rest);
    s0 = madd(x, rest >= 4 ? v128.load(b0 + at) : loadTail(b0 + at, rest), s0);
    s1 = madd(x, rest >= 4 ? v128.load(b1 + at) : loadTail(b1 + at, rest), s1);
    s2 = madd(x, rest >= 4 ? v128.load(b2 + at) : loadTail(b2 + at, rest), s2);
    s3 = madd(x, rest >= 4 ? v128.load(b3 + at) : loadTail(b3 + at, rest), s3);
  }
  return sumEach(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
}

/** Two rows times four columns, for c's two rows `cStep` bytes apart. */
// @ts-ignore: decorator
@inline function dotsOfTwo(
  k: i32, a0: usize, a1: usize, b0: usize, b1: usize, b2: usize, b3: usize, c: usize, cStep: usize, step: usize,
  count: i32, bias: usize, add: bool,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  const whole = k & ~3;
  for (let i = 0; i < whole; i += 4) {
    const at = <usize>i * 4;
    const x = v128.load(a0 + at);
    const y = v128.load(a1 + at);
    let w = v128.load(b0 + at);
    s0 = madd(x, w, s0);
    t0 = madd(y, w, t0);
    w = v128.load(b1 + at);
    s1 = madd(x, w, s1);
    t1 = madd(y, w, t1);
    w = v128.load(b2 + at);
    s2 = madd(x, w, s2);
    t2 = madd(y, w, t2);
    w = v128.load(b3 + at);
    s3 = madd(x, w, s3);
    t3 = madd(y, w, t3);
  }
  if (whole < k) {
    const at = <usize>whole * 4;
    const rest = k - whole;
    const x = loadTail(a0 + at, rest);
    const y = loadTail(a1 + at, rest);
    let w = loadTail(b0 + at, rest);
    s0 = madd(x, w, s0);
    t0 = madd(y, w, t0);
    w = loadTail(b1 + at, rest);
    s1 = madd(x, w, s1);
    t1 = madd(y, w, t1);
    w = loadTail(b2 + at, rest);
    s2 = madd(x, w, s2);
    t2 = madd(y, w, t2);
    w = loadTail(b3 + at, rest);
    s3 = madd(x, w, s3);
    t3 = madd(y, w, t3);
  }
  finish(c, step, sumEach(s0, s1, s2, s3), count, bias, add);
  finish(c + cStep, step, sumEach(t0, t1, t2, t3), count, bias, add);
}

/**
 * Four columns of b at a time, each from a quarter of its own: the processor fetches four long streams ahead, where four
 * neighbours would be short ones that begin anew each time. They stay in the first-level cache for all rows of a.
 */
function along(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, b: usize, bColumn: usize, c: usize, cStep: usize, bias: usize,
  add: bool,
): void {
  const quarter = (n + 3) >> 2;
  const step = <usize>quarter * 4;
  for (let j = 0; j < quarter; j++) {
    // Beyond the last column it is repeated, and not stored.
    const count = min(4, (n - j + quarter - 1) / quarter);
    const b0 = b + j * bColumn;
    const b1 = b + min(j + quarter, n - 1) * bColumn;
    const b2 = b + min(j + 2 * quarter, n - 1) * bColumn;
    const b3 = b + min(j + 3 * quarter, n - 1) * bColumn;
    const y = c + j * 4;
    const place = bias == 0 ? 0 : bias + j * 4;
    let r = 0;
    for (; r + 2 <= m; r += 2) {
      const row = a + r * aRow;
      dotsOfTwo(k, row, row + aRow, b0, b1, b2, b3, y + r * cStep, cStep, step, count, place, add);
    }
    if (r < m) finish(y + r * cStep, step, dotsOfOne(k, a + r * aRow, b0, b1, b2, b3), count, place, add);
  }
}

// --- b's rows lie along n: sums of rows ---------------------------------------------------------------

/** Four rows of a (the last repeated where there are fewer) times b with adjacent columns: eight columns at a time. */
function thinAcross(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cStep: usize, add: bool,
): void {
  const a1 = a + <usize>min(1, m - 1) * aRow;
  const a2 = a + <usize>min(2, m - 1) * aRow;
  const a3 = a + <usize>min(3, m - 1) * aRow;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    let c00 = f32x4.splat(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    let p = b + j * 4;
    let at: usize = 0;
    for (let i = 0; i < k; i++, p += bRow, at += aColumn) {
      const b0 = v128.load(p);
      const b1 = v128.load(p, 16);
      let x = v128.load32_splat(a + at);
      c00 = madd(x, b0, c00);
      c01 = madd(x, b1, c01);
      x = v128.load32_splat(a1 + at);
      c10 = madd(x, b0, c10);
      c11 = madd(x, b1, c11);
      x = v128.load32_splat(a2 + at);
      c20 = madd(x, b0, c20);
      c21 = madd(x, b1, c21);
      x = v128.load32_splat(a3 + at);
      c30 = madd(x, b0, c30);
      c31 = madd(x, b1, c31);
    }
    const y = c + j * 4;
    put8(y, c00, c01, add);
    if (m > 1) put8(y + cStep, c10, c11, add);
    if (m > 2) put8(y + 2 * cStep, c20, c21, add);
    if (m > 3) put8(y + 3 * cStep, c30, c31, add);
  }
  for (; j < n; j++) {
    for (let r = 0; r < m; r++) thinElement(k, a + r * aRow, aColumn, b + j * 4, bRow, c + r * cStep + j * 4, add);
  }
}

/** One row, 32 columns at a time: enough sums in flight to hide the additions' latency. */
function rowAcross(n: i32, k: i32, a: usize, aColumn: usize, b: usize, bRow: usize, c: usize, add: bool): void {
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let c0 = f32x4.splat(0);
    let c1 = c0;
    let c2 = c0;
    let c3 = c0;
    let c4 = c0;
    let c5 = c0;
    let c6 = c0;
    let c7 = c0;
    let p = b + j * 4;
    let q = a;
    for (let i = 0; i < k; i++, p += bRow, q += aColumn) {
      const x = v128.load32_splat(q);
      c0 = madd(x, v128.load(p), c0);
      c1 = madd(x, v128.load(p, 16), c1);
      c2 = madd(x, v128.load(p, 32), c2);
      c3 = madd(x, v128.load(p, 48), c3);
      c4 = madd(x, v128.load(p, 64), c4);
      c5 = madd(x, v128.load(p, 80), c5);
      c6 = madd(x, v128.load(p, 96), c6);
      c7 = madd(x, v128.load(p, 112), c7);
    }
    const y = c + j * 4;
    put8(y, c0, c1, add);
    put8(y + 32, c2, c3, add);
    put8(y + 64, c4, c5, add);
    put8(y + 96, c6, c7, add);
  }
  if (j < n) thinAcross(1, n - j, k, a, 0, aColumn, b + j * 4, bRow, c + j * 4, 0, add);
}

/** One element, k after k, as the vector loops do. */
function thinElement(k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, add: bool): void {
  let sum = f32x4.splat(0);
  for (let i = 0; i < k; i++, a += aStep, b += bStep) sum = madd(v128.load32_splat(a), v128.load32_splat(b), sum);
  const x = f32x4.extract_lane(sum, 0);
  store<f32>(c, add ? load<f32>(c) + x : x);
}

// --- the kernels ------------------------------------------------------------------------------------

/** Products with up to four rows; false where the operands lie so that packing is better after all. */
export function thin(
  m: i32, n: i32, k: i32, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize,
  c: usize, cStep: usize, add: bool,
): bool {
  if (bColumn == 4) {
    if (m == 1) rowAcross(n, k, a, aColumn, b, bRow, c, add);
    else thinAcross(m, n, k, a, aRow, aColumn, b, bRow, c, cStep, add);
    return true;
  }
  if (bRow != 4) return false;
  if (aColumn != 4) {
    if (m * k > SCRATCH_FLOATS) return false;
    for (let r = 0; r < m; r++) {
      for (let i = 0; i < k; i++) store<f32>(scratch + (r * k + i) * 4, load<f32>(a + r * aRow + i * aColumn));
    }
    a = scratch;
    aRow = <usize>k * 4;
  }
  along(m, n, k, a, aRow, b, bColumn, c, cStep, 0, add);
  return true;
}

/** In place. A pass of its own keeps several vectors in flight, where between sums each would be waited for. */
function geluRow(x: usize, n: i32): void {
  const stop = x + <usize>(n & ~3) * 4;
  for (; x < stop; x += 16) v128.store(x, gelu4(v128.load(x)));
  if ((n & 3) > 0) storeTail(x, gelu4(loadTail(x, n & 3)), n & 3);
}

/**
 * out [m, n] = x Wᵀ + bias (or 0), then GELU where `curved` is 1. Rows of x and of W lie without gaps, xRow and wRow bytes
 * apart. Units are stretches of 16 columns of out, which is to say rows of W.
 */
export function linear(
  begin: i32, end: i32, m: i32, n: i32, k: i32, out: usize, x: usize, xRow: usize, w: usize, wRow: usize, bias: usize,
  curved: bool,
): void {
  const first = begin * 16;
  const columns = min(n, end * 16) - first;
  const place = bias == 0 ? 0 : bias + first * 4;
  const y = out + first * 4;
  along(m, columns, k, x, xRow, w + first * wRow, wRow, y, n * 4, place, false);
  if (curved) for (let r = 0; r < m; r++) geluRow(y + r * n * 4, columns);
}
