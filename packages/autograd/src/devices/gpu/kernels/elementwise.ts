import type { BinaryOp, Strided, UnaryGradOp, UnaryOp } from "../../../device.ts";
import type { Runtime } from "../runtime.ts";
import { type Formula, map, operandOf } from "./map.ts";

declare function isNan(x: number): number;
declare function power(x: number, a: number): number;
declare function hyperbolicTangent(x: number): number;
declare function sine(x: number): number;
declare function cosine(x: number): number;
declare function normalCdf(x: number): number;

const UNARY: Record<UnaryOp, Formula> = {
  affine(x, a, b) {
    return a * x + b;
  },
  div(x, a) {
    return x / a;
  },
  abs(x) {
    return Math.abs(x);
  },
  sign(x) {
    if (x > 0) return 1;
    if (x < 0) return -1;
    if (isNan(x) > 0) return x;
    return 0;
  },
  exp(x) {
    return Math.exp(x);
  },
  log(x) {
    return Math.log(x);
  },
  sqrt(x) {
    return Math.sqrt(x);
  },
  rsqrt(x) {
    return 1 / Math.sqrt(x);
  },
  reciprocal(x) {
    return 1 / x;
  },
  pow(x, a) {
    return power(x, a);
  },
  sin(x) {
    return sine(x);
  },
  cos(x) {
    return cosine(x);
  },
  tanh(x) {
    return hyperbolicTangent(x);
  },
  sigmoid(x) {
    return 1 / (1 + Math.exp(-x));
  },
  relu(x) {
    if (x < 0) return 0;
    return x;
  },
  leakyRelu(x, a) {
    if (x < 0) return a * x;
    return x;
  },
  gelu(x) {
    return x * normalCdf(x);
  },
  geluTanh(x) {
    return 0.5 * x * (1 + hyperbolicTangent(0.7978845608028654 * (x + 0.044715 * x * x * x)));
  },
  silu(x) {
    return x / (1 + Math.exp(-x));
  },
  softsign(x) {
    return x / (1 + Math.abs(x));
  },
  clamp(x, a, b) {
    if (x > b) return b;
    if (x < a) return Math.min(a, b);
    return x;
  },
  floor(x) {
    return Math.floor(x);
  },
  round(x) {
    const size = Math.abs(x);
    const whole = Math.floor(size);
    if (whole === size) return x;
    // Halves go to the even neighbour (IEEE 754).
    let nearest = whole + (whole - 2 * Math.floor(whole / 2));
    if (size - whole < 0.5) nearest = whole;
    if (size - whole > 0.5) nearest = whole + 1;
    if (x < 0) return -nearest;
    return nearest;
  },
};

/** The slope times the incoming gradient y; x is the op's output for the first three, its input for the rest. */
const UNARY_GRAD: Record<UnaryGradOp, Formula> = {
  tanh(x, y) {
    return (1 - x * x) * y;
  },
  sigmoid(x, y) {
    return x * (1 - x) * y;
  },
  relu(x, y) {
    if (x <= 0) return 0;
    return y;
  },
  gelu(x, y) {
    return (normalCdf(x) + x * 0.3989422804014327 * Math.exp(-0.5 * x * x)) * y;
  },
  geluTanh(x, y) {
    const t = hyperbolicTangent(0.7978845608028654 * (x + 0.044715 * x * x * x));
    return (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * x * x)) * y;
  },
  silu(x, y) {
    const s = 1 / (1 + Math.exp(-x));
    return s * (1 + x * (1 - s)) * y;
  },
};

const BINARY: Record<BinaryOp, Formula> = {
  add(x, y) {
    return x + y;
  },
  sub(x, y) {
    return x - y;
  },
  mul(x, y) {
    return x * y;
  },
  div(x, y) {
    return x / y;
  },
  pow(x, y) {
    return power(x, y);
  },
  maximum(x, y) {
    if (isNan(x) > 0 || x > y) return x;
    return y;
  },
  minimum(x, y) {
    if (isNan(x) > 0 || x < y) return x;
    return y;
  },
  eq(x, y) {
    if (x >= y && x <= y) return 1;
    return 0;
  },
  ne(x, y) {
    if (x >= y && x <= y) return 0;
    return 1;
  },
  lt(x, y) {
    if (x < y) return 1;
    return 0;
  },
  le(x, y) {
    if (x <= y) return 1;
    return 0;
  },
  gt(x, y) {
    if (x > y) return 1;
    return 0;
  },
  ge(x, y) {
    if (x >= y) return 1;
    return 0;
  },
};

/** The elements as they are. */
export const COPY = {
  copy(x: number) {
    return x;
  },
};

const OTHER = {
  fill(a: number) {
    return a;
  },
  where(condition: number, x: number, y: number) {
    if (condition > 0 || condition < 0) return x;
    return y;
  },
};

export function copy(runtime: Runtime, out: Strided, x: Strided): void {
  map(runtime, COPY, out, [operandOf(x)]);
}

export function fill(runtime: Runtime, out: Strided, value: number): void {
  map(runtime, { fill: OTHER.fill }, out, [], value);
}

export function unary(runtime: Runtime, op: UnaryOp, out: Strided, x: Strided, a: number, b: number): void {
  map(runtime, { [op]: UNARY[op] }, out, [operandOf(x)], a, b);
}

export function unaryGrad(runtime: Runtime, op: UnaryGradOp, dx: Strided, saved: Strided, dy: Strided): void {
  map(runtime, { [`${op} gradient`]: UNARY_GRAD[op] }, dx, [operandOf(saved), operandOf(dy)]);
}

export function binary(runtime: Runtime, op: BinaryOp, out: Strided, a: Strided, b: Strided): void {
  map(runtime, { [op]: BINARY[op] }, out, [operandOf(a), operandOf(b)]);
}

export function where(runtime: Runtime, out: Strided, condition: Strided, a: Strided, b: Strided): void {
  map(runtime, { where: OTHER.where }, out, [operandOf(condition), operandOf(a), operandOf(b)]);
}
