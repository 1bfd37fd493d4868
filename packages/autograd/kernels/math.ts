// Elementary functions on four floats at once, within one or two units in the last place. The polynomials were
// fitted by weighted least squares, reweighted until the relative error was level (Lawson, 1961).

import { madd } from "./lanes";

// @ts-ignore: decorator
@inline function c(x: f32): v128 {
  return f32x4.splat(x);
}

/** 2^n for whole n from -126 to 127. */
// @ts-ignore: decorator
@inline function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * The functions' constants. They lie in memory, from which one instruction brings each into all lanes: engines make a vector's
 * constant anew each time round a loop, from several instructions.
 */
const EXP = memory.data<f32>([
  89, -104, 1.44269504, 12582912, -0.693359375, 2.12194440e-4, 0.0013950478751212358, 0.008368882350623608,
  0.04166620597243309, 0.1666651964187622, 0.5, 1,
]);
const EXP2 = memory.data<f32>([
  -127, 12582912, 0.001326472731307149, 0.009671512991189957, 0.05550733581185341, 0.24022242426872253, 0.6931470036506653, 1,
]);

const LOG = memory.data<f32>([
  1.17549435e-38, 8388608, 1, 0.0691542699933052, -0.1178983598947525, 0.11872964352369308, -0.12384343147277832,
  0.14218659698963165, -0.16669251024723053, 0.20002226531505585, -0.24999986588954926, 0.3333331048488617, -2.12194440e-4,
  -0.5, 0.693359375,
]);
const SIGMOID = memory.data<f32>([1]);
const TANH = memory.data<f32>([
  0.002147539984434843, -0.008182677440345287, 0.021702969446778297, -0.05394720286130905, 0.13333210349082947,
  -0.3333333134651184, 1, 2, 0.625,
]);
const NORMAL = memory.data<f32>([
  -0.7213475204444817, 5.5, 0.010211634291398791, 0.0878847453512256, 0.30091426254501896, 0.5, 0.025669820015636904,
  0.21890708985557042, 0.7925803145487986, 1.3997129972452491, 1,
]);
/** 1 / sqrt(2 pi) */
const DENSITY = memory.data<f32>([0.3989422804014327]);

/** Number i of a table, in all lanes. */
// @ts-ignore: decorator
@inline function at(table: usize, i: usize): v128 {
  return v128.load32_splat(table + i * 4);
}

