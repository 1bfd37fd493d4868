// Reductions and scans over the middle axis of [outer, size, inner]. Sums are carried in double precision.

import { addWide, firstLanes, high, loadTail, low, maxLane, sum2 } from "./lanes";

const enum Reduce { sum, max, min }

/** Sum of n floats that lie side by side. */
export function sumRow(x: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = addWide(s0, v128.load(x + i * 4));
    s1 = addWide(s1, v128.load(x + i * 4, 16));
  }
  if (i + 4 <= n) {
    s0 = addWide(s0, v128.load(x + i * 4));
    i += 4;
  }
  if (i < n) s1 = addWide(s1, loadTail(x + i * 4, n - i));
  return sum2(f64x2.add(s0, s1));
}

/** Largest of n floats side by side; NaN where there is one, -Infinity where n is 0. */
export function maxRow(x: usize, n: i32): f32 {
  const none = f32x4.splat(-Infinity);
  let best = none;
  let other = none;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    best = f32x4.max(best, v128.load(x + i * 4));
    other = f32x4.max(other, v128.load(x + i * 4, 16));
  }
  best = f32x4.max(best, other);
  for (; i + 4 <= n; i += 4) best = f32x4.max(best, v128.load(x + i * 4));
  if (i < n) best = f32x4.max(best, firstLanes(loadTail(x + i * 4, n - i), none, n - i));
  return maxLane(best);
}

/** Largest of n floats side by side, and NaN where all are NaN; -Infinity where n is 0. */
export function largestRow(x: usize, n: i32): f32 {
  const none = f32x4.splat(-Infinity);
  let best = none;
  let other = none;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    best = f32x4.pmax(best, v128.load(x + i * 4));
    other = f32x4.pmax(other, v128.load(x + i * 4, 16));
  }
  best = f32x4.pmax(best, other);
  for (; i + 4 <= n; i += 4) best = f32x4.pmax(best, v128.load(x + i * 4));
  if (i < n) best = f32x4.pmax(best, firstLanes(loadTail(x + i * 4, n - i), none, n - i));
  const largest = maxLane(best);
  // Comparisons with NaN are false, so NaN was passed over: looked for only where nothing else was found.
  return largest == -Infinity ? maxRow(x, n) : largest;
}

function minRow(x: usize, n: i32): f32 {
  let best: f32 = Infinity;
  for (let i = 0; i < n; i++) best = min(best, load<f32>(x + i * 4));
  return best;
}

/** inner = 1. Units are rows. */
export function reduceRows(begin: i32, end: i32, op: Reduce, n: i32, out: usize, x: usize): void {
  for (let r = begin; r < end; r++) {
    const row = x + r * n * 4;
    let y: f32;
    if (op == Reduce.sum) y = <f32>sumRow(row, n);
    else if (op == Reduce.max) y = maxRow(row, n);
    else y = minRow(row, n);
    store<f32>(out + r * 4, y);
  }
}

/** Sums of stretches of a long row, as doubles at `out`. Units are stretches of `stretch` elements of n. */
export function sumStretches(begin: i32, end: i32, stretch: i32, n: i32, out: usize, x: usize): void {
  for (let s = begin; s < end; s++) {
    const first = s * stretch;
    store<f64>(out + s * 8, sumRow(x + first * 4, min(stretch, n - first)));
  }
}

/** Sums of eight columns over `size` rows: sixteen rows at a time in single precision, the rest in double. */
function sumColumns8(size: i32, step: usize, out: usize, x: usize): void {
  let t0 = f64x2.splat(0);
  let t1 = f64x2.splat(0);
  let t2 = f64x2.splat(0);
  let t3 = f64x2.splat(0);
  let p = x;
  for (let j = 0; j < size; j += 16) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    const stop = p + <usize>min(16, size - j) * step;
    for (; p != stop; p += step) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
    }
    t0 = f64x2.add(t0, low(s0));
    t1 = f64x2.add(t1, high(s0));
    t2 = f64x2.add(t2, low(s1));
    t3 = f64x2.add(t3, high(s1));
  }
  v128.store(out, narrow(t0, t1));
  v128.store(out, narrow(t2, t3), 16);
}

