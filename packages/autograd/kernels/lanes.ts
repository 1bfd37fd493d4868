// Vectors of four floats, and the odd elements at a row's end. A row's tail goes through the same vector
// arithmetic as its body, so that an element's value does not depend on where a loop was cut for a thread.

/** a * b + c; rounded once where the processor can and the build allows it. */
// @ts-ignore: decorator
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The first `count` (1 to 3) elements at `p`; the other lanes are 0. */
export function loadTail(p: usize, count: i32): v128 {
  let x = v128.load32_zero(p);
  if (count > 1) x = v128.replace_lane<f32>(x, 1, load<f32>(p, 4));
  if (count > 2) x = v128.replace_lane<f32>(x, 2, load<f32>(p, 8));
  return x;
}

export function storeTail(p: usize, x: v128, count: i32): void {
  store<f32>(p, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(p, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(p, f32x4.extract_lane(x, 2), 8);
}

/** Four elements `stride` bytes apart. */
// @ts-ignore: decorator
@inline export function loadStrided(p: usize, stride: usize): v128 {
  if (stride == 4) return v128.load(p);
  if (stride == 0) return v128.load32_splat(p);
  let x = v128.load32_zero(p);
  x = v128.load_lane<f32>(p + stride, x, 1);
  x = v128.load_lane<f32>(p + 2 * stride, x, 2);
  return v128.load_lane<f32>(p + 3 * stride, x, 3);
}

/** The first `count` (1 to 3) of elements `stride` bytes apart; the other lanes repeat the first. */
export function loadStridedTail(p: usize, stride: usize, count: i32): v128 {
  let x = v128.load32_splat(p);
  if (count > 1) x = v128.replace_lane<f32>(x, 1, load<f32>(p + stride));
  if (count > 2) x = v128.replace_lane<f32>(x, 2, load<f32>(p + 2 * stride));
  return x;
}

/** Lanes 0 … count - 1 from x, the others from `other`. */
export function firstLanes(x: v128, other: v128, count: i32): v128 {
  const lane = i32x4(0, 1, 2, 3);
  return v128.bitselect(x, other, i32x4.lt_s(lane, i32x4.splat(count)));
}

// @ts-ignore: decorator
@inline export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
}

// @ts-ignore: decorator
@inline export function sum2(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Sums in double precision: long rows lose nothing, whatever their length. */
// @ts-ignore: decorator
@inline export function addWide(sum: v128, x: v128): v128 {
  return f64x2.add(sum, f64x2.add(low(x), high(x)));
}

// @ts-ignore: decorator
@inline export function maxLane(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  );
}

// @ts-ignore: decorator
@inline export function sumLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2) + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3))
  );
}

/** Four sums of four lanes each, as one vector. */
// @ts-ignore: decorator
@inline export function sumEach(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const low = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const high = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(low, high, 0, 2), v128.shuffle<i64>(low, high, 1, 3));
}

/** Eight floats, stored or added to what is there. Nothing stands between the two stores: only then does V8 join them. */
// @ts-ignore: decorator
@inline export function put8(c: usize, x: v128, y: v128, add: bool): void {
  if (add) {
    x = f32x4.add(v128.load(c), x);
    y = f32x4.add(v128.load(c, 16), y);
  }
  v128.store(c, x);
  v128.store(c, y, 16);
}

/** Four rows of four floats as columns: `to` gets the first of each row, `to + step` the second, and so on. */
// @ts-ignore: decorator
@inline export function storeTransposed(to: usize, step: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(to + step, v128.shuffle<i64>(low01, low23, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<i64>(high01, high23, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<i64>(high01, high23, 1, 3));
}
