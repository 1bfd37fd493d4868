/** From tensors to what kernels take: addresses, and descriptions of axes. */

import type { Strided } from "../../device.ts";
import { isFloat } from "../../dtypes.ts";
import type { Axes, Shape } from "../../shape.ts";
import { machine, nextDescription } from "./machine.ts";

/** Bytes of an element; float32 and int32 alike. */
export const BYTES = 4;

/** Address of the block of memory that a tensor lies in. */
export function blockOf(x: Pick<Strided, "storage">): number {
  return x.storage.handle as number;
}

/** Address of a tensor's first element. */
export function addressOf(x: Strided): number {
  return blockOf(x) + x.offset * BYTES;
}

/** The address, or 0 where there is no tensor. */
export function addressOrZero(x: Strided | undefined): number {
  return x === undefined ? 0 : addressOf(x);
}

export function isInt(x: Strided): boolean {
  return !isFloat(x.storage.dtype);
}

/** Rows and width of an array seen as `[rows, n]`, whatever its leading axes. */
export function rowsOf(shape: Shape): [rows: number, n: number] {
  let rows = 1;
  for (let axis = 0; axis < shape.length - 1; axis++) rows *= shape[axis];
  return [rows, shape.length === 0 ? 1 : shape[shape.length - 1]];
}

/**
 * Writes axes where kernels find them (`rowOffset` in kernels/elementwise.ts) and returns the address. The innermost axis
 * is the kernel's own; where there is none, it has size 1.
 */
export function describe({ shape, strides }: Axes): number {
  const { ints } = machine().memory;
  const address = nextDescription();
  let at = address / BYTES;
  const outer = Math.max(0, shape.length - 1);
  ints[at++] = outer;
  for (let axis = 0; axis < outer; axis++) ints[at++] = shape[axis];
  for (const s of strides) {
    if (shape.length === 0) ints[at++] = 0;
    for (const stride of s) ints[at++] = stride * BYTES;
  }
  return address;
}

/** Size of the innermost axis, and of all others together. */
export function split({ shape }: Axes): [rows: number, n: number] {
  return shape.length === 0 ? [1, 1] : rowsOf(shape);
}
