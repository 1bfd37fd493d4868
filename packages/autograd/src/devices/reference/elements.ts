import type { Storage, Strided } from "../../device.ts";
import { isRowMajor, type Shape, sizeOf } from "../../shape.ts";

/** How this device holds numbers: floats in double precision, so that it can judge devices of single precision. */
export type Values = Float64Array | Int32Array;

/** The memory behind a storage of this device. */
export function memoryOf(storage: Storage): Values {
  return storage.handle as Values;
}

/** Where in its storage each element lies, in row-major order. */
export function positions(x: Pick<Strided, "shape" | "strides" | "offset">): Int32Array {
  let found = Int32Array.of(x.offset);
  // Each axis, from the first to the last, turns every position found so far into as many as it is long.
  x.shape.forEach((size, axis) => {
    const finer = new Int32Array(found.length * size);
    for (let i = 0; i < found.length; i++) {
      for (let j = 0; j < size; j++) finer[i * size + j] = found[i] + j * x.strides[axis];
    }
    found = finer;
  });
  return found;
}

/** The elements in row-major order: the memory itself where they lie so, else a copy. */
export function elements(x: Strided): Values {
  const memory = memoryOf(x.storage);
  if (isRowMajor(x.shape, x.strides)) return memory.subarray(x.offset, x.offset + sizeOf(x.shape));
  const at = positions(x);
  const copy = memory instanceof Int32Array ? new Int32Array(at.length) : new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) copy[i] = memory[at[i]];
  return copy;
}

/** The memory of a kernel's result, which always lies row-major. */
export function output(out: Strided): Values {
  if (!isRowMajor(out.shape, out.strides)) throw new Error("reference: a result has to be row-major without gaps");
  return elements(out);
}

/** Rows and width of an array seen as `[rows, n]`, whatever its leading axes. */
export function rowsOf(shape: Shape): [rows: number, n: number] {
  return [sizeOf(shape.slice(0, -1)), shape.length === 0 ? 1 : shape[shape.length - 1]];
}
