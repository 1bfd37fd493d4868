// Layer normalisation: rows of n floats. Sums are of stretches of a row in single precision, in eight lanes, and of the stretches
// in double.

import { WIDENED } from "./build";
import { addWide, firstLanes, loadTail, madd, put8, storeTail, sum2 } from "./lanes";
import { scratch } from "./matmul";

/** Elements of a stretch. */
const STRETCH: i32 = 64;

/** Adds eight lanes to two lanes of doubles. For the engine to widen what they come from, they have to end side by side in memory. */
// @ts-ignore: decorator
@inline function addLanes(total: v128, s0: v128, s1: v128): v128 {
  if (!WIDENED) return addWide(addWide(total, s0), s1);
  put8(scratch, s0, s1, false);
  return addWide(addWide(total, v128.load(scratch)), v128.load(scratch, 16));
}

/** The mean of a row, nearly. */
function meanOf(n: i32, x: usize): f32 {
  let total = f64x2.splat(0);
  for (let first = 0; first < n; first += STRETCH) {
    const stop = min(first + STRETCH, n);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let i = first;
    for (; i + 8 <= stop; i += 8) {
      s0 = f32x4.add(s0, v128.load(x + i * 4));
      s1 = f32x4.add(s1, v128.load(x + i * 4, 16));
    }
    total = addLanes(total, s0, s1);
    for (; i < stop; i += 4) total = addWide(total, n - i < 4 ? loadTail(x + i * 4, n - i) : v128.load(x + i * 4));
  }
  return <f32>(sum2(total) / n);
}

/** sum(x - about) and sum((x - about)^2) over a row. */
let sumOff: f64 = 0;
let sumOffSquared: f64 = 0;

function spreadOf(n: i32, x: usize, about: f32): void {
  const m = f32x4.splat(about);
  let total = f64x2.splat(0);
  let squares = f64x2.splat(0);
  for (let first = 0; first < n; first += STRETCH) {
    const stop = min(first + STRETCH, n);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let q0 = s0;
    let q1 = s0;
    let i = first;
    for (; i + 8 <= stop; i += 8) {
      const d0 = f32x4.sub(v128.load(x + i * 4), m);
      const d1 = f32x4.sub(v128.load(x + i * 4, 16), m);
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
      q0 = madd(d0, d0, q0);
      q1 = madd(d1, d1, q1);
    }
    total = addLanes(total, s0, s1);
    squares = addLanes(squares, q0, q1);
    for (; i < stop; i += 4) {
      let d = f32x4.sub(n - i < 4 ? loadTail(x + i * 4, n - i) : v128.load(x + i * 4), m);
      if (n - i < 4) d = firstLanes(d, f32x4.splat(0), n - i);
      total = addWide(total, d);
      squares = addWide(squares, f32x4.mul(d, d));
    }
  }
  sumOff = sum2(total);
  sumOffSquared = sum2(squares);
}

/** h = (x - mean) * rstd, times weight and plus bias where there are some. */
// @ts-ignore: decorator
@inline function normalized(x: v128, mean: v128, rstd: v128): v128 {
  return f32x4.mul(f32x4.sub(x, mean), rstd);
}

function normalizeRow(n: i32, y: usize, x: usize, mean: f32, rstd: f32, weight: usize, bias: usize): void {
  const m = f32x4.splat(mean);
  const s = f32x4.splat(rstd);
  let i = 0;
  if (WIDENED && weight && bias) {
    for (; i + 8 <= n; i += 8) {
      const at = i * 4;
      const h0 = f32x4.mul(normalized(v128.load(x + at), m, s), v128.load(weight + at));
      const h1 = f32x4.mul(normalized(v128.load(x + at, 16), m, s), v128.load(weight + at, 16));
      put8(y + at, f32x4.add(h0, v128.load(bias + at)), f32x4.add(h1, v128.load(bias + at, 16)), false);
    }
  }
  for (; i + 4 <= n; i += 4) {
    let h = normalized(v128.load(x + i * 4), m, s);
    if (weight) h = f32x4.mul(h, v128.load(weight + i * 4));
    if (bias) h = f32x4.add(h, v128.load(bias + i * 4));
    v128.store(y + i * 4, h);
  }
  if (i < n) {
    let h = normalized(loadTail(x + i * 4, n - i), m, s);
    if (weight) h = f32x4.mul(h, loadTail(weight + i * 4, n - i));
    if (bias) h = f32x4.add(h, loadTail(bias + i * 4, n - i));
    storeTail(y + i * 4, h, n - i);
  }
}

