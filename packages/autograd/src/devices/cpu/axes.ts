/** What kernels are told of their operands' axes. */

import type { Axes } from "../../shape.ts";
import { BYTES, rowsOf } from "./addresses.ts";
import { nextDescription } from "./jobs.ts";
import { machine } from "./machine.ts";

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
