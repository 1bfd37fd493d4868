/** From tensors to where they lie in memory. */

import type { Strided } from "../../device.ts";
import { bytesOf, FLOAT, isFloat } from "../../dtypes.ts";
import type { Shape } from "../../shape.ts";

/** Bytes of an element; float32 and int32 alike. */
export const BYTES = bytesOf(FLOAT);

/** Address of the block of memory that a tensor lies in. */
export function blockOf(x: Pick<Strided, "storage">): number {
  return x.storage.handle as number;
}

/** Address of a tensor's first element. */
export function addressOf(x: Strided): number {
  return blockOf(x) + x.offset * BYTES;
}

export function addressesOf<Tensors extends readonly Strided[]>(...tensors: Tensors): { [K in keyof Tensors]: number } {
  return tensors.map(addressOf) as { [K in keyof Tensors]: number };
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
