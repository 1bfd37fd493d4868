// y = op(x) over flat arrays: units are elements. The op is known when the loop is compiled, once for each.

import { WIDENED } from "./build";
import { loadStrided, loadStridedTail, loadTail, madd, put8, storeTail } from "./lanes";
import { exp4, gelu4, geluSlope4, log4, sigmoid4, tanh4 } from "./math";

const enum Unary {
  affine, abs, sign, exp, log, sqrt, rsqrt, reciprocal, pow, sin, cos, tanh, sigmoid, relu, leakyRelu, gelu, geluTanh,
  silu, clamp, floor, round, div, softsign,
}

// @ts-ignore: decorator
@inline function c(x: f32): v128 {
  return f32x4.splat(x);
}

const GELU_SCALE: f32 = 0.7978845608028654; // sqrt(2 / pi)
const GELU_CUBIC: f32 = 0.044715;

/** Twice the argument of GELU's tanh: (1 + tanh(u)) / 2 = sigmoid(2 u), which does not cancel. */
// @ts-ignore: decorator
@inline function geluInner(x: v128): v128 {
  const square = f32x4.mul(x, x);
  return f32x4.mul(f32x4.mul(c(2 * GELU_SCALE), x), madd(square, c(GELU_CUBIC), c(1)));
}

/** For functions without a vector form: each lane by itself. */
// @ts-ignore: decorator
@inline function lanes(f: i32, x: v128, a: f32): v128 {
  let y = x;
  y = f32x4.replace_lane(y, 0, scalar(f, f32x4.extract_lane(x, 0), a));
  y = f32x4.replace_lane(y, 1, scalar(f, f32x4.extract_lane(x, 1), a));
  y = f32x4.replace_lane(y, 2, scalar(f, f32x4.extract_lane(x, 2), a));
  return f32x4.replace_lane(y, 3, scalar(f, f32x4.extract_lane(x, 3), a));
}

// @ts-ignore: decorator
@inline function isVector(f: i32): bool {
  return f != Unary.sin && f != Unary.cos && f != Unary.pow;
}

// @ts-ignore: decorator
@inline function scalar(f: i32, x: f32, a: f32): f32 {
  if (f == Unary.sin) return Mathf.sin(x);
  if (f == Unary.cos) return Mathf.cos(x);
  return pow32(x, a);
}

function pow32(x: f32, a: f32): f32 {
  // IEEE 754's rule, where ECMAScript's is NaN.
  if (x == 1 || (x == -1 && abs(a) == Infinity)) return 1;
  return Mathf.pow(x, a);
}

// @ts-ignore: decorator
@inline function apply(op: i32, x: v128, a: f32, b: f32): v128 {
  if (op == Unary.affine) return f32x4.add(f32x4.mul(x, c(a)), c(b));
  if (op == Unary.div) return f32x4.div(x, c(a));
  if (op == Unary.abs) return f32x4.abs(x);
  if (op == Unary.sign) {
    const positive = v128.and(f32x4.gt(x, c(0)), c(1));
    const negative = v128.and(f32x4.lt(x, c(0)), c(-1));
    return v128.bitselect(x, v128.or(positive, negative), f32x4.ne(x, x));
  }
  if (op == Unary.exp) return exp4(x);
  if (op == Unary.log) return log4(x);
  if (op == Unary.sqrt) return f32x4.sqrt(x);
  if (op == Unary.rsqrt) return f32x4.div(c(1), f32x4.sqrt(x));
  if (op == Unary.reciprocal) return f32x4.div(c(1), x);
  if (op == Unary.tanh) return tanh4(x);
  if (op == Unary.sigmoid) return sigmoid4(x);
  if (op == Unary.relu) return f32x4.pmax(x, c(0));
  if (op == Unary.leakyRelu) return v128.bitselect(f32x4.mul(x, c(a)), x, f32x4.lt(x, c(0)));
  if (op == Unary.gelu) return gelu4(x);
  if (op == Unary.geluTanh) return f32x4.mul(x, sigmoid4(geluInner(x)));
  if (op == Unary.silu) return f32x4.mul(x, sigmoid4(x));
  if (op == Unary.clamp) return f32x4.pmin(f32x4.pmax(x, c(a)), c(b));
  if (op == Unary.softsign) return f32x4.div(x, f32x4.add(c(1), f32x4.abs(x)));
  if (op == Unary.floor) return f32x4.floor(x);
  if (op == Unary.round) return f32x4.nearest(x);
  return lanes(op, x, a);
}