/** Units are rows. weight and bias are 0 where there are none, mean and rstd where they are not wanted. */
export function layerNorm(
  begin: i32, end: i32, n: i32, out: usize, mean: usize, rstd: usize, x: usize, weight: usize, bias: usize, eps: f64,
): void {
  for (let r = begin; r < end; r++) {
    const row = x + r * n * 4;
    const about = meanOf(n, row);
    spreadOf(n, row, about);
    // What rounding left of the mean, which the spread about it shows.
    const off = sumOff / n;
    const mu = <f32>(about + off);
    const scale = <f32>(1 / sqrt(max(sumOffSquared / n - off * off, 0) + eps));
    if (mean) {
      store<f32>(mean + r * 4, mu);
      store<f32>(rstd + r * 4, scale);
    }
    normalizeRow(n, out + r * n * 4, row, mu, scale, weight, bias);
  }
}

/** What the gradient of a row needs of all of it: the means of g and of g h. */
let meanG: f32 = 0;
let meanGH: f32 = 0;

/** Eight ones, which stand for a weight where there is none: their place does not move along the row. */
const ONES = memory.data<f32>([1, 1, 1, 1, 1, 1, 1, 1]);

/** Bytes that the weight's place moves for a byte of the row. */
// @ts-ignore: decorator
@inline function stepOf(weight: usize): usize {
  return <usize>(weight != ONES);
}

function meansOfRow(n: i32, dy: usize, x: usize, average: f32, scale: f32, weight: usize): void {
  const mean = f32x4.splat(average);
  const rstd = f32x4.splat(scale);
  const step = stepOf(weight);
  let sumG = f64x2.splat(0);
  let sumGH = f64x2.splat(0);
  for (let first = 0; first < n; first += STRETCH) {
    const stop = min(first + STRETCH, n);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let h0 = s0;
    let h1 = s0;
    let i = first;
    for (; i + 8 <= stop; i += 8) {
      const at = <usize>i * 4;
      const w = weight + at * step;
      const g0 = f32x4.mul(v128.load(dy + at), v128.load(w));
      const g1 = f32x4.mul(v128.load(dy + at, 16), v128.load(w, 16));
      s0 = f32x4.add(s0, g0);
      s1 = f32x4.add(s1, g1);
      h0 = madd(g0, normalized(v128.load(x + at), mean, rstd), h0);
      h1 = madd(g1, normalized(v128.load(x + at, 16), mean, rstd), h1);
    }
    sumG = addLanes(sumG, s0, s1);
    sumGH = addLanes(sumGH, h0, h1);
    for (; i < stop; i += 4) {
      const at = <usize>i * 4;
      const w = weight + at * step;
      const rest = n - i;
      const g = rest < 4 ? f32x4.mul(loadTail(dy + at, rest), loadTail(w, rest)) : f32x4.mul(v128.load(dy + at), v128.load(w));
      sumG = addWide(sumG, g);
      const h = normalized(rest < 4 ? loadTail(x + at, rest) : v128.load(x + at), mean, rstd);
      sumGH = addWide(sumGH, f32x4.mul(g, h));
    }
  }
  meanG = <f32>(sum2(sumG) / n);
  meanGH = <f32>(sum2(sumGH) / n);
}

/** rstd * (g - a - h b), with a = mean(g) and b = mean(g h). */
// @ts-ignore: decorator
@inline function gradient(g: v128, h: v128, rstd: v128, a: v128, b: v128): v128 {
  return f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, a), f32x4.mul(h, b)));
}

