// The inner loop of a matrix product: a block of sums that stay in registers while a panel of each operand goes by.

import { WIDENED } from "./build";
import { madd, put8 } from "./lanes";

// With a fused multiply-add 6 x 8 sums, 2 columns of b and one splat of a fill the 15 registers that V8 gives out;
// without, the product needs one more. Widened, a register holds twice as much.
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
export const NR: i32 = WIDENED ? 16 : 8;

/** c (4 x 8, rows `step` bytes apart) = or += a panel of a times a panel of b. */
function block4x8(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const stop = a + <usize>depth * 16;
  for (; a != stop; a += 16, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
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
  }
  put8(c, c00, c01, add);
  put8(c + step, c10, c11, add);
  put8(c + 2 * step, c20, c21, add);
  put8(c + 3 * step, c30, c31, add);
}

/** The same with 6 x 8. */
function block6x8(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  let c50 = c00;
  let c51 = c00;
  const stop = a + <usize>depth * 24;
  for (; a != stop; a += 24, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
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
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
  }
  put8(c, c00, c01, add);
  put8(c + step, c10, c11, add);
  put8(c + 2 * step, c20, c21, add);
  put8(c + 3 * step, c30, c31, add);
  put8(c + 4 * step, c40, c41, add);
  put8(c + 5 * step, c50, c51, add);
}

/**
 * The same with 6 x 16, for engines that join two neighbouring vectors to one of 256 bits: 12 sums, 2 columns of b and one
 * splat of a. `add` has to be known when this is compiled: a branch between the sums and their stores would keep V8 from
 * joining them.
 */
// @ts-ignore: decorator
@inline function block6x16(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c02 = c00;
  let c03 = c00;
  let c10 = c00;
  let c11 = c00;
  let c12 = c00;
  let c13 = c00;
  let c20 = c00;
  let c21 = c00;
  let c22 = c00;
  let c23 = c00;
  let c30 = c00;
  let c31 = c00;
  let c32 = c00;
  let c33 = c00;
  let c40 = c00;
  let c41 = c00;
  let c42 = c00;
  let c43 = c00;
  let c50 = c00;
  let c51 = c00;
  let c52 = c00;
  let c53 = c00;
  const stop = a + <usize>depth * 24;
  for (; a != stop; a += 24, b += 64) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    c02 = madd(x, b2, c02);
    c03 = madd(x, b3, c03);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    c12 = madd(x, b2, c12);
    c13 = madd(x, b3, c13);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    c22 = madd(x, b2, c22);
    c23 = madd(x, b3, c23);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    c32 = madd(x, b2, c32);
    c33 = madd(x, b3, c33);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    c42 = madd(x, b2, c42);
    c43 = madd(x, b3, c43);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    c52 = madd(x, b2, c52);
    c53 = madd(x, b3, c53);
  }
  put8(c, c00, c01, add);
  put8(c + 32, c02, c03, add);
  put8(c + step, c10, c11, add);
  put8(c + step + 32, c12, c13, add);
  put8(c + 2 * step, c20, c21, add);
  put8(c + 2 * step + 32, c22, c23, add);
  put8(c + 3 * step, c30, c31, add);
  put8(c + 3 * step + 32, c32, c33, add);
  put8(c + 4 * step, c40, c41, add);
  put8(c + 4 * step + 32, c42, c43, add);
  put8(c + 5 * step, c50, c51, add);
  put8(c + 5 * step + 32, c52, c53, add);
}

function put6x16(depth: i32, a: usize, b: usize, c: usize, step: usize): void {
  block6x16(depth, a, b, c, step, false);
}

function add6x16(depth: i32, a: usize, b: usize, c: usize, step: usize): void {
  block6x16(depth, a, b, c, step, true);
}

/** c (MR x NR, rows `step` bytes apart) = or += a panel of a times a panel of b. */
// @ts-ignore: decorator
@inline export function block(depth: i32, a: usize, b: usize, c: usize, step: usize, add: bool): void {
  if (WIDENED) {
    if (add) add6x16(depth, a, b, c, step);
    else put6x16(depth, a, b, c, step);
  } else if (ASC_FEATURE_RELAXED_SIMD) block6x8(depth, a, b, c, step, add);
  else block4x8(depth, a, b, c, step, add);
}