/** exp(x) = 2^n exp(r) with |r| <= ln(2) / 2; 2^n in two factors, so that subnormal results come out right. */
// @ts-ignore: decorator
@inline export function exp4(x: v128): v128 {
  // pmin and pmax are one instruction, and let NaN through where x comes first.
  x = f32x4.pmax(f32x4.pmin(x, at(EXP, 0)), at(EXP, 1));
  // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
  const magic = at(EXP, 3);
  const shifted = madd(x, at(EXP, 2), magic);
  const whole = f32x4.sub(shifted, magic);
  // ln(2) in two parts, the first with few bits, so that whole * 0.693359375 is exact.
  let r = madd(whole, at(EXP, 4), x);
  r = madd(whole, at(EXP, 5), r);
  let p = madd(at(EXP, 6), r, at(EXP, 7));
  p = madd(p, r, at(EXP, 8));
  p = madd(p, r, at(EXP, 9));
  p = madd(p, r, at(EXP, 10));
  const y = f32x4.add(madd(f32x4.mul(r, r), p, r), at(EXP, 11));
  const n = i32x4.sub(shifted, magic);
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** 2^x for x up to 0 (or little above), in half the time of exp4; 0 from -127 down. */
// @ts-ignore: decorator
@inline export function exp2Below(x: v128): v128 {
  // At -127 the remainder is 0 and so are, after the shift, all bits of the result.
  x = f32x4.pmax(x, at(EXP2, 0));
  const magic = at(EXP2, 1);
  const shifted = f32x4.add(x, magic);
  const r = f32x4.sub(x, f32x4.sub(shifted, magic));
  let p = madd(at(EXP2, 2), r, at(EXP2, 3));
  p = madd(p, r, at(EXP2, 4));
  p = madd(p, r, at(EXP2, 5));
  p = madd(p, r, at(EXP2, 6));
  return i32x4.add(madd(p, r, at(EXP2, 7)), i32x4.shl(shifted, 23));
}

/** log(m 2^e) = log(m) + e ln(2), with m from sqrt(1/2) to sqrt(2). */
// @ts-ignore: decorator
@inline export function log4(x: v128): v128 {
  const subnormal = f32x4.lt(x, at(LOG, 0));
  const scaled = v128.bitselect(f32x4.mul(x, at(LOG, 1)), x, subnormal);
  const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const e = i32x4.sub(i32x4.shr_s(bits, 23), v128.and(subnormal, i32x4.splat(23)));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const f = f32x4.sub(m, at(LOG, 2));
  const exponent = f32x4.convert_i32x4_s(e);
  let p = madd(at(LOG, 3), f, at(LOG, 4));
  p = madd(p, f, at(LOG, 5));
  p = madd(p, f, at(LOG, 6));
  p = madd(p, f, at(LOG, 7));
  p = madd(p, f, at(LOG, 8));
  p = madd(p, f, at(LOG, 9));
  p = madd(p, f, at(LOG, 10));
  p = madd(p, f, at(LOG, 11));
  const square = f32x4.mul(f, f);
  let y = f32x4.mul(f32x4.mul(square, f), p);
  y = madd(exponent, at(LOG, 12), y);
  y = madd(square, at(LOG, 13), y);
  y = f32x4.add(f, y);
  y = madd(exponent, at(LOG, 14), y);
  // log(0) = -Infinity, log(Infinity) = Infinity, log of a negative number or NaN = NaN.
  y = v128.bitselect(c(-Infinity), y, f32x4.eq(x, c(0)));
  y = v128.bitselect(x, y, f32x4.eq(x, c(Infinity)));
  return v128.bitselect(c(NaN), y, v128.or(f32x4.lt(x, c(0)), f32x4.ne(x, x)));
}

// @ts-ignore: decorator
@inline export function sigmoid4(x: v128): v128 {
  return f32x4.div(at(SIGMOID, 0), f32x4.add(at(SIGMOID, 0), exp4(f32x4.neg(x))));
}

/** An odd polynomial near 0, where exp would cancel; `1 - 2 / (exp(2 |x|) + 1)` elsewhere. */
// @ts-ignore: decorator
@inline export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = madd(at(TANH, 0), z, at(TANH, 1));
  p = madd(p, z, at(TANH, 2));
  p = madd(p, z, at(TANH, 3));
  p = madd(p, z, at(TANH, 4));
  p = madd(p, z, at(TANH, 5));
  const near = madd(f32x4.mul(z, p), x, x);
  const far = f32x4.sub(at(TANH, 6), f32x4.div(at(TANH, 7), f32x4.add(exp4(f32x4.add(size, size)), at(TANH, 6))));
  // With the sign of x, also where that is 0.
  const y = v128.bitselect(near, far, f32x4.lt(size, at(TANH, 8)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

/** The normal density without its factor 1 / sqrt(2 pi): exp(-x^2 / 2). */
// @ts-ignore: decorator
@inline export function bell4(x: v128): v128 {
  return exp2Below(f32x4.mul(f32x4.mul(x, x), at(NORMAL, 0))); // log2(e) / 2
}

/** The normal distribution's cumulative function; `bell` is bell4(x). Its tail is bell * P(|x|) / Q(|x|). */
// @ts-ignore: decorator
@inline export function normalCdf4(x: v128, bell: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), at(NORMAL, 1));
  let p = madd(at(NORMAL, 2), a, at(NORMAL, 3));
  p = madd(p, a, at(NORMAL, 4));
  p = madd(p, a, at(NORMAL, 5));
  let q = madd(at(NORMAL, 6), a, at(NORMAL, 7));
  q = madd(q, a, at(NORMAL, 8));
  q = madd(q, a, at(NORMAL, 9));
  q = madd(q, a, at(NORMAL, 10));
  const tail = f32x4.mul(bell, f32x4.div(p, q));
  return v128.bitselect(tail, f32x4.sub(at(NORMAL, 10), tail), f32x4.lt(x, c(0)));
}

/** x times the normal distribution's cumulative function (Hendrycks & Gimpel, 2016). */
// @ts-ignore: decorator
@inline export function gelu4(x: v128): v128 {
  return f32x4.mul(x, normalCdf4(x, bell4(x)));
}

/** The derivative of gelu4, from what it is made of: normalCdf4(x) + x * density(x). */
// @ts-ignore: decorator
@inline export function geluSlopeOf(x: v128, bell: v128, cdf: v128): v128 {
  return madd(x, f32x4.mul(bell, v128.load32_splat(DENSITY)), cdf);
}

/** The derivative of gelu4. */
// @ts-ignore: decorator
@inline export function geluSlope4(x: v128): v128 {
  const bell = bell4(x);
  return geluSlopeOf(x, bell, normalCdf4(x, bell));
}

/** cos(2 pi u) and, shifted a quarter turn, sin(2 pi u), for u in [0, 1). */
// @ts-ignore: decorator
@inline export function cosTurn4(u: v128, shift: i32): v128 {
  const quarter = f32x4.nearest(f32x4.mul(u, c(4)));
  const r = f32x4.mul(f32x4.sub(u, f32x4.mul(quarter, c(0.25))), c(6.28318530718));
  const z = f32x4.mul(r, r);
  let s = madd(c(-0.0001951729936990887), z, c(0.008332177996635437));
  s = madd(s, z, c(-0.16666655242443085));
  s = madd(f32x4.mul(s, z), r, r);
  let k = madd(c(2.4438451873720624e-5), z, c(-0.001388736767694354));
  k = madd(k, z, c(0.04166664555668831));
  k = f32x4.add(madd(f32x4.mul(k, z), z, f32x4.mul(z, c(-0.5))), c(1));
  // cos of a quarter turn more is -sin, of a half turn more -cos.
  const turn = i32x4.add(i32x4.trunc_sat_f32x4_s(quarter), i32x4.splat(shift));
  const odd = i32x4.eq(v128.and(turn, i32x4.splat(1)), i32x4.splat(1));
  const negative = i32x4.shl(v128.and(i32x4.add(turn, i32x4.splat(1)), i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(s, k, odd), negative);
}
