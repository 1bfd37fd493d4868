import type { WgslSpec } from "../backend.ts";
import { ints } from "../kernel.ts";

/**
 * Kernels on rows, `[rows, n]`, in one run where gpu.js's take three to five: a group of 64 threads has a row, and shares
 * what it finds about the row through the group's memory.
 */

const THREADS = 64;

/** Groups along x, and along y where a GPU allows no more along x. */
export function rowGroups(rows: number): number[] {
  const deep = Math.ceil(rows / 65535);
  return [Math.ceil(rows / deep), deep, 1];
}

function code(params: string, read: readonly string[], written: readonly string[], body: string): string {
  const arrays = [...read.map((name) => `read> ${name}`), ...written.map((name) => `read_write> ${name}`)];
  return `
const THREADS = ${THREADS};
struct Params { rows: i32, n: i32, ${params} }
@group(0) @binding(0) var<uniform> p: Params;
${arrays.map((text, i) => `@group(0) @binding(${i + 1}) var<storage, ${text}: array<f32>;`).join("\n")}

var<workgroup> shared_: array<f32, THREADS>;

// The sum, or the largest, of what the group's threads have.
fn sumOf(value: f32, t: i32) -> f32 {
  shared_[t] = value;
  workgroupBarrier();
  for (var half = THREADS / 2; half > 0; half /= 2) {
    if (t < half) { shared_[t] += shared_[t + half]; }
    workgroupBarrier();
  }
  let result = shared_[0];
  workgroupBarrier();
  return result;
}

fn maxOf(value: f32, t: i32) -> f32 {
  shared_[t] = value;
  workgroupBarrier();
  for (var half = THREADS / 2; half > 0; half /= 2) {
    if (t < half) { shared_[t] = max(shared_[t], shared_[t + half]); }
    workgroupBarrier();
  }
  let result = shared_[0];
  workgroupBarrier();
  return result;
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) number: u32,
) {
  let row = i32(group.x + group.y * groups.x);
  let t = i32(number);
  if (row >= p.rows) { return; }
${body}
}`;
}

/** x -> softmax(x); a row of nothing but -Infinity gives zeros. */
export const SOFTMAX: WgslSpec = {
  name: "softmax (row by row)",
  numbers: ints(3),
  code: code(
    "xAt: i32",
    ["x"],
    ["y"],
    `
  let start = p.xAt + row * p.n;
  // No lower, as -Infinity less itself would be NaN.
  var most = -3.4028234663852886e38;
  for (var i = t; i < p.n; i += THREADS) { most = max(most, x[start + i]); }
  most = maxOf(most, t);
  var total = 0.0;
  for (var i = t; i < p.n; i += THREADS) { total += exp(x[start + i] - most); }
  total = sumOf(total, t);
  for (var i = t; i < p.n; i += THREADS) {
    var value = 0.0;
    if (total != 0.0) { value = exp(x[start + i] - most) / total; }
    y[row * p.n + i] = value;
  }`,
  ),
};

/** y, dy -> dx = y * (dy - sum(dy * y)). */
export const SOFTMAX_GRAD: WgslSpec = {
  name: "softmax gradient (row by row)",
  numbers: ints(4),
  code: code(
    "yAt: i32, dyAt: i32",
    ["y", "dy"],
    ["dx"],
    `
  let start = row * p.n;
  var dot = 0.0;
  for (var i = t; i < p.n; i += THREADS) { dot += y[p.yAt + start + i] * dy[p.dyAt + start + i]; }
  dot = sumOf(dot, t);
  for (var i = t; i < p.n; i += THREADS) {
    dx[start + i] = y[p.yAt + start + i] * (dy[p.dyAt + start + i] - dot);
  }`,
  ),
};

/** x, weight, bias -> out, mean, rstd. Where there is no weight or bias, `weighted` or `shifted` is 0. */
export const LAYER_NORM: WgslSpec = {
  name: "layerNorm (row by row)",
  numbers: [...ints(7), "float"],
  code: code(
    "xAt: i32, weightAt: i32, biasAt: i32, weighted: i32, shifted: i32, eps: f32",
    ["x", "weight", "bias"],
    ["y", "means", "rstds"],
    `
  let start = p.xAt + row * p.n;
  var sum = 0.0;
  for (var i = t; i < p.n; i += THREADS) { sum += x[start + i]; }
  let mean = sumOf(sum, t) / f32(p.n);
  var squares = 0.0;
  for (var i = t; i < p.n; i += THREADS) {
    let deviation = x[start + i] - mean;
    squares += deviation * deviation;
  }
  let rstd = 1.0 / sqrt(sumOf(squares, t) / f32(p.n) + p.eps);
  for (var i = t; i < p.n; i += THREADS) {
    var value = (x[start + i] - mean) * rstd;
    if (p.weighted == 1) { value *= weight[p.weightAt + i]; }
    if (p.shifted == 1) { value += bias[p.biasAt + i]; }
    y[row * p.n + i] = value;
  }
  if (t == 0) {
    means[row] = mean;
    rstds[row] = rstd;
  }`,
  ),
};

/** dy, x, mean, rstd, weight -> dx = rstd * (g - mean(g) - h * mean(g * h)), with h the normalised row, g = dy * weight. */
export const LAYER_NORM_GRAD: WgslSpec = {
  name: "layerNorm gradient (row by row)",
  numbers: ints(8),
  code: code(
    "dyAt: i32, xAt: i32, meanAt: i32, rstdAt: i32, weightAt: i32, weighted: i32",
    ["dy", "x", "means", "rstds", "weight"],
    ["dx"],
    `
  let start = row * p.n;
  let mean = means[p.meanAt + row];
  let rstd = rstds[p.rstdAt + row];
  var sum = 0.0;
  var sumWithRow = 0.0;
  for (var i = t; i < p.n; i += THREADS) {
    var g = dy[p.dyAt + start + i];
    if (p.weighted == 1) { g *= weight[p.weightAt + i]; }
    sum += g;
    sumWithRow += g * (x[p.xAt + start + i] - mean) * rstd;
  }
  sum = sumOf(sum, t) / f32(p.n);
  sumWithRow = sumOf(sumWithRow, t) / f32(p.n);
  for (var i = t; i < p.n; i += THREADS) {
    var g = dy[p.dyAt + start + i];
    if (p.weighted == 1) { g *= weight[p.weightAt + i]; }
    dx[start + i] = rstd * (g - sum - (x[p.xAt + start + i] - mean) * rstd * sumWithRow);
  }`,
  ),
};
