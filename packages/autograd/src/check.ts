import { Storage } from "./device.ts";
import { type DType, INTEGER } from "./dtypes.ts";
import type { Tensor } from "./tensor.ts";

/** Checks that JavaScript leaves to us: an argument of another kind gets a sentence that says what was expected. */

/** A value in a few words: `the number 3`, `an object { dim }`, `an array of 2`. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor [${value.shape.join(", ")}]`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return `the ${typeof value} ${String(value)}`;
  return `an object { ${Object.keys(value).join(", ")} }`;
}

export function isTensor(value: unknown): value is Tensor {
  return (value as Partial<Tensor> | null | undefined)?.storage instanceof Storage;
}

/** Errors: anything but a tensor. `role` says which argument it is: "the index". */
export function assertTensor(op: string, value: unknown, role = "it"): asserts value is Tensor {
  if (isTensor(value)) return;
  const hint = Array.isArray(value) || typeof value === "number" ? ": make it one with tensor(…)" : "";
  throw new TypeError(
    `${op}: ${role === "it" ? "expects" : `${role} has to be`} a tensor, got ${nameOf(value)}${hint}`,
  );
}

/** Errors: anything but an array of tensors, as `concat([a, b])` wants. */
export function assertTensors(op: string, values: unknown): asserts values is readonly Tensor[] {
  if (!Array.isArray(values)) {
    throw new TypeError(`${op}: expects an array of tensors, got ${nameOf(values)}: ${op}([a, b], …)`);
  }
  for (const [i, value] of values.entries()) assertTensor(op, value, `element ${i}`);
}

/** Errors: options that are no object, or one that nobody knows, as PyTorch's own names are. */
export function assertOptions(op: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options) || isTensor(options)) {
    throw new TypeError(`${op}: the options are ${nameOf(options)}: write them as { ${known[0]}: … }`);
  }
  for (const name in options) {
    if (!known.includes(name)) {
      throw new TypeError(
        `${op}: there is no option ${name}: there ${known.length > 1 ? "are" : "is"} ${known.join(", ")}`,
      );
    }
  }
}

/** Errors: a shape that is no array of whole numbers from 0. */
export function assertShape(op: string, shape: unknown): asserts shape is readonly number[] {
  if (!Array.isArray(shape)) {
    const hint = typeof shape === "number" ? `: ${op}([${shape}])` : "";
    throw new TypeError(`${op}: the shape is ${nameOf(shape)}, it has to be an array${hint}`);
  }
  if (shape.every((n) => Number.isInteger(n) && n >= 0)) return;
  throw new RangeError(`${op}: [${shape.join(", ")}] is no shape: sizes are whole numbers from 0`);
}

/** Numbers that were given one by one or as an array. Errors: anything else. */
export function numbersOf(op: string, args: readonly unknown[]): readonly number[] {
  const list = args.length === 1 && typeof args[0] === "object" ? args[0] : args;
  if (Array.isArray(list) && list.every((n) => typeof n === "number")) return list;
  throw new TypeError(`${op}: expects numbers, or an array of them, got ${args.map(nameOf).join(", ")}`);
}

/** Errors: a setting that is no number, by its name. */
export function assertNumber(op: string, name: string, value: unknown): void {
  if (typeof value === "number") return;
  throw new TypeError(`${op}: ${name} is ${nameOf(value)}, it has to be a number`);
}

/** Errors: a fraction, an infinity, NaN, or a number beyond 2^31 for an int32 tensor. */
export function assertHolds(op: string, dtype: DType, value: number): void {
  if (dtype !== INTEGER || value === (value | 0)) return;
  const hint = Number.isInteger(value) ? "it holds -2^31 to 2^31 - 1" : "use .float() first";
  throw new TypeError(`${op}: an int32 tensor cannot hold ${value}: ${hint}`);
}
