// Attention with the system's BLAS: what lies between its products (src/devices/cpu/blasAttention.mjs). A block's scores
// are a matrix of some rows of queries and a column for every key, `step` bytes from row to row, scaled by log2(e).

import { keysInUse, LN2, LOG2E, LOST, LOWEST, Problem, scaledMask, Slot } from "./attention";
import { dot } from "./attentionGrad";
import { loadStrided, loadStridedTail, loadTail, maxLane, storeTail, sumLanes } from "./lanes";
import { exp2Below } from "./math";

/** Keys that queries before `stop` of a pair see, at most. */
export function keysSeen(problem: Problem, pair: i32, stop: i32): i32 {
  const n = keysInUse(problem, pair);
  return problem.causal ? max(0, min(n, problem.seenBy(stop - 1))) : n;
}

/** Keys that query `i` sees of the block's first `keys`. */
// @ts-ignore: decorator
@inline function seenOf(problem: Problem, i: i32, keys: i32): i32 {
  return problem.causal ? max(0, min(keys, problem.seenBy(i))) : keys;
}

/** Adds query `i`'s row of the mask. */
function addMask(problem: Problem, pair: i32, i: i32, n: i32, row: usize): void {
  const step = problem.maskKey;
  let mask = problem.maskAt(pair) + <usize>i * problem.maskQuery;
  let j = 0;
  for (; j + 4 <= n; j += 4, mask += 4 * step) {
    v128.store(row + j * 4, f32x4.add(scaledMask(loadStrided(mask, step)), v128.load(row + j * 4)));
  }
  if (j < n) {
    const rest = scaledMask(loadStridedTail(mask, step, n - j));
    storeTail(row + j * 4, f32x4.add(rest, loadTail(row + j * 4, n - j)), n - j);
  }
}

function largest(n: i32, row: usize): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    a = f32x4.pmax(a, v128.load(row + j * 4));
    b = f32x4.pmax(b, v128.load(row + j * 4, 16));
  }
  let top = maxLane(f32x4.pmax(a, b));
  for (; j < n; j++) top = max(top, load<f32>(row + j * 4));
  return top;
}

/** row = 2^(row - shift), with the sum of it. */
function exp2Row(n: i32, row: usize, shift: f32): f32 {
  const s = f32x4.splat(shift);
  let a = f32x4.splat(0);
  let b = a;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    const x = exp2Below(f32x4.sub(v128.load(row + j * 4), s));
    const y = exp2Below(f32x4.sub(v128.load(row + j * 4, 16), s));
    v128.store(row + j * 4, x);
    v128.store(row + j * 4, y, 16);
    a = f32x4.add(a, x);
    b = f32x4.add(b, y);
  }
  let sum = sumLanes(f32x4.add(a, b));
  for (; j < n; j++) {
    const x = f32x4.extract_lane(exp2Below(f32x4.splat(load<f32>(row + j * 4) - shift)), 0);
    store<f32>(row + j * 4, x);
    sum += x;
  }
  return sum;
}

/** The scores of queries first … first + count - 1 become weights, each row still to be divided by its sum. */
export function weighRows(
  problem: Problem, pair: i32, first: i32, count: i32, keys: i32, scores: usize, step: usize, sums: usize,
): void {
  const lse = problem.lse + (pair * problem.queries + first) * 4;
  for (let r = 0; r < count; r++) {
    const row = scores + r * step;
    const n = seenOf(problem, first + r, keys);
    if (problem.mask) addMask(problem, pair, first + r, n, row);
    const top = largest(n, row);
    const nothing = top == -Infinity;
    const from = nothing ? 0 : n;
    const sum = exp2Row(from, row, top);
    memory.fill(row + from * 4, 0, (keys - from) * 4);
    store<f32>(sums + r * 4, sum);
    store<f32>(lse + r * 4, nothing ? -Infinity : (top == LOWEST ? top : top * LN2) + <f32>NativeMath.log(sum));
  }
}

/** Divides rows of the result by their sums of weights; a row without weights stays 0. */
export function divideRows(problem: Problem, pair: i32, first: i32, count: i32, sums: usize): void {
  const size = problem.size;
  let y = problem.at(Slot.out, pair) + first * problem.step(Slot.out);
  for (let r = 0; r < count; r++, y += problem.step(Slot.out)) {
    const sum = load<f32>(sums + r * 4);
    const divisor = f32x4.splat(sum == 0 ? 1 : sum);
    let c = 0;
    for (; c + 4 <= size; c += 4) v128.store(y + c * 4, f32x4.div(v128.load(y + c * 4), divisor));
    if (c < size) storeTail(y + c * 4, f32x4.div(loadTail(y + c * 4, size - c), divisor), size - c);
  }
}

/** row - log2(sum(2^row)), where the row lost its scores to the mask: the logarithm that was left has lost the sum. */
function settle(n: i32, row: usize): void {
  const top = largest(n, row);
  let sum: f32 = 0;
  for (let j = 0; j < n; j++) {
    const below = load<f32>(row + j * 4) - top;
    store<f32>(row + j * 4, below);
    sum += f32x4.extract_lane(exp2Below(f32x4.splat(below)), 0);
  }
  const divisor = <f32>NativeMath.log2(sum);
  for (let j = 0; j < n; j++) store<f32>(row + j * 4, load<f32>(row + j * 4) - divisor);
}

/**
 * The scores become weights once more, from the logarithms that the forward pass left; dscores, which hold dout vᵀ, become
 * the scores' gradients: w (dout v - sum(dout * out)).
 */
export function gradRows(
  problem: Problem, pair: i32, first: i32, count: i32, keys: i32, scores: usize, dscores: usize, step: usize,
): void {
  const lse = problem.lse + (pair * problem.queries + first) * 4;
  let dout = problem.at(Slot.dout, pair) + first * problem.step(Slot.dout);
  let out = problem.at(Slot.out, pair) + first * problem.step(Slot.out);
  for (let r = 0; r < count; r++) {
    const w = scores + r * step;
    const ds = dscores + r * step;
    const l = load<f32>(lse + r * 4);
    const n = l == -Infinity ? 0 : seenOf(problem, first + r, keys);
    if (problem.mask) addMask(problem, pair, first + r, n, w);
    const isLost = l < LOST && n > 0;
    if (isLost) settle(n, w);
    const shift = f32x4.splat(isLost ? 0 : l * LOG2E);
    const delta = f32x4.splat(dot(problem.size, dout, out));
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const x = exp2Below(f32x4.sub(v128.load(w + j * 4), shift));
      v128.store(w + j * 4, x);
      v128.store(ds + j * 4, f32x4.mul(x, f32x4.sub(v128.load(ds + j * 4), delta)));
    }
    if (j < n) {
      const x = exp2Below(f32x4.sub(loadTail(w + j * 4, n - j), shift));
      storeTail(w + j * 4, x, n - j);
      storeTail(ds + j * 4, f32x4.mul(x, f32x4.sub(loadTail(ds + j * 4, n - j), delta)), n - j);
    }
    memory.fill(w + n * 4, 0, (keys - n) * 4);
    memory.fill(ds + n * 4, 0, (keys - n) * 4);
    dout += problem.step(Slot.dout);
    out += problem.step(Slot.out);
  }
}

/** Rows from `first` to `stop` of one of the problem's arrays become 0. */
export function clearRows(problem: Problem, operand: Slot, pair: i32, first: i32, stop: i32): void {
  const step = problem.step(operand);
  let row = problem.at(operand, pair) + first * step;
  for (let i = first; i < stop; i++, row += step) memory.fill(row, 0, problem.size * 4);
}