// @ts-ignore: decorator
@inline function loop(op: i32, begin: i32, end: i32, out: usize, x: usize, a: f32, b: f32): void {
  let i = begin;
  if (WIDENED && isVector(op)) {
    for (; i + 8 <= end; i += 8) {
      const first = apply(op, v128.load(x + i * 4), a, b);
      put8(out + i * 4, first, apply(op, v128.load(x + i * 4, 16), a, b), false);
    }
  }
  for (; i + 4 <= end; i += 4) v128.store(out + i * 4, apply(op, v128.load(x + i * 4), a, b));
  if (i < end) storeTail(out + i * 4, apply(op, loadTail(x + i * 4, end - i), a, b), end - i);
}

export function unary(begin: i32, end: i32, op: Unary, out: usize, x: usize, a: f32, b: f32): void {
  switch (op) {
    case Unary.affine: return loop(Unary.affine, begin, end, out, x, a, b);
    case Unary.abs: return loop(Unary.abs, begin, end, out, x, a, b);
    case Unary.sign: return loop(Unary.sign, begin, end, out, x, a, b);
    case Unary.exp: return loop(Unary.exp, begin, end, out, x, a, b);
    case Unary.log: return loop(Unary.log, begin, end, out, x, a, b);
    case Unary.sqrt: return loop(Unary.sqrt, begin, end, out, x, a, b);
    case Unary.rsqrt: return loop(Unary.rsqrt, begin, end, out, x, a, b);
    case Unary.reciprocal: return loop(Unary.reciprocal, begin, end, out, x, a, b);
    case Unary.pow: return loop(Unary.pow, begin, end, out, x, a, b);
    case Unary.sin: return loop(Unary.sin, begin, end, out, x, a, b);
    case Unary.cos: return loop(Unary.cos, begin, end, out, x, a, b);
    case Unary.tanh: return loop(Unary.tanh, begin, end, out, x, a, b);
    case Unary.sigmoid: return loop(Unary.sigmoid, begin, end, out, x, a, b);
    case Unary.relu: return loop(Unary.relu, begin, end, out, x, a, b);
    case Unary.leakyRelu: return loop(Unary.leakyRelu, begin, end, out, x, a, b);
    case Unary.softsign: return loop(Unary.softsign, begin, end, out, x, a, b);
    case Unary.gelu: return loop(Unary.gelu, begin, end, out, x, a, b);
    case Unary.geluTanh: return loop(Unary.geluTanh, begin, end, out, x, a, b);
    case Unary.silu: return loop(Unary.silu, begin, end, out, x, a, b);
    case Unary.clamp: return loop(Unary.clamp, begin, end, out, x, a, b);
    case Unary.floor: return loop(Unary.floor, begin, end, out, x, a, b);
    case Unary.div: return loop(Unary.div, begin, end, out, x, a, b);
    default: return loop(Unary.round, begin, end, out, x, a, b);
  }
}

/** affine, abs, sign and clamp on int32. a and b are doubles, as the caller gave them: bounds need not be whole. */
export function unaryInt(begin: i32, end: i32, op: Unary, out: usize, x: usize, a: f64, b: f64): void {
  for (let i = begin; i < end; i++) {
    const value = load<i32>(x + i * 4);
    if (op == Unary.affine) {
      store<i32>(out + i * 4, value * <i32><i64>a + <i32><i64>b);
      continue;
    }
    let y = <f64>value;
    if (op == Unary.abs) y = abs(y);
    else if (op == Unary.sign) y = <f64>(i32(value > 0) - i32(value < 0));
    else y = min(max(y, a), b);
    // Wraps like a store into an Int32Array.
    store<i32>(out + i * 4, <i32><i64>y);
  }
}

