import { assertHolds, assertNumber, assertOptions, assertShape, isTensor, nameOf } from "./check.ts";
import type { Device } from "./device.ts";
import { uniforms } from "./devices/philox.ts";
import { defaultDevice, device as findDevice } from "./devices.ts";
import { type DType, FLOAT, INTEGER, type TypedArray } from "./dtypes.ts";
import { nextKey } from "./random.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";
import { type NestedArray, Tensor } from "./tensor.ts";

/** Functions that make tensors from nothing: each takes a shape and these options. */
export interface TensorOptions {
  /** float32 unless said otherwise; `tensor` takes int32 for an Int32Array. */
  dtype?: DType;
  /** The default device unless said otherwise. */
  device?: string | Device;
  requiresGrad?: boolean;
}

const OPTIONS = ["dtype", "device", "requiresGrad", "shape"];

function make(op: string, shape: Shape, options: TensorOptions, fill: (tensor: Tensor) => void): Tensor {
  assertShape(op, shape);
  assertOptions(op, options, OPTIONS);
  if (options.dtype !== undefined && options.dtype !== FLOAT && options.dtype !== INTEGER) {
    throw new TypeError(`${op}: tensors hold ${FLOAT} and ${INTEGER}, not ${nameOf(options.dtype)}`);
  }
  const on = options.device === undefined ? defaultDevice() : findDevice(options.device);
  const result = Tensor.empty([...shape], options.dtype ?? FLOAT, on, op);
  fill(result);
  return options.requiresGrad ? result.requiresGrad_() : result;
}

function shapeOf(data: NestedArray): number[] {
  const shape: number[] = [];
  for (let part = data; Array.isArray(part); part = part[0]) shape.push(part.length);
  return shape;
}

function flattenInto(values: number[], data: NestedArray, shape: Shape, axis: number): void {
  if (!Array.isArray(data) || data.length !== shape[axis]) {
    const found = Array.isArray(data)
      ? `${data.length} elements`
      : typeof data === "number"
        ? "a number"
        : nameOf(data);
    throw new RangeError(`tensor: the nested arrays are ragged: ${found} along axis ${axis} of ${formatShape(shape)}`);
  }
  for (const part of data) {
    if (axis < shape.length - 1) flattenInto(values, part, shape, axis + 1);
    else if (typeof part === "number") values.push(part);
    else if (Array.isArray(part))
      throw new RangeError(`tensor: the nested arrays are ragged: an array where ${formatShape(shape)} has a number`);
    else throw noNumber(`element ${values.length}`, part);
  }
}

/** What to do about something in place of a number. */
function noNumber(place: string, value: unknown): TypeError {
  const hints: Partial<Record<string, string>> = {
    boolean: "write 1 for true and 0 for false",
    string: "Number(…) makes a number of a text",
    bigint: "Number(…) makes a number of it",
  };
  const hint = isTensor(value) ? "stack([…]) puts tensors together" : hints[typeof value];
  return new TypeError(`tensor: ${place} is ${nameOf(value)}, it has to be a number${hint ? `: ${hint}` : ""}`);
}

/** Errors: what no tensor can be made of. */
function assertData(data: unknown): void {
  if (Array.isArray(data) || typeof data === "number") return;
  if (ArrayBuffer.isView(data) && "length" in data && !/^Big/.test(data.constructor.name)) return;
  if (isTensor(data)) throw new TypeError(`tensor: the data is ${nameOf(data)} already: clone() copies one`);
  throw noNumber("the data", data);
}

/**
 * A tensor from a number, nested arrays, or a typed array (with `shape`, else one axis).
 * Errors: ragged arrays, anything but numbers in them, a shape that the data do not fill, a number that int32 cannot hold.
 */
