import type { BinaryOp, Strided, UnaryGradOp, UnaryOp } from "../../device.ts";
import { INTEGER, isFloat } from "../../dtypes.ts";
import { elements, memoryOf, output, positions } from "./elements.ts";
import { erfc } from "./erf.ts";

export function copy(out: Strided, x: Strided): void {
  const source = elements(x);
  const memory = memoryOf(out.storage);
  const at = positions(out);
  const cut = memory instanceof Int32Array;
  for (let i = 0; i < at.length; i++) memory[at[i]] = cut ? Math.trunc(source[i]) : source[i];
}

export function fill(out: Strided, value: number): void {
  output(out).fill(value);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The normal distribution's cumulative function and density. */
const normalCdf = (x: number) => erfc(-x / Math.SQRT2) / 2;
const normalPdf = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** GELU's approximation (Hendrycks & Gimpel, 2016) is `x * (1 + tanh(inner(x))) / 2`. */
const GELU_CUBIC = 0.044715;
const geluInner = (x: number) => Math.sqrt(2 / Math.PI) * (x + GELU_CUBIC * x * x * x);
const geluInnerSlope = (x: number) => Math.sqrt(2 / Math.PI) * (1 + 3 * GELU_CUBIC * x * x);

/** To the nearest integer, halves to the even one (IEEE 754), where Math.round takes halves up. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : Math.ceil(x);
  return floor % 2 === 0 ? floor : Math.ceil(x);
}

/** As IEEE 754 has it: 1 to any power is 1, and so is -1 to an infinite one, where JavaScript has NaN. */
function power(x: number, a: number): number {
  return x === 1 || (x === -1 && Math.abs(a) === Number.POSITIVE_INFINITY) ? 1 : x ** a;
}

type Unary = (x: number, a: number, b: number) => number;

export const UNARY = {
  affine: (x, a, b) => a * x + b,
  div: (x, a) => x / a,
  abs: Math.abs,
  sign: (x) => (x === 0 ? 0 : Math.sign(x)),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  pow: power,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x, a) => (x < 0 ? a * x : x),
  gelu: (x) => x * normalCdf(x),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(geluInner(x))),
  silu: (x) => x * sigmoid(x),
  softsign: (x) => x / (1 + Math.abs(x)),
  clamp: (x, a, b) => (x > b ? b : x < a ? Math.min(a, b) : x),
  floor: Math.floor,
  round: roundHalfEven,
} satisfies Record<string, Unary>;

const affineInt = (x: number, a: number, b: number) => Math.imul(a, x) + b;

export function unary(op: UnaryOp, out: Strided, x: Strided, a: number, b: number): void {
  const f: Unary = op === "affine" && x.storage.dtype === INTEGER ? affineInt : UNARY[op];
  const xs = elements(x);
  const ys = output(out);
  for (let i = 0; i < ys.length; i++) ys[i] = f(xs[i], a, b);
}

type Slope = (saved: number) => number;

/** Derivatives: of the output y for the first three, of the input x for the rest. */
export const SLOPE = {
  tanh: (y) => 1 - y * y,
  sigmoid: (y) => y * (1 - y),
  relu: (y) => (y <= 0 ? 0 : 1),
  gelu: (x) => normalCdf(x) + x * normalPdf(x),
  geluTanh: (x) => {
    const t = Math.tanh(geluInner(x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluInnerSlope(x);
  },
  silu: (x) => {
    const s = sigmoid(x);
    return s * (1 + x * (1 - s));
  },
} satisfies Record<string, Slope>;

export function unaryGrad(op: UnaryGradOp, dx: Strided, saved: Strided, dy: Strided): void {
  const slope: Slope = SLOPE[op];
  const values = elements(saved);
  const dys = elements(dy);
  const dxs = output(dx);
  // Where relu is flat nothing passes, not even an infinity.
  for (let i = 0; i < dxs.length; i++) dxs[i] = op === "relu" && values[i] <= 0 ? 0 : slope(values[i]) * dys[i];
}

type Binary = (a: number, b: number) => number;

export const BINARY = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  maximum: Math.max,
  minimum: Math.min,
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  gt: (a, b) => (a > b ? 1 : 0),
  ge: (a, b) => (a >= b ? 1 : 0),
} satisfies Record<string, Binary>;

/** int32 operands give int32: quotients are cut towards zero, and what overflows is taken modulo 2^32. */
export function binary(op: BinaryOp, out: Strided, a: Strided, b: Strided): void {
  const f: Binary = op === "mul" && !isFloat(a.storage.dtype) ? Math.imul : BINARY[op];
  const as = elements(a);
  const bs = elements(b);
  const ys = output(out);
  for (let i = 0; i < ys.length; i++) ys[i] = f(as[i], bs[i]);
}

export function where(out: Strided, condition: Strided, a: Strided, b: Strided): void {
  const conditions = elements(condition);
  const as = elements(a);
  const bs = elements(b);
  const ys = output(out);
  for (let i = 0; i < ys.length; i++) ys[i] = conditions[i] !== 0 ? as[i] : bs[i];
}