// --- derivatives ----------------------------------------------------------------------------------

const enum UnaryGrad { tanh, sigmoid, relu, gelu, geluTanh, silu }

// @ts-ignore: decorator
@inline function slope(op: i32, s: v128): v128 {
  const one = c(1);
  if (op == UnaryGrad.tanh) return f32x4.sub(one, f32x4.mul(s, s));
  if (op == UnaryGrad.sigmoid) return f32x4.mul(s, f32x4.sub(one, s));
  if (op == UnaryGrad.gelu) return geluSlope4(s);
  if (op == UnaryGrad.geluTanh) {
    const y = sigmoid4(geluInner(s));
    const innerSlope = f32x4.mul(c(2 * GELU_SCALE), madd(f32x4.mul(s, s), c(3 * GELU_CUBIC), one));
    return madd(f32x4.mul(s, innerSlope), f32x4.mul(y, f32x4.sub(one, y)), y);
  }
  const y = sigmoid4(s);
  return f32x4.mul(y, madd(s, f32x4.sub(one, y), one));
}

/** What comes of a gradient: where relu is flat nothing passes, not even an infinity. */
// @ts-ignore: decorator
@inline function passed(op: i32, s: v128, dy: v128): v128 {
  if (op == UnaryGrad.relu) return v128.andnot(dy, f32x4.le(s, c(0)));
  return f32x4.mul(slope(op, s), dy);
}

// @ts-ignore: decorator
@inline function gradLoop(op: i32, begin: i32, end: i32, dx: usize, saved: usize, dy: usize): void {
  let i = begin;
  if (WIDENED) {
    for (; i + 8 <= end; i += 8) {
      const d0 = passed(op, v128.load(saved + i * 4), v128.load(dy + i * 4));
      put8(dx + i * 4, d0, passed(op, v128.load(saved + i * 4, 16), v128.load(dy + i * 4, 16)), false);
    }
  }
  for (; i + 4 <= end; i += 4) {
    v128.store(dx + i * 4, passed(op, v128.load(saved + i * 4), v128.load(dy + i * 4)));
  }
  if (i < end) {
    const y = passed(op, loadTail(saved + i * 4, end - i), loadTail(dy + i * 4, end - i));
    storeTail(dx + i * 4, y, end - i);
  }
}

export function unaryGrad(begin: i32, end: i32, op: UnaryGrad, dx: usize, saved: usize, dy: usize): void {
  switch (op) {
    case UnaryGrad.tanh: return gradLoop(UnaryGrad.tanh, begin, end, dx, saved, dy);
    case UnaryGrad.sigmoid: return gradLoop(UnaryGrad.sigmoid, begin, end, dx, saved, dy);
    case UnaryGrad.relu: return gradLoop(UnaryGrad.relu, begin, end, dx, saved, dy);
    case UnaryGrad.gelu: return gradLoop(UnaryGrad.gelu, begin, end, dx, saved, dy);
    case UnaryGrad.geluTanh: return gradLoop(UnaryGrad.geluTanh, begin, end, dx, saved, dy);
    default: return gradLoop(UnaryGrad.silu, begin, end, dx, saved, dy);
  }
}

/** Four bytes repeated, whatever their type. */
export function fill(begin: i32, end: i32, out: usize, bits: i32): void {
  const x = i32x4.splat(bits);
  let i = begin;
  for (; i + 4 <= end; i += 4) v128.store(out + i * 4, x);
  for (; i < end; i++) store<i32>(out + i * 4, bits);
}

// --- two operands ---------------------------------------------------------------------------------

const enum Binary { add, sub, mul, div, pow, maximum, minimum, eq, ne, lt, le, gt, ge }