export function tensor(data: NestedArray | TypedArray, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  assertData(data);
  assertOptions("tensor", options, OPTIONS);
  const typed = ArrayBuffer.isView(data);
  const natural = typed ? [data.length] : shapeOf(data);
  const shape = options.shape ?? natural;
  let values: ArrayLike<number>;
  if (typed) values = data;
  else if (typeof data === "number") values = [data];
  else {
    const list: number[] = [];
    flattenInto(list, data, natural, 0);
    values = list;
  }
  if (sizeOf(shape) !== values.length) {
    throw new RangeError(`tensor: ${values.length} numbers do not fill ${formatShape(shape)}`);
  }
  const dtype = options.dtype ?? (data instanceof Int32Array ? INTEGER : FLOAT);
  if (dtype === INTEGER && !(data instanceof Int32Array)) {
    for (let i = 0; i < values.length; i++) assertHolds("tensor", dtype, values[i]);
  }
  return make("tensor", shape, { ...options, dtype }, (t) => t.device.upload(t.storage, values, 0));
}

/** Every element the same number. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  assertNumber("full", "the value", value);
  assertHolds("full", options.dtype ?? FLOAT, value);
  return make("full", shape, options, (t) => t.device.fill(t, value));
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return make("zeros", shape, options, (t) => t.device.fill(t, 0));
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return make("ones", shape, options, (t) => t.device.fill(t, 1));
}

/** A tensor with the shape, dtype and device of another. */
export function fullLike(x: Tensor, value: number): Tensor {
  return full(x.shape, value, { dtype: x.dtype, device: x.device });
}

/** Zeros with the shape, dtype and device of another tensor. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}

/** Ones with the shape, dtype and device of another tensor. */
export function onesLike(x: Tensor): Tensor {
  return fullLike(x, 1);
}

/** `start, start + step, …` below `end` (int32 unless a dtype is given and the numbers are whole): `arange(3)` is 0, 1, 2. */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (step === 0) throw new RangeError("arange: the step is 0");
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!Number.isFinite(count)) throw new RangeError(`arange: ${from}, ${to} and ${step} give no count of numbers`);
  const values = Float64Array.from({ length: count }, (_, i) => from + i * step);
  const whole = Number.isInteger(from) && Number.isInteger(step);
  return tensor(values, { dtype: whole ? INTEGER : FLOAT, ...options });
}

/** `count` numbers from `start` to `end`, evenly spaced, both included. */
export function linspace(start: number, end: number, count: number, options: TensorOptions = {}): Tensor {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return tensor(
    Float64Array.from({ length: count }, (_, i) => start + i * step),
    { dtype: FLOAT, ...options },
  );
}

/** The identity matrix, `[n, m]`. */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  return make("eye", [n, m], options, (t) => {
    const values = new Float64Array(n * m);
    for (let i = 0; i < Math.min(n, m); i++) values[i * m + i] = 1;
    t.device.upload(t.storage, values, 0);
  });
}

/** Uniform in [0, 1). */
export function rand(shape: Shape, options: TensorOptions = {}): Tensor {
  return make("rand", shape, options, (t) => t.device.uniform(t, nextKey()));
}

/** Normal with mean 0 and variance 1. */
export function randn(shape: Shape, options: TensorOptions = {}): Tensor {
  return make("randn", shape, options, (t) => t.device.normal(t, nextKey()));
}

/** What a float32 number in [0, 1) can tell apart. */
const STEPS = 2 ** 24;

/** Whole numbers from `low` to `high - 1`, int32, each as likely. */
export function randint(low: number, high: number, shape: Shape, options: TensorOptions = {}): Tensor {
  if (!(high > low)) throw new RangeError(`randint: no whole number lies from ${low} to below ${high}`);
  assertHolds("randint", INTEGER, low);
  assertHolds("randint", INTEGER, high - 1);
  const range = high - low;
  if (range > STEPS) {
    // Two uniforms, 48 bits: made on the host, where there is double precision.
    const parts = uniforms(nextKey(), 2 * sizeOf(shape));
    const draw = (_: unknown, i: number) => low + Math.floor((parts[2 * i] + parts[2 * i + 1] / STEPS) * range);
    return tensor(Int32Array.from({ length: sizeOf(shape) }, draw), { shape, device: options.device });
  }
  return rand(shape, { device: options.device })
    .mul(range)
    .floor()
    .clamp(0, range - 1)
    .int()
    .add(low);
}

/** The numbers 0 … n - 1 in random order, int32. */
export function randperm(n: number, options: TensorOptions = {}): Tensor {
  return rand([n], { device: options.device }).topk(n).indices;
}
