import type { BinaryOp, Strided, UnaryGradOp, UnaryOp } from "../../device.ts";
import { type Axes, isRowMajor, joinAxes, sizeOf } from "../../shape.ts";
import { addressesOf, addressOf, BYTES, isInt, rowsOf } from "./addresses.ts";
import { describe, split } from "./axes.ts";
import { Footprint } from "./footprint.ts";
import { Binary, Convert, Unary, UnaryGrad } from "./generated/interface.mjs";
import { kernelsAtOnce, runTouching } from "./jobs.ts";

/** Elements that are worth a thread of their own: where memory is what takes time, and where arithmetic is. */
const MANY = 16384;
const SOME = 8192;

// The kernels' numbers for all ops there are.
const UNARY: Record<UnaryOp, Unary> = Unary;
const UNARY_GRAD: Record<UnaryGradOp, UnaryGrad> = UnaryGrad;
const BINARY: Record<BinaryOp, Binary> = Binary;

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
  runTouching(rowsTouched(out, x), kernel, sizeOf(out.shape), grain, UNARY[op], addressOf(out), addressOf(x), a, b);
}

export function unaryGrad(op: UnaryGradOp, dx: Strided, saved: Strided, dy: Strided): void {
  const grain = CHEAP.has(op) ? MANY : SOME;
  const addresses = addressesOf(dx, saved, dy);
  runTouching(rowsTouched(dx, saved, dy), "unaryGrad", sizeOf(dx.shape), grain, UNARY_GRAD[op], ...addresses);
}

export function binary(op: BinaryOp, out: Strided, a: Strided, b: Strided): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const integer = isInt(a);
  const code = BINARY[op];
  const grain = op === "pow" ? SOME : MANY;
  if (isRowMajor(out.shape, a.strides) && isRowMajor(out.shape, b.strides)) {
    const [y, p, q] = [addressOf(out), addressOf(a), addressOf(b)];
    const kernels = kernelsAtOnce(size, grain);
    if (kernels !== undefined) kernels.binaryFlat(0, size, integer, code, y, p, BYTES, q, BYTES);
    else runTouching(rowsTouched(out, a, b), "binaryFlat", size, grain, integer, code, y, p, BYTES, q, BYTES);
    return;
  }
  const axes = joinAxes(out.shape, [a.strides, b.strides]);
  const [rows, n] = split(axes);
  if (rows === 1) {
    const [sa, sb] = axes.strides.map((s) => (s.length === 0 ? BYTES : s[0] * BYTES));
    const footprint = new Footprint().reads(a, b).writes(out);
    runTouching(footprint, "binaryFlat", n, grain, integer, code, addressOf(out), addressOf(a), sa, addressOf(b), sb);
  } else {
    const addresses = addressesOf(out, a, b);
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
  const addresses = addressesOf(out, condition, a, b);
  const footprint = new Footprint().reads(condition, a, b).writes(out);
  runTouching(footprint, "where", units, grain, n, describe(axes), ...addresses);
}

/** A job that goes through row-major arrays of one shape side by side. */
function rowsTouched(out: Strided, ...operands: Strided[]): Footprint {
  return new Footprint(rowsOf(out.shape)[0]).readsRows(...operands).writesRows(out);
}

// --- copies ---------------------------------------------------------------------------------------

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
  const how = isInt(out) === isInt(x) ? Convert.none : isInt(out) ? Convert.toInt : Convert.toFloat;
  const axes = inOrderOf(out, x);
  if (how === Convert.none && copyTransposed(out, x, axes)) return;
  const [rows, n] = split(axes);
  const [units, grain] = rows === 1 ? [n, MANY] : [rows, Math.ceil(MANY / n)];
  const footprint = new Footprint().reads(x).writes(out);
  runTouching(footprint, "copy", units, grain, how, n, describe(axes), addressOf(out), addressOf(x));
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
  const steps = [addressOf(out), so[other] * BYTES, addressOf(x), sx[inner] * BYTES] as const;
  const footprint = new Footprint().reads(x).writes(out);
  runTouching(footprint, "transpose", bands, Math.ceil(MANY / (16 * n)), m, n, describe(outer), ...steps);
  return true;
}
