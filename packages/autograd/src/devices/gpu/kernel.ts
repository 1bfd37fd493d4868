import type { GpuJsFunction, Thread } from "./gpujs.ts";

/**
 * An array on the device, one that is indexed by two or three numbers, one that a kernel of four numbers a thread has
 * written, a whole number, or any number.
 */
export type ArgumentType = "array" | "array2" | "array3" | "quads" | "int" | "float";

/** A kernel before it is compiled: what gpu.js has to know of it. */
export interface KernelSpec {
  /** Unique; names the kernel in errors, and compiled kernels are kept under it. */
  readonly name: string;
  /** The text of a JavaScript function in the subset that gpu.js translates. */
  readonly source: string;
  readonly types: readonly ArgumentType[];
  readonly helpers: readonly GpuJsFunction[];
  /** 1: threads are numbered along x. 3: along x, y and z. */
  readonly axes: 1 | 3;
  /** Numbers that a thread gives. Four of them, as `[a, b, c, d]`, lie next to each other in the result. */
  readonly gives: 1 | 4;
}

/** The types of so many whole numbers. */
export function ints(count: number): "int"[] {
  return new Array<"int">(count).fill("int");
}

type KernelBody = (this: Thread, ...args: never[]) => number | [number, number, number, number];
export type HelperBody = (...args: never[]) => number;

const TYPE_NAMES = { int: "Integer", float: "Float" } as const;

/**
 * The text of a method as that of a function with the method's name. In a bundle for browsers, where methods may have been
 * rewritten, an object that gives the text stands in a method's place (scripts/build-gpu.mjs).
 */
export function functionText(name: string, body: unknown): string {
  const text = String(body);
  if (/^(\([^)]*\)|\w+)\s*=>/.test(text)) {
    throw new TypeError(`${name}: write it as a method or a function, not as an arrow function: gpu.js reads its text`);
  }
  return `function ${name}${text.slice(text.indexOf("("))}`;
}

/**
 * Declares a kernel: `kernel(["array", "int"], { double(x, offset) { return 2 * x[offset + this.thread.x]; } })`.
 * It computes one element of a row-major result; `this.thread.x` says which.
 *
 * The types are named because WGSL and GLSL are strict about whole numbers. Four rules come from gpu.js's translation:
 * - A variable that is assigned a whole number becomes a float, exact to 2^24. Where it is part of a position in memory it
 *   is written `~~row`, which makes it whole again, so that the position is exact beyond that.
 * - NaN is found with `isNan`, as `x !== x` may be optimised away.
 * - Helpers take no arrays.
 * - An array's element that is itself an index is read into a variable first.
 *
 * For browsers' bundles every method of an object literal in `kernels/` and in the files of helpers is replaced by its text
 * (scripts/build-gpu.mjs), so what is no kernel is written as a function there.
 */
export function kernel(
  types: readonly ArgumentType[],
  method: Readonly<Record<string, KernelBody>>,
  helpers: readonly GpuJsFunction[] = [],
  axes: 1 | 3 = 1,
  gives: 1 | 4 = 1,
): KernelSpec {
  const [name, body] = Object.entries(method)[0];
  return { name, source: functionText(name, body), types, helpers, axes, gives };
}

/**
 * Declares a function that kernels may call. A kernel sees only its own text, so the caller declares the name
 * (`declare function erfc(x: number): number`) and hands the helper over with the kernel.
 */
export function helper(
  types: readonly ("int" | "float")[],
  returns: "int" | "float",
  method: Readonly<Record<string, HelperBody>>,
): GpuJsFunction {
  const [name, body] = Object.entries(method)[0];
  return {
    source: functionText(name, body),
    settings: { argumentTypes: types.map((type) => TYPE_NAMES[type]), returnType: TYPE_NAMES[returns] },
  };
}