// @ts-ignore: decorator
@inline function combine(op: i32, a: v128, b: v128): v128 {
  if (op == Binary.add) return f32x4.add(a, b);
  if (op == Binary.sub) return f32x4.sub(a, b);
  if (op == Binary.mul) return f32x4.mul(a, b);
  if (op == Binary.div) return f32x4.div(a, b);
  if (op == Binary.maximum) return f32x4.max(a, b);
  if (op == Binary.minimum) return f32x4.min(a, b);
  const one = i32x4.splat(1);
  if (op == Binary.eq) return v128.and(one, f32x4.eq(a, b));
  if (op == Binary.ne) return v128.and(one, f32x4.ne(a, b));
  if (op == Binary.lt) return v128.and(one, f32x4.lt(a, b));
  if (op == Binary.le) return v128.and(one, f32x4.le(a, b));
  if (op == Binary.gt) return v128.and(one, f32x4.gt(a, b));
  if (op == Binary.ge) return v128.and(one, f32x4.ge(a, b));
  let y = a;
  y = f32x4.replace_lane(y, 0, pow32(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
  y = f32x4.replace_lane(y, 1, pow32(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
  y = f32x4.replace_lane(y, 2, pow32(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
  return f32x4.replace_lane(y, 3, pow32(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
}

/** One row: out has stride 1; a and b any stride (in bytes), most often 4 or 0. */
// @ts-ignore: decorator
@inline function row(op: i32, n: i32, out: usize, a: usize, sa: usize, b: usize, sb: usize): void {
  let i = 0;
  if (sa == 4 && sb == 4) {
    if (WIDENED && op != Binary.pow) {
      for (; i + 8 <= n; i += 8) {
        const first = combine(op, v128.load(a + i * 4), v128.load(b + i * 4));
        put8(out + i * 4, first, combine(op, v128.load(a + i * 4, 16), v128.load(b + i * 4, 16)), false);
      }
    }
    for (; i + 4 <= n; i += 4) v128.store(out + i * 4, combine(op, v128.load(a + i * 4), v128.load(b + i * 4)));
  } else {
    for (; i + 4 <= n; i += 4) {
      v128.store(out + i * 4, combine(op, loadStrided(a + i * sa, sa), loadStrided(b + i * sb, sb)));
    }
  }
  if (i < n) {
    const left = n - i;
    storeTail(out + i * 4, combine(op, loadStridedTail(a + i * sa, sa, left), loadStridedTail(b + i * sb, sb, left)), left);
  }
}

function binaryRow(op: i32, n: i32, out: usize, a: usize, sa: usize, b: usize, sb: usize): void {
  switch (op) {
    case Binary.add: return row(Binary.add, n, out, a, sa, b, sb);
    case Binary.sub: return row(Binary.sub, n, out, a, sa, b, sb);
    case Binary.mul: return row(Binary.mul, n, out, a, sa, b, sb);
    case Binary.div: return row(Binary.div, n, out, a, sa, b, sb);
    case Binary.pow: return row(Binary.pow, n, out, a, sa, b, sb);
    case Binary.maximum: return row(Binary.maximum, n, out, a, sa, b, sb);
    case Binary.minimum: return row(Binary.minimum, n, out, a, sa, b, sb);
    case Binary.eq: return row(Binary.eq, n, out, a, sa, b, sb);
    case Binary.ne: return row(Binary.ne, n, out, a, sa, b, sb);
    case Binary.lt: return row(Binary.lt, n, out, a, sa, b, sb);
    case Binary.le: return row(Binary.le, n, out, a, sa, b, sb);
    case Binary.gt: return row(Binary.gt, n, out, a, sa, b, sb);
    default: return row(Binary.ge, n, out, a, sa, b, sb);
  }
}

function binaryIntRow(op: i32, n: i32, out: usize, a: usize, sa: usize, b: usize, sb: usize): void {
  for (let i = 0; i < n; i++) {
    const x = load<i32>(a + i * sa);
    const y = load<i32>(b + i * sb);
    let z: i32;
    switch (op) {
      case Binary.add: z = x + y; break;
      case Binary.sub: z = x - y; break;
      case Binary.mul: z = x * y; break;
      // Like a store of the quotient into an Int32Array: 0 for a division by zero.
      case Binary.div: z = y == 0 ? 0 : y == -1 ? -x : x / y; break;
      case Binary.pow: z = <i32><i64>NativeMath.pow(<f64>x, <f64>y); break;
      case Binary.maximum: z = max(x, y); break;
      case Binary.minimum: z = min(x, y); break;
      case Binary.eq: z = i32(x == y); break;
      case Binary.ne: z = i32(x != y); break;
      case Binary.lt: z = i32(x < y); break;
      case Binary.le: z = i32(x <= y); break;
      case Binary.gt: z = i32(x > y); break;
      default: z = i32(x >= y); break;
    }
    store<i32>(out + i * 4, z);
  }
}

/**
 * Byte offset of a row in an operand. A description of the axes, outermost first, lies at `axes`: their number (without
 * the innermost), their sizes, then for each operand its strides in bytes, the innermost's last.
 */
export function rowOffset(rowIndex: i32, axes: usize, operand: i32): usize {
  const rank = load<i32>(axes);
  const strides = axes + 4 * (1 + rank + operand * (rank + 1));
  let offset: usize = 0;
  let rest = rowIndex;
  for (let axis = rank - 1; axis > 0; axis--) {
    const size = load<i32>(axes + 4 * (1 + axis));
    const next = rest / size;
    offset += <usize>(rest - next * size) * load<usize>(strides + 4 * axis);
    rest = next;
  }
  return rank == 0 ? 0 : offset + <usize>rest * load<usize>(strides);
}

/** Stride in bytes along the innermost axis. */
// @ts-ignore: decorator
@inline export function innerStride(axes: usize, operand: i32): usize {
  const rank = load<i32>(axes);
  return load<usize>(axes + 4 * (1 + rank + operand * (rank + 1) + rank));
}

/** Units are elements: operands of one shape, or a single value on either side. Strides in bytes. */
export function binaryFlat(
  begin: i32, end: i32, integer: bool, op: Binary, out: usize, a: usize, sa: usize, b: usize, sb: usize,
): void {
  const n = end - begin;
  if (integer) binaryIntRow(op, n, out + begin * 4, a + begin * sa, sa, b + begin * sb, sb);
  else binaryRow(op, n, out + begin * 4, a + begin * sa, sa, b + begin * sb, sb);
}

/** Units are rows of n elements; operands 0 and 1 of `axes` are a and b. */
export function binaryRows(
  begin: i32, end: i32, integer: bool, op: Binary, n: i32, axes: usize, out: usize, a: usize, b: usize,
): void {
  const sa = innerStride(axes, 0);
  const sb = innerStride(axes, 1);
  for (let r = begin; r < end; r++) {
    const y = out + r * n * 4;
    const p = a + rowOffset(r, axes, 0);
    const q = b + rowOffset(r, axes, 1);
    if (integer) binaryIntRow(op, n, y, p, sa, q, sb);
    else binaryRow(op, n, y, p, sa, q, sb);
  }
}

// @ts-ignore: decorator
@inline function whereRow(n: i32, y: usize, k: usize, sk: usize, p: usize, sp: usize, q: usize, sq: usize): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const chosen = i32x4.ne(loadStrided(k + i * sk, sk), i32x4.splat(0));
    v128.store(y + i * 4, v128.bitselect(loadStrided(p + i * sp, sp), loadStrided(q + i * sq, sq), chosen));
  }
  for (; i < n; i++) {
    const from = load<i32>(k + i * sk) != 0 ? p + i * sp : q + i * sq;
    store<i32>(y + i * 4, load<i32>(from));
  }
}

/**
 * out = condition ? a : b, operands 0, 1 and 2 of `axes`. Units are rows of n elements, or, where there is but one row,
 * elements.
 */
export function where(
  begin: i32, end: i32, n: i32, axes: usize, out: usize, condition: usize, a: usize, b: usize,
): void {
  const sk = innerStride(axes, 0);
  const sp = innerStride(axes, 1);
  const sq = innerStride(axes, 2);
  if (load<i32>(axes) == 0) {
    whereRow(end - begin, out + begin * 4, condition + begin * sk, sk, a + begin * sp, sp, b + begin * sq, sq);
    return;
  }
  for (let r = begin; r < end; r++) {
    const k = condition + rowOffset(r, axes, 0);
    whereRow(n, out + r * n * 4, k, sk, a + rowOffset(r, axes, 1), sp, b + rowOffset(r, axes, 2), sq);
  }
}
