import type { BinaryOp, Strided, UnaryGradOp, UnaryOp } from "../../device.ts";
import { type Axes, isRowMajor, joinAxes, sizeOf } from "../../shape.ts";
import { Footprint } from "./footprint.ts";
import { runTouching } from "./machine.ts";
import { addressOf, BYTES, describe, isInt, rowsOf, split } from "./operands.ts";

/** Elements that are worth a thread of their own: where memory is what takes time, and where arithmetic is. */
const MANY = 16384;
const SOME = 8192;

// Numbers by which the kernels (kernels/elementwise.ts) know the ops.
const UNARY: readonly UnaryOp[] = [
  ..."affine abs sign exp log sqrt rsqrt reciprocal pow sin cos tanh sigmoid relu leakyRelu gelu geluTanh".split(" "),
  ..."silu clamp floor round div".split(" "),
] as UnaryOp[];
const UNARY_GRAD: readonly UnaryGradOp[] = ["tanh", "sigmoid", "relu", "gelu", "geluTanh", "silu"];
const BINARY: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "maximum",
  "minimum",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
];
const CHEAP = new Set<UnaryOp | UnaryGradOp>([
  "affine",
  "div",
  "abs",
  "sign",
  "relu",
  "leakyRelu",
  "clamp",
  "floor",
  "round",
]);

/** A number's four bytes, as an int32 has them. */
function bitsOf(value: number, integer: boolean): number {
  return integer ? Math.trunc(value) | 0 : new Int32Array(Float32Array.of(value).buffer)[0];
}

export function fill(out: Strided, value: number): void {
  const bits = bitsOf(value, isInt(out));
  runTouching(new Footprint().writes(out), "fill", sizeOf(out.shape), MANY, addressOf(out), bits);
}

export function unary(op: UnaryOp, out: Strided, x: Strided, a: number, b: number): void {
  const kernel = isInt(x) ? "unaryInt" : "unary";
  const grain = CHEAP.has(op) ? MANY : SOME;
  const places = [addressOf(out), addressOf(x)];
  runTouching(rowsTouched(out, x), kernel, sizeOf(out.shape), grain, UNARY.indexOf(op), ...places, a, b);
}

export function unaryGrad(op: UnaryGradOp, dx: Strided, saved: Strided, dy: Strided): void {
  const grain = CHEAP.has(op) ? MANY : SOME;
  const addresses = [addressOf(dx), addressOf(saved), addressOf(dy)];
  runTouching(rowsTouched(dx, saved, dy), "unaryGrad", sizeOf(dx.shape), grain, UNARY_GRAD.indexOf(op), ...addresses);
}

export function binary(op: BinaryOp, out: Strided, a: Strided, b: Strided): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const integer = Number(isInt(a));
  const code = BINARY.indexOf(op);
  const grain = op === "pow" ? SOME : MANY;
  if (isRowMajor(out.shape, a.strides) && isRowMajor(out.shape, b.strides)) {
    const places = [addressOf(out), addressOf(a), BYTES, addressOf(b), BYTES];
    runTouching(rowsTouched(out, a, b), "binaryFlat", size, grain, integer, code, ...places);
    return;
  }
  const axes = joinAxes(out.shape, [a.strides, b.strides]);
  const [rows, n] = split(axes);
  if (rows === 1) {
    const [sa, sb] = axes.strides.map((s) => (s.length === 0 ? BYTES : s[0] * BYTES));
    const footprint = new Footprint().reads(a, b).writes(out);
    runTouching(footprint, "binaryFlat", n, grain, integer, code, addressOf(out), addressOf(a), sa, addressOf(b), sb);
  } else {
    const addresses = [addressOf(out), addressOf(a), addressOf(b)];
    const dense = isRowMajor(out.shape, a.strides);
    const footprint = dense
      ? new Footprint(rows).readsRows(a).reads(b).writesRows(out)
      : new Footprint().reads(a, b).writes(out);
    runTouching(footprint, "binaryRows", rows, Math.ceil(grain / n), integer, code, n, describe(axes), ...addresses);
  }
}

