// Softmax, log-softmax and layer normalisation: units are rows of n floats.

import { addWide, firstLanes, loadTail, madd, storeTail, sum2 } from "./lanes";
import { exp4 } from "./math";
import { largestRow, sumRow } from "./reduce";

/** out = exp(x - shift) with the sum of it; out may be x, or 0 where only the sum is wanted. */
function expRow(n: i32, out: usize, x: usize, shift: f32): f64 {
  const m = f32x4.splat(shift);
  let sum = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const y = exp4(f32x4.sub(v128.load(x + i * 4), m));
    if (out) v128.store(out + i * 4, y);
    sum = addWide(sum, y);
  }
  if (i < n) {
    const y = firstLanes(exp4(f32x4.sub(loadTail(x + i * 4, n - i), m)), f32x4.splat(0), n - i);
    if (out) storeTail(out + i * 4, y, n - i);
    sum = addWide(sum, y);
  }
  return sum2(sum);
}

/** x / divisor, in place. */
function divideRow(n: i32, x: usize, divisor: f32): void {
  const d = f32x4.splat(divisor);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(x + i * 4, f32x4.div(v128.load(x + i * 4), d));
  if (i < n) storeTail(x + i * 4, f32x4.div(loadTail(x + i * 4, n - i), d), n - i);
}

/** log(sum(exp(row))) */
export function logSumExpRow(n: i32, x: usize): f64 {
  const largest = largestRow(x, n);
  if (largest == -Infinity) return -Infinity;
  return largest + NativeMath.log(expRow(n, 0, x, largest));
}

export function softmax(begin: i32, end: i32, n: i32, out: usize, x: usize): void {
  for (let r = begin; r < end; r++) {
    const y = out + r * n * 4;
    const row = x + r * n * 4;
    const largest = largestRow(row, n);
    if (largest == -Infinity) {
      memory.fill(y, 0, n * 4);
      continue;
    }
    const sum = expRow(n, y, row, largest);
    divideRow(n, y, <f32>sum);
  }
}

/** sum(a * b) over a row, in double precision. */
function dotRow(n: i32, a: usize, b: usize): f64 {
  let sum = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) sum = addWide(sum, f32x4.mul(v128.load(a + i * 4), v128.load(b + i * 4)));
  if (i < n) sum = addWide(sum, f32x4.mul(loadTail(a + i * 4, n - i), loadTail(b + i * 4, n - i)));
  return sum2(sum);
}

export function softmaxGrad(begin: i32, end: i32, n: i32, dx: usize, y: usize, dy: usize): void {
  for (let r = begin; r < end; r++) {
    const at = <usize>(r * n) * 4;
    const dot = f32x4.splat(<f32>dotRow(n, y + at, dy + at));
    let i: usize = at;
    const stop = at + <usize>n * 4;
    for (; i + 16 <= stop; i += 16) {
      v128.store(dx + i, f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(dy + i), dot)));
    }
    if (i < stop) {
      const count = <i32>(stop - i) >> 2;
      storeTail(dx + i, f32x4.mul(loadTail(y + i, count), f32x4.sub(loadTail(dy + i, count), dot)), count);
    }
  }
}

export function logSoftmax(begin: i32, end: i32, n: i32, out: usize, x: usize): void {
  for (let r = begin; r < end; r++) {
    const row = x + r * n * 4;
    const y = out + r * n * 4;
    // In two steps: the sum's logarithm would drown in the largest element if it were added to it.
    const largest = largestRow(row, n);
    const rest: f64 = largest == -Infinity ? 0 : NativeMath.log(expRow(n, 0, row, largest));
    const m = f32x4.splat(largest);
    const s = f32x4.splat(<f32>rest);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      v128.store(y + i * 4, f32x4.sub(f32x4.sub(v128.load(row + i * 4), m), s));
    }
    if (i < n) storeTail(y + i * 4, f32x4.sub(f32x4.sub(loadTail(row + i * 4, n - i), m), s), n - i);
  }
}

export function logSoftmaxGrad(begin: i32, end: i32, n: i32, dx: usize, y: usize, dy: usize): void {
  for (let r = begin; r < end; r++) {
    const at = <usize>(r * n) * 4;
    const sum = f32x4.splat(<f32>sumRow(dy + at, n));
    let i: usize = at;
    const stop = at + <usize>n * 4;
    for (; i + 16 <= stop; i += 16) {
      v128.store(dx + i, f32x4.sub(v128.load(dy + i), f32x4.mul(exp4(v128.load(y + i)), sum)));
    }
    if (i < stop) {
      const count = <i32>(stop - i) >> 2;
      const value = f32x4.sub(loadTail(dy + i, count), f32x4.mul(exp4(loadTail(y + i, count)), sum));
      storeTail(dx + i, value, count);
    }
  }
}

// --- layer normalisation --------------------------------------------------------------------------

/** Elements of a row that are summed in single precision; their sums are added up in double. */
const STRETCH: i32 = 64;

/** sum((x - mean)^2) over a row. */
function squaresRow(n: i32, x: usize, mean: f32): f64 {
  const m = f32x4.splat(mean);
  let total = f64x2.splat(0);
  for (let first = 0; first < n; first += STRETCH) {
    const stop = min(first + STRETCH, n);
    let sum = f32x4.splat(0);
    let i = first;
    for (; i + 4 <= stop; i += 4) {
      const d = f32x4.sub(v128.load(x + i * 4), m);
      sum = madd(d, d, sum);
    }
    if (i < stop) {
      const d = firstLanes(f32x4.sub(loadTail(x + i * 4, n - i), m), f32x4.splat(0), n - i);
      sum = madd(d, d, sum);
    }
    total = addWide(total, sum);
  }
  return sum2(total);
}

