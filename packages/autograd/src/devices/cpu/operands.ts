/** From tensors to what kernels take: addresses, and descriptions of axes. */

import type { Strided } from "../../device.ts";
import type { Shape } from "../../shape.ts";
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
  return x.storage.dtype === "int32";
}

/** Rows and width of an array seen as `[rows, n]`, whatever its leading axes. */
export function rowsOf(shape: Shape): [rows: number, n: number] {
  let rows = 1;
  for (let axis = 0; axis < shape.length - 1; axis++) rows *= shape[axis];
  return [rows, shape.length === 0 ? 1 : shape[shape.length - 1]];
}

/** Axes that several operands are walked along, outermost first. */
export interface Axes {
  readonly shape: number[];
  /** For each operand, in elements. */
  readonly strides: number[][];
}

/** The fewest axes that walk the same elements in the same order: those of size 1 dropped, neighbours joined. */
export function joinAxes(shape: Shape, strides: readonly Shape[]): Axes {
  const joined: Axes = { shape: [], strides: strides.map(() => []) };
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis];
    if (size === 1) continue;
    let last = joined.shape.length - 1;
    let joins = last >= 0;
    for (let i = 0; joins && i < strides.length; i++) joins = joined.strides[i][last] === strides[i][axis] * size;
    if (joins) joined.shape[last] *= size;
    else last = joined.shape.push(size) - 1;
    for (let i = 0; i < strides.length; i++) joined.strides[i][last] = strides[i][axis];
  }
  return joined;
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