export function where(out: Strided, condition: Strided, a: Strided, b: Strided): void {
  if (sizeOf(out.shape) === 0) return;
  const axes = joinAxes(out.shape, [condition.strides, a.strides, b.strides]);
  const [rows, n] = split(axes);
  const [units, grain] = rows === 1 ? [n, MANY] : [rows, Math.ceil(MANY / n)];
  const addresses = [addressOf(out), addressOf(condition), addressOf(a), addressOf(b)];
  const footprint = new Footprint().reads(condition, a, b).writes(out);
  runTouching(footprint, "where", units, grain, n, describe(axes), ...addresses);
}

/** A job that goes through row-major arrays of one shape side by side. */
function rowsTouched(out: Strided, ...operands: Strided[]): Footprint {
  return new Footprint(rowsOf(out.shape)[0]).readsRows(...operands).writesRows(out);
}

// --- copies ---------------------------------------------------------------------------------------

const CONVERT = { none: 0, toInt: 1, toFloat: 2 };

/** Puts the axes into the order of out's memory, which is the one to write in. */
function inOrderOf(out: Strided, x: Strided): Axes {
  if (isDescending(out)) return joinAxes(out.shape, [out.strides, x.strides]);
  const axes = out.shape.map((_, axis) => axis).filter((axis) => out.shape[axis] !== 1);
  axes.sort((i, j) => out.strides[j] - out.strides[i]);
  const pick = (values: readonly number[]) => axes.map((axis) => values[axis]);
  return joinAxes(pick(out.shape), [pick(out.strides), pick(x.strides)]);
}

/** Whether the axes are in that order already. */
function isDescending({ shape, strides }: Strided): boolean {
  let before = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    if (strides[axis] > before) return false;
    before = strides[axis];
  }
  return true;
}

export function copy(out: Strided, x: Strided): void {
  if (sizeOf(out.shape) === 0) return;
  const how = isInt(out) === isInt(x) ? "none" : isInt(out) ? "toInt" : "toFloat";
  const axes = inOrderOf(out, x);
  if (how === "none" && copyTransposed(out, x, axes)) return;
  const [rows, n] = split(axes);
  const [units, grain] = rows === 1 ? [n, MANY] : [rows, Math.ceil(MANY / n)];
  const places = [addressOf(out), addressOf(x)];
  runTouching(new Footprint().reads(x).writes(out), "copy", units, grain, CONVERT[how], n, describe(axes), ...places);
}

/** Where x lies without gaps along another axis than out, tiles of both are swapped. False where that is not so. */
function copyTransposed(out: Strided, x: Strided, { shape, strides: [so, sx] }: Axes): boolean {
  const inner = shape.length - 1;
  const other = sx.indexOf(1);
  if (inner < 1 || so[inner] !== 1 || other < 0 || other === inner || shape[other] < 4 || shape[inner] < 4)
    return false;
  const rest = shape.map((_, axis) => axis).filter((axis) => axis !== inner && axis !== other);
  // The kernel's description ends with an innermost axis of its own.
  const pick = (values: readonly number[], last: number) => [...rest.map((axis) => values[axis]), last];
  const outer: Axes = { shape: pick(shape, 1), strides: [pick(so, 0), pick(sx, 0)] };
  const [m, n] = [shape[other], shape[inner]];
  const bands = Math.ceil(m / 16) * sizeOf(outer.shape);
  const steps = [addressOf(out), so[other] * BYTES, addressOf(x), sx[inner] * BYTES];
  const footprint = new Footprint().reads(x).writes(out);
  runTouching(footprint, "transpose", bands, Math.ceil(MANY / (16 * n)), m, n, describe(outer), ...steps);
  return true;
}