/** dx, with h the normalised row and g = dy * weight. */
function layerNormGradRow(n: i32, dx: usize, dy: usize, x: usize, average: f32, scale: f32, weight: usize): void {
  meansOfRow(n, dy, x, average, scale, weight);
  const mean = f32x4.splat(average);
  const rstd = f32x4.splat(scale);
  const a = f32x4.splat(meanG);
  const b = f32x4.splat(meanGH);
  const step = stepOf(weight);
  let i = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8) {
      const at = <usize>i * 4;
      const w = weight + at * step;
      const g0 = f32x4.mul(v128.load(dy + at), v128.load(w));
      const g1 = f32x4.mul(v128.load(dy + at, 16), v128.load(w, 16));
      const d0 = gradient(g0, normalized(v128.load(x + at), mean, rstd), rstd, a, b);
      const d1 = gradient(g1, normalized(v128.load(x + at, 16), mean, rstd), rstd, a, b);
      put8(dx + at, d0, d1, false);
    }
  }
  for (; i < n; i += 4) {
    const at = <usize>i * 4;
    const w = weight + at * step;
    const rest = n - i;
    if (rest >= 4) {
      const g = f32x4.mul(v128.load(dy + at), v128.load(w));
      v128.store(dx + at, gradient(g, normalized(v128.load(x + at), mean, rstd), rstd, a, b));
    } else {
      const g = f32x4.mul(loadTail(dy + at, rest), loadTail(w, rest));
      storeTail(dx + at, gradient(g, normalized(loadTail(x + at, rest), mean, rstd), rstd, a, b), rest);
    }
  }
}

/** weights += dy * h, biases += dy, element by element. */
function addWeightsRow(n: i32, weights: usize, biases: usize, dy: usize, x: usize, average: f32, scale: f32): void {
  const mean = f32x4.splat(average);
  const rstd = f32x4.splat(scale);
  let i = 0;
  if (WIDENED) {
    for (; i + 8 <= n; i += 8) {
      const at = <usize>i * 4;
      const g0 = v128.load(dy + at);
      const g1 = v128.load(dy + at, 16);
      const w0 = madd(g0, normalized(v128.load(x + at), mean, rstd), v128.load(weights + at));
      const w1 = madd(g1, normalized(v128.load(x + at, 16), mean, rstd), v128.load(weights + at, 16));
      put8(weights + at, w0, w1, false);
      put8(biases + at, g0, g1, true);
    }
  }
  for (; i + 4 <= n; i += 4) {
    const g = v128.load(dy + i * 4);
    const h = normalized(v128.load(x + i * 4), mean, rstd);
    v128.store(weights + i * 4, madd(g, h, v128.load(weights + i * 4)));
    v128.store(biases + i * 4, f32x4.add(v128.load(biases + i * 4), g));
  }
  if (i < n) {
    const g = loadTail(dy + i * 4, n - i);
    const h = normalized(loadTail(x + i * 4, n - i), mean, rstd);
    storeTail(weights + i * 4, madd(g, h, loadTail(weights + i * 4, n - i)), n - i);
    storeTail(biases + i * 4, f32x4.add(loadTail(biases + i * 4, n - i), g), n - i);
  }
}

/**
 * Units are blocks of `height` rows. dx is 0 where it is not wanted; so are weights and biases, [units, n]: the sums over a
 * block's rows of dy * h and of dy.
 */
export function layerNormGrad(
  begin: i32, end: i32, height: i32, rows: i32, n: i32, dx: usize, weights: usize, biases: usize, dy: usize, x: usize,
  mean: usize, rstd: usize, weight: usize,
): void {
  if (!weight) weight = ONES;
  for (let unit = begin; unit < end; unit++) {
    const sums = <usize>unit * n * 4;
    if (weights) {
      memory.fill(weights + sums, 0, n * 4);
      memory.fill(biases + sums, 0, n * 4);
    }
    const last = min(rows, (unit + 1) * height);
    for (let r = unit * height; r < last; r++) {
      const at = <usize>r * n * 4;
      const m = load<f32>(mean + r * 4);
      const s = load<f32>(rstd + r * 4);
      if (weights) addWeightsRow(n, weights + sums, biases + sums, dy + at, x + at, m, s);
      if (dx) layerNormGradRow(n, dx + at, dy + at, x + at, m, s, weight);
    }
  }
}
