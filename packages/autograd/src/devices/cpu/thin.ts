/** Products with few rows, as generation makes them: reading the weights is what takes time, and nothing is worth packing. */

import type { Strided } from "../../device.ts";
import { addressOf, addressOrZero, BYTES } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { kernelsAtOnce, runTouching } from "./jobs.ts";

/** Rows up to which packing does not pay: a few more for large weights, a few less for small ones. */
const MOST_ROWS = 16;
/** Columns of a unit, as in kernels/thin.ts: a line of the cache, so that no two threads write to one. */
const STRETCH = 16;
/**
 * Bytes of weights, read for one row, that are worth a thread of their own: some four microseconds. Where all of a token's layers
 * are smaller, the main thread computes each at once, and so saves the queue.
 */
const BYTES_PER_PART = 2 ** 18;

/** Whether x [rows, k] times Wᵀ, with weight [n, k], is such a product: few rows, and each row of both without gaps. */
export function isThin(x: Strided, weight: Strided): boolean {
  const [rows, k] = x.shape;
  return rows <= MOST_ROWS && k > 0 && x.strides[1] === 1 && weight.strides[1] === 1;
}

/** out = x Wᵀ + bias, then GELU where `gelu`; see `linear` in device.ts. */
export function thinProduct(
  out: Strided,
  x: Strided,
  weight: Strided,
  bias: Strided | undefined = undefined,
  gelu = false,
): void {
  const [m, k] = x.shape;
  const [n] = weight.shape;
  // Four rows more take as long as reading the weights once more.
  const bytesPerUnit = STRETCH * k * BYTES * (1 + m / 4);
  const grain = Math.ceil(BYTES_PER_PART / bytesPerUnit);
  const units = Math.ceil(n / STRETCH);
  const [y, p, w, b] = [addressOf(out), addressOf(x), addressOf(weight), addressOrZero(bias)];
  const [xRow, weightRow] = [x.strides[0] * BYTES, weight.strides[0] * BYTES];
  const kernels = kernelsAtOnce(units, grain);
  if (kernels !== undefined) {
    kernels.linear(0, units, m, n, k, y, p, xRow, w, weightRow, b, gelu);
    return;
  }
  const footprint = new Footprint().reads(x, weight, bias).writes(out);
  runTouching(footprint, "linear", units, grain, m, n, k, y, p, xRow, w, weightRow, b, gelu);
}