/** Four doubles as four floats. */
// @ts-ignore: decorator
@inline export function narrow(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}

/** One column by itself, with the partial sums in the same order as in `sumColumns8`. */
function sumColumn(size: i32, step: usize, x: usize): f32 {
  let total: f64 = 0;
  for (let j = 0; j < size; j += 16) {
    let s: f32 = 0;
    const stop = min(j + 16, size);
    for (let i = j; i < stop; i++) s += load<f32>(x + i * step);
    total += s;
  }
  return <f32>total;
}

/** inner > 1. Units are blocks of 16 columns of each of the `outer` matrices. */
export function reduceColumns(begin: i32, end: i32, op: Reduce, size: i32, inner: i32, out: usize, x: usize): void {
  const blocks = (inner + 15) >> 4;
  const step = <usize>inner * 4;
  for (let unit = begin; unit < end; unit++) {
    const o = unit / blocks;
    let i = (unit - o * blocks) << 4;
    const last = min(i + 16, inner);
    const y = out + o * inner * 4;
    const source = x + o * size * inner * 4;
    if (op == Reduce.sum) {
      for (; i + 8 <= last; i += 8) sumColumns8(size, step, y + i * 4, source + i * 4);
      for (; i < last; i++) store<f32>(y + i * 4, sumColumn(size, step, source + i * 4));
      continue;
    }
    for (; i + 4 <= last; i += 4) {
      let best = f32x4.splat(op == Reduce.max ? -Infinity : Infinity);
      let p = source + i * 4;
      for (let j = 0; j < size; j++, p += step) {
        best = op == Reduce.max ? f32x4.max(best, v128.load(p)) : f32x4.min(best, v128.load(p));
      }
      v128.store(y + i * 4, best);
    }
    for (; i < last; i++) {
      let best: f32 = op == Reduce.max ? -Infinity : Infinity;
      let p = source + i * 4;
      for (let j = 0; j < size; j++, p += step) best = op == Reduce.max ? max(best, load<f32>(p)) : min(best, load<f32>(p));
      store<f32>(y + i * 4, best);
    }
  }
}

/** int32. Units are lanes. */
export function reduceInt(begin: i32, end: i32, op: Reduce, size: i32, inner: i32, out: usize, x: usize): void {
  for (let lane = begin; lane < end; lane++) {
    const o = lane / inner;
    let p = x + (o * size * inner + (lane - o * inner)) * 4;
    let y = op == Reduce.sum ? 0 : op == Reduce.max ? i32.MIN_VALUE : i32.MAX_VALUE;
    for (let j = 0; j < size; j++, p += inner * 4) {
      const value = load<i32>(p);
      if (op == Reduce.sum) y += value;
      else y = op == Reduce.max ? max(y, value) : min(y, value);
    }
    store<i32>(out + lane * 4, y);
  }
}

// @ts-ignore: decorator
@inline function argLane<T>(largest: bool, size: i32, step: usize, x: usize): i32 {
  let best = 0;
  let record = load<T>(x);
  for (let j = 1; j < size; j++) {
    const value = load<T>(x + j * step);
    // The first NaN stays: nothing is larger, smaller or newer than it.
    if ((largest ? value > record : value < record) || (value != value && record == record)) {
      best = j;
      record = value;
    }
  }
  return best;
}

/** Units are lanes. */
export function argReduce(
  begin: i32, end: i32, integer: bool, largest: bool, size: i32, inner: i32, out: usize, x: usize,
): void {
  const step = <usize>inner * 4;
  for (let lane = begin; lane < end; lane++) {
    const o = lane / inner;
    const p = x + (o * size * inner + (lane - o * inner)) * 4;
    store<i32>(out + lane * 4, integer ? argLane<i32>(largest, size, step, p) : argLane<f32>(largest, size, step, p));
  }
}

