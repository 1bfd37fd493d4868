// One step of a recurrent layer's cells, between its products.

import { loadTail, madd, storeTail } from "./lanes";
import { sigmoid4, tanh4 } from "./math";

// @ts-ignore: decorator
@inline function take(p: usize, count: i32): v128 {
  return count == 4 ? v128.load(p) : loadTail(p, count);
}

// @ts-ignore: decorator
@inline function put(p: usize, x: v128, count: i32): void {
  if (count == 4) v128.store(p, x);
  else storeTail(p, x, count);
}

/** Units are rows: of gates [4 n], which become what they let through, and of before, c and h [n]. */
export function lstmGates(begin: i32, end: i32, n: i32, h: usize, c: usize, gates: usize, before: usize): void {
  const part = <usize>n * 4;
  for (let row = begin; row < end; row++) {
    for (let i = 0; i < n; i += 4) {
      const count = min(4, n - i);
      const at = (<usize>row * n + i) * 4;
      const gate = gates + (<usize>row * 4 * n + i) * 4;
      const input = sigmoid4(take(gate, count));
      const forget = sigmoid4(take(gate + part, count));
      const candidate = tanh4(take(gate + 2 * part, count));
      const output = sigmoid4(take(gate + 3 * part, count));
      const cell = madd(forget, take(before + at, count), f32x4.mul(input, candidate));
      put(gate, input, count);
      put(gate + part, forget, count);
      put(gate + 2 * part, candidate, count);
      put(gate + 3 * part, output, count);
      put(c + at, cell, count);
      put(h + at, f32x4.mul(output, tanh4(cell)), count);
    }
  }
}

/** Its gradient, with what `lstmGates` left in gates. dc comes in as that of c, and goes out as that of before. */
export function lstmGatesGrad(
  begin: i32, end: i32, n: i32, dgates: usize, dc: usize, dh: usize, gates: usize, c: usize, before: usize,
): void {
  const part = <usize>n * 4;
  const one = f32x4.splat(1);
  for (let row = begin; row < end; row++) {
    for (let i = 0; i < n; i += 4) {
      const count = min(4, n - i);
      const at = (<usize>row * n + i) * 4;
      const first = (<usize>row * 4 * n + i) * 4;
      const gate = gates + first;
      const to = dgates + first;
      const input = take(gate, count);
      const forget = take(gate + part, count);
      const candidate = take(gate + 2 * part, count);
      const output = take(gate + 3 * part, count);
      const seen = tanh4(take(c + at, count));
      const g = take(dh + at, count);
      const through = f32x4.mul(g, output);
      const gc = f32x4.add(take(dc + at, count), f32x4.mul(through, f32x4.sub(one, f32x4.mul(seen, seen))));
      const slope = f32x4.mul(output, f32x4.sub(one, output));
      put(to + 3 * part, f32x4.mul(f32x4.mul(g, seen), slope), count);
      put(to, f32x4.mul(f32x4.mul(gc, candidate), f32x4.mul(input, f32x4.sub(one, input))), count);
      put(to + part, f32x4.mul(f32x4.mul(gc, take(before + at, count)), f32x4.mul(forget, f32x4.sub(one, forget))), count);
      put(to + 2 * part, f32x4.mul(f32x4.mul(gc, input), f32x4.sub(one, f32x4.mul(candidate, candidate))), count);
      put(dc + at, f32x4.mul(gc, forget), count);
    }
  }
}
