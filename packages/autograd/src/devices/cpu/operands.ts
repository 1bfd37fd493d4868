/** From tensors to what kernels take: addresses, and descriptions of axes. */

import type { Strided } from "../../device.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { DESCRIPTIONS, machine } from "./machine.ts";

/** Bytes of an element; float32 and int32 alike. */
export const BYTES = 4;

/** Address of a tensor's first element. */
export function addressOf(x: Strided): number {
  return (x.storage.handle as number) + x.offset * BYTES;
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
  const n = shape.length === 0 ? 1 : shape[shape.length - 1];
  return [sizeOf(shape.slice(0, -1)), n];
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
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = joined.shape.length - 1;
    const joins = last >= 0 && strides.every((s, i) => joined.strides[i][last] === s[axis] * size);
    if (joins) joined.shape[last] *= size;
    else joined.shape.push(size);
    strides.forEach((s, i) => {
      if (joins) joined.strides[i][last] = s[axis];
      else joined.strides[i].push(s[axis]);
    });
  });
  return joined;
}

/**
 * Writes axes where kernels find them (`rowOffset` in kernels/elementwise.ts) and returns the address. The innermost axis
 * is the kernel's own; where there is none, it has size 1.
 */
export function describe({ shape, strides }: Axes): number {
  const { ints } = machine().memory;
  let at = DESCRIPTIONS / BYTES;
  const outer = Math.max(0, shape.length - 1);
  ints[at++] = outer;
  for (let axis = 0; axis < outer; axis++) ints[at++] = shape[axis];
  for (const s of strides) {
    if (shape.length === 0) ints[at++] = 0;
    for (const stride of s) ints[at++] = stride * BYTES;
  }
  return DESCRIPTIONS;
}

/** Size of the innermost axis, and of all others together. */
export function split({ shape }: Axes): [rows: number, n: number] {
  return shape.length === 0 ? [1, 1] : rowsOf(shape);
}
