import type { Strided } from "../../device.ts";
import { type Axes, isRowMajor, joinAxes, type Shape, sizeOf } from "../../shape.ts";
import { MAX_QUOTIENT } from "./helpers.ts";

/** What `joinAxes` gives, with an axis of size 1 where that leaves none: a kernel's thread counts along one at least. */
export function threadAxes(shape: Shape, arrays: readonly Shape[]): Axes {
  const axes = joinAxes(shape, arrays);
  return axes.shape.length > 0 ? axes : { shape: [1], strides: arrays.map(() => [1]) };
}

/**
 * Axes of size 1 in front, up to one of the few numbers of axes that kernels are made for: one, two, six, or what there
 * are beyond. Fewer kernels are compiled so, and those for one and two axes, which are the most used, lose nothing.
 */
export function padAxes({ shape, strides }: Axes): Axes {
  const missing = shape.length > 2 && shape.length < 6 ? 6 - shape.length : 0;
  const front = (value: number) => new Array<number>(missing).fill(value);
  return { shape: [...front(1), ...shape], strides: strides.map((own) => [...front(0), ...own]) };
}

/**
 * The numbers a kernel needs to find element t (row-major) of a strided array, beside the sizes of all axes but the
 * first: `offset + t * s[0] + carry1 * s[1] + carry2 * s[2] + …` with `carry1 = quotient(t, n[0])`,
 * `carry2 = quotient(carry1, n[1])`, …, where n are the sizes from the last axis on. s[0] is the last axis's stride, s[i] what the next carry adds on top of that.
 */
export function carries(shape: readonly number[], strides: readonly number[]): number[] {
  const rank = shape.length;
  const result = [strides[rank - 1]];
  for (let axis = rank - 2; axis >= 0; axis--) result.push(strides[axis] - strides[axis + 1] * shape[axis + 1]);
  return result;
}

/** The sizes that go with `carries`: all axes but the first, from the last on. */
export function carrySizes(shape: readonly number[]): number[] {
  return shape.slice(1).reverse();
}

/** Lines that work out the carries of the thread's element: `carry1` counts rows, `carry2` matrices, and so on. */
export function carryLines(rank: number): string[] {
  return Array.from({ length: rank - 1 }, (_, i) => {
    const before = i === 0 ? "this.thread.x" : `~~carry${i}`;
    return `const carry${i + 1} = quotient(${before}, n${i});`;
  });
}

/** Where the thread's element of an array lies, as text; the names are `<name>At`, `<name>0`, `<name>1`, … */
export function addressText(name: string, rank: number): string {
  const steps = Array.from({ length: rank - 1 }, (_, i) => ` + ~~carry${i + 1} * ${name}${i + 1}`);
  return `${name}At + this.thread.x * ${name}0${steps.join("")}`;
}

/** The parameter names that `addressText` uses for one array. */
export function addressNames(name: string, rank: number): string[] {
  return [`${name}At`, ...Array.from({ length: rank }, (_, i) => `${name}${i}`)];
}

/** Errors: more rows than `quotient` can tell apart. */
export function checkQuotient(op: string, elements: number, inner: number): void {
  if (inner > 1 && elements / inner > MAX_QUOTIENT) {
    throw new RangeError(
      `${op}: ${elements / inner} rows of ${inner} are more than the gpu device can number (${MAX_QUOTIENT}): use smaller tensors`,
    );
  }
}

/** True where a view shows its whole storage in the order of memory. */
export function isWhole(x: Strided): boolean {
  return x.offset === 0 && sizeOf(x.shape) === x.storage.length && isRowMajor(x.shape, x.strides);
}
