import seedrandom from "seedrandom";
import type { Strided } from "../../src/device.ts";
import { positions } from "../../src/devices/reference/elements.ts";
import type { DType } from "../../src/dtypes.ts";
import { rowMajorStrides, type Shape, sizeOf } from "../../src/shape.ts";

/** An array for a kernel: what its whole storage holds, and where in it the array lies. */
export interface Operand extends Pick<Strided, "shape" | "strides" | "offset"> {
  readonly dtype: DType;
  readonly memory: Float32Array | Int32Array;
}

/**
 * How an array lies in its storage: at its start; with other data before and behind it; with its axes in reverse order;
 * with unused elements between its own; with axes repeated by a stride of 0.
 */
export type Layout = "plain" | "offset" | "reversed" | "gaps" | "repeated";

/** Ways in which an operand may lie that has to be row-major. */
export const DENSE: readonly Layout[] = ["plain", "offset"];
export const STRIDED: readonly Layout[] = ["plain", "offset", "reversed", "gaps", "repeated"];

/** What lies around results, and has to lie there afterwards. */
const GUARD = 8192;

/** Strides and offset of an array that lies in a given way. */
function lay(shape: Shape, layout: Layout): { strides: number[]; offset: number } {
  switch (layout) {
    case "plain":
      return { strides: rowMajorStrides(shape), offset: 0 };
    case "offset":
      return { strides: rowMajorStrides(shape), offset: 3 };
    case "reversed":
      return { strides: rowMajorStrides([...shape].reverse()).reverse(), offset: 1 };
    case "gaps": {
      const roomy = shape.map((n, i) => (i === shape.length - 1 ? 2 * n : n + 1));
      return { strides: rowMajorStrides(roomy).map((s, i) => (i === shape.length - 1 ? 2 : s)), offset: 2 };
    }
    case "repeated": {
      // Every other axis, so that the last one is repeated for some ranks and not for others.
      const kept = rowMajorStrides(shape.map((n, i) => (i % 2 === 0 ? 1 : n)));
      return { strides: kept.map((s, i) => (i % 2 === 0 ? 0 : s)), offset: 1 };
    }
  }
}

/** An array over a storage just large enough, with a few elements behind its last where it does not start at 0. */
function operand(
  shape: Shape,
  dtype: DType,
  place: { strides: readonly number[]; offset: number },
  next: () => number,
): Operand {
  const { strides, offset } = place;
  const last = shape.reduce((at, n, i) => at + (n - 1) * strides[i], offset);
  const end = sizeOf(shape) === 0 ? offset : last + 1;
  const length = offset === 0 ? end : end + 5;
  const memory = dtype === "int32" ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) memory[i] = next();
  return { dtype, memory, shape, strides, offset };
}

/**
 * For a result: its elements hold NaN (or an odd integer), so that one which is not written, or is read, shows up.
 */
export function blank(shape: Shape, dtype: DType = "float32", layout: Layout = "offset"): Operand {
  const result = operand(shape, dtype, lay(shape, layout), () => GUARD);
  for (const at of positions(result)) result.memory[at] = dtype === "int32" ? -9999 : Number.NaN;
  return result;
}

/** An array with given values, in row-major order. */
export function given(
  shape: Shape,
  values: ArrayLike<number>,
  dtype: DType = "float32",
  layout: Layout = "offset",
): Operand {
  const result = operand(shape, dtype, lay(shape, layout), () => GUARD);
  positions(result).forEach((at, i) => {
    result.memory[at] = values[i % values.length];
  });
  return result;
}

/** The same storage seen as another array. */
export function view(of: Operand, shape: Shape, strides: readonly number[], offset = of.offset): Operand {
  return { ...of, shape, strides, offset };
}

/** The array with its last two axes exchanged, over the same storage. */
export function transposed(of: Operand): Operand {
  const swap = (list: Shape) => [...list.slice(0, -2), list[list.length - 1], list[list.length - 2]];
  return view(of, swap(of.shape), swap(of.strides));
}

/** Random arrays and shapes; the same seed makes the same ones. */
export class Numbers {
  readonly #next: () => number;

  constructor(seed: string) {
    this.#next = seedrandom(seed);
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)];
  }

  /** A random shape of up to four axes, none longer than 7. */
  shape(): number[] {
    return Array.from({ length: this.integer(1, 4) }, () => this.integer(1, 7));
  }

  /** Normally distributed values. */
  normal(shape: Shape, layout: Layout = "offset", deviation = 1, mean = 0): Operand {
    return operand(shape, "float32", lay(shape, layout), () => mean + deviation * this.#normal());
  }

  uniform(low: number, high: number, shape: Shape, layout: Layout = "offset"): Operand {
    return operand(shape, "float32", lay(shape, layout), () => low + (high - low) * this.#next());
  }

  /** int32 values from `low` to `high`, both included. */
  integers(low: number, high: number, shape: Shape, layout: Layout = "offset"): Operand {
    return operand(shape, "int32", lay(shape, layout), () => this.integer(low, high));
  }

  /** Whole numbers as float32: many are equal. */
  ties(low: number, high: number, shape: Shape): Operand {
    return operand(shape, "float32", lay(shape, "offset"), () => this.integer(low, high));
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }
}