/** Units are lanes. */
export function cumsum(
  begin: i32, end: i32, integer: bool, reverse: bool, size: i32, inner: i32, out: usize, x: usize,
): void {
  const step: isize = reverse ? -inner * 4 : inner * 4;
  for (let lane = begin; lane < end; lane++) {
    const o = lane / inner;
    let at: isize = (o * size * inner + (lane - o * inner) + (reverse ? (size - 1) * inner : 0)) * 4;
    let whole = 0;
    let sum: f64 = 0;
    for (let j = 0; j < size; j++, at += step) {
      if (integer) {
        whole += load<i32>(x + at);
        store<i32>(out + at, whole);
      } else {
        sum += load<f32>(x + at);
        store<f32>(out + at, <f32>sum);
      }
    }
  }
}

// --- topk -----------------------------------------------------------------------------------------

/** True if value a at index i comes before b at j: NaN counts as the largest, equal ones come by index. */
// @ts-ignore: decorator
@inline function before<T>(largest: bool, a: T, i: i32, b: T, j: i32): bool {
  if (a != a || b != b) {
    if (a != a && b != b) return i < j;
    return (a != a) == largest;
  }
  if (a == b) return i < j;
  return largest ? a > b : a < b;
}

/** Restores the heap (the last in order on top) below position `at`, where (value, index) is to be placed. */
// @ts-ignore: decorator
@inline function sift<T>(largest: bool, ys: usize, is: usize, at: i32, k: i32, value: T, index: i32): void {
  while (true) {
    let child = 2 * at + 1;
    if (child >= k) break;
    if (child + 1 < k) {
      const a = child + 1;
      const later = before<T>(
        largest, load<T>(ys + child * 4), load<i32>(is + child * 4), load<T>(ys + a * 4), load<i32>(is + a * 4),
      );
      if (later) child = a;
    }
    if (!before<T>(largest, value, index, load<T>(ys + child * 4), load<i32>(is + child * 4))) break;
    store<T>(ys + at * 4, load<T>(ys + child * 4));
    store<i32>(is + at * 4, load<i32>(is + child * 4));
    at = child;
  }
  store<T>(ys + at * 4, value);
  store<i32>(is + at * 4, index);
}

/** The results themselves are the heap; sorting it at the end brings them into order. */
function topRow<T>(n: i32, k: i32, largest: bool, ys: usize, is: usize, x: usize): void {
  for (let i = 0; i < k; i++) {
    store<T>(ys + i * 4, load<T>(x + i * 4));
    store<i32>(is + i * 4, i);
  }
  for (let i = (k >> 1) - 1; i >= 0; i--) {
    sift<T>(largest, ys, is, i, k, load<T>(ys + i * 4), load<i32>(is + i * 4));
  }
  for (let i = k; i < n; i++) {
    const value = load<T>(x + i * 4);
    if (before<T>(largest, value, i, load<T>(ys), load<i32>(is))) sift<T>(largest, ys, is, 0, k, value, i);
  }
  for (let last = k - 1; last > 0; last--) {
    const value = load<T>(ys + last * 4);
    const index = load<i32>(is + last * 4);
    store<T>(ys + last * 4, load<T>(ys));
    store<i32>(is + last * 4, load<i32>(is));
    sift<T>(largest, ys, is, 0, last, value, index);
  }
}

/** Units are rows. */
export function topk(
  begin: i32, end: i32, integer: bool, largest: bool, n: i32, k: i32, values: usize, indices: usize, x: usize,
): void {
  if (k == 0) return;
  for (let r = begin; r < end; r++) {
    const ys = values + r * k * 4;
    const is = indices + r * k * 4;
    if (integer) topRow<i32>(n, k, largest, ys, is, x + r * n * 4);
    else topRow<f32>(n, k, largest, ys, is, x + r * n * 4);
  }
}