/** weight and bias are 0 where there are none, mean and rstd where they are not wanted. */
export function layerNorm(
  begin: i32, end: i32, n: i32, out: usize, mean: usize, rstd: usize, x: usize, weight: usize, bias: usize, eps: f64,
): void {
  for (let r = begin; r < end; r++) {
    const row = x + r * n * 4;
    const y = out + r * n * 4;
    const mu = <f32>(sumRow(row, n) / n);
    const scale = <f32>(1 / sqrt(squaresRow(n, row, mu) / n + eps));
    if (mean) {
      store<f32>(mean + r * 4, mu);
      store<f32>(rstd + r * 4, scale);
    }
    const m = f32x4.splat(mu);
    const s = f32x4.splat(scale);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      let h = f32x4.mul(f32x4.sub(v128.load(row + i * 4), m), s);
      if (weight) h = f32x4.mul(h, v128.load(weight + i * 4));
      if (bias) h = f32x4.add(h, v128.load(bias + i * 4));
      v128.store(y + i * 4, h);
    }
    if (i < n) {
      let h = f32x4.mul(f32x4.sub(loadTail(row + i * 4, n - i), m), s);
      if (weight) h = f32x4.mul(h, loadTail(weight + i * 4, n - i));
      if (bias) h = f32x4.add(h, loadTail(bias + i * 4, n - i));
      storeTail(y + i * 4, h, n - i);
    }
  }
}

/** What the gradient of a row needs of all of it: the means of g and of g h. */
let meanG: f32 = 0;
let meanGH: f32 = 0;

function meansOfRow(n: i32, dy: usize, x: usize, mean: v128, rstd: v128, weight: usize): void {
  let sumG = f64x2.splat(0);
  let sumGH = f64x2.splat(0);
  for (let first = 0; first < n; first += STRETCH) {
    const stop = min(first + STRETCH, n);
    let shortG = f32x4.splat(0);
    let shortGH = f32x4.splat(0);
    let i = first;
    for (; i + 4 <= stop; i += 4) {
      let g = v128.load(dy + i * 4);
      if (weight) g = f32x4.mul(g, v128.load(weight + i * 4));
      shortG = f32x4.add(shortG, g);
      shortGH = madd(g, f32x4.mul(f32x4.sub(v128.load(x + i * 4), mean), rstd), shortGH);
    }
    if (i < stop) {
      let g = loadTail(dy + i * 4, n - i);
      if (weight) g = f32x4.mul(g, loadTail(weight + i * 4, n - i));
      shortG = f32x4.add(shortG, g);
      shortGH = madd(g, f32x4.mul(f32x4.sub(loadTail(x + i * 4, n - i), mean), rstd), shortGH);
    }
    sumG = addWide(sumG, shortG);
    sumGH = addWide(sumGH, shortGH);
  }
  meanG = <f32>(sum2(sumG) / n);
  meanGH = <f32>(sum2(sumGH) / n);
}

/** dx = rstd * (g - mean(g) - h * mean(g h)) with h the normalised row and g = dy * weight. */
function layerNormGradRow(n: i32, dx: usize, dy: usize, x: usize, mean: v128, rstd: v128, weight: usize): void {
  meansOfRow(n, dy, x, mean, rstd, weight);
  const a = f32x4.splat(meanG);
  const b = f32x4.splat(meanGH);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const h = f32x4.mul(f32x4.sub(v128.load(x + i * 4), mean), rstd);
    let g = v128.load(dy + i * 4);
    if (weight) g = f32x4.mul(g, v128.load(weight + i * 4));
    v128.store(dx + i * 4, f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, a), f32x4.mul(h, b))));
  }
  if (i < n) {
    const h = f32x4.mul(f32x4.sub(loadTail(x + i * 4, n - i), mean), rstd);
    let g = loadTail(dy + i * 4, n - i);
    if (weight) g = f32x4.mul(g, loadTail(weight + i * 4, n - i));
    storeTail(dx + i * 4, f32x4.mul(rstd, f32x4.sub(f32x4.sub(g, a), f32x4.mul(h, b))), n - i);
  }
}

/** weights += dy * h, biases += dy, element by element. */
function addWeightsRow(n: i32, weights: usize, biases: usize, dy: usize, x: usize, mean: v128, rstd: v128): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const g = v128.load(dy + i * 4);
    const h = f32x4.mul(f32x4.sub(v128.load(x + i * 4), mean), rstd);
    v128.store(weights + i * 4, madd(g, h, v128.load(weights + i * 4)));
    v128.store(biases + i * 4, f32x4.add(v128.load(biases + i * 4), g));
  }
  if (i < n) {
    const g = loadTail(dy + i * 4, n - i);
    const h = f32x4.mul(f32x4.sub(loadTail(x + i * 4, n - i), mean), rstd);
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
  for (let unit = begin; unit < end; unit++) {
    const sums = <usize>unit * n * 4;
    if (weights) {
      memory.fill(weights + sums, 0, n * 4);
      memory.fill(biases + sums, 0, n * 4);
    }
    const last = min(rows, (unit + 1) * height);
    for (let r = unit * height; r < last; r++) {
      const at = <usize>r * n * 4;
      const m = v128.load32_splat(mean + r * 4);
      const s = v128.load32_splat(rstd + r * 4);
      if (weights) addWeightsRow(n, weights + sums, biases + sums, dy + at, x + at, m, s);
      if (dx) layerNormGradRow(n, dx + at, dy + at, x + at, m, s, weight);
    }
  }
}
