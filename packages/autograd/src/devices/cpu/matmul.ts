import type { Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { run } from "./machine.ts";
import { type Axes, addressOf, BYTES, describe, joinAxes } from "./operands.ts";

/** Batches of products of one shape; strides in elements. */
interface Product {
  readonly batches: Axes;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Strides of a along m and k, and of b along k and n. */
  readonly a: readonly [row: number, column: number];
  readonly b: readonly [row: number, column: number];
}

/** Reads the sizes, and makes one tall product of many where all batches share b. */
function productOf(out: Strided, a: Strided, b: Strided): Product {
  const rank = out.shape.length;
  const [m, n] = out.shape.slice(-2);
  const k = a.shape[rank - 1];
  const batches = joinAxes(out.shape.slice(0, -2), [a.strides.slice(0, -2), b.strides.slice(0, -2)]);
  let [aRow, aColumn] = a.strides.slice(-2);
  const [bRow, bColumn] = b.strides.slice(-2);
  const product = { n, k, a: [aRow, aColumn], b: [bRow, bColumn] } as const;
  if (batches.shape.length === 1 && batches.strides[1][0] === 0) {
    const step = batches.strides[0][0];
    if (m === 1) aRow = step;
    if (step === m * aRow) {
      return { ...product, m: m * batches.shape[0], a: [aRow, aColumn], batches: { shape: [], strides: [[], []] } };
    }
  }
  return { ...product, m, batches };
}

export function matmul(out: Strided, a: Strided, b: Strided, accumulate: boolean): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const { batches, m, n, k, ...strides } = productOf(out, a, b);
  if (k === 0) {
    if (!accumulate) run("fill", size, size, addressOf(out), 0);
    return;
  }
  // The kernel's description ends with an innermost axis of its own.
  const axes = { shape: [...batches.shape, 1], strides: batches.strides.map((s) => [...s, 0]) };
  const [aRow, aColumn] = strides.a.map((s) => s * BYTES);
  const [bRow, bColumn] = strides.b.map((s) => s * BYTES);
  const operands = [addressOf(a), aRow, aColumn, addressOf(b), bRow, bColumn];
  const count = sizeOf(batches.shape);
  run("matmul", count, count, m, n, k, describe(axes), m, n, addressOf(out), ...operands, Number(accumulate));
}
