/** Several elementwise steps in one pass over memory. */

import type { Strided } from "../../device.ts";
import { Footprint } from "./footprint.ts";
import { machine, runTouching } from "./machine.ts";
import { addressOf, BYTES, rowsOf } from "./operands.ts";

/** Elements that are worth a thread of their own. */
const MANY = 8192;
/** The code of a sum among reductions. */
const SUM = 0;

export function biasGelu(out: Strided, x: Strided, bias: Strided): void {
  geluOf(out, x, bias, true);
}

/** `x = gelu(x + bias)` in place, where no gradient will be asked for. */
export function biasGeluInPlace(x: Strided, bias: Strided): void {
  geluOf(x, x, bias, false);
}

function geluOf(out: Strided, x: Strided, bias: Strided, withSlope: boolean): void {
  const [rows, n] = rowsOf(x.shape);
  const grain = Math.ceil(MANY / Math.max(1, n));
  const footprint = new Footprint(rows).reads(bias).writesRows(out, x);
  runTouching(footprint, "biasGelu", rows, grain, n, ...[out, x, bias].map(addressOf), Number(withSlope));
}

/** Rows whose sums are taken together: fixed, so that no result depends on the number of threads. */
const HEIGHT = 32;

export function biasGeluGrad(dx: Strided, dbias: Strided, slope: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(slope.shape);
  const { memory } = machine();
  const blocks = Math.ceil(rows / HEIGHT);
  const sums = memory.allocate(Math.max(1, blocks * n) * BYTES);
  const grain = Math.ceil(MANY / Math.max(1, HEIGHT * n));
  const [to, from, factor] = [dx, dy, slope].map(addressOf);
  const byBlocks = new Footprint(rows % HEIGHT === 0 ? rows : 0)
    .readsRows(slope, dy)
    .writesRows(dx)
    .touch(sums, true, 0);
  runTouching(byBlocks, "biasGeluGrad", blocks, grain, HEIGHT, rows, n, to, sums, factor, from);
  if (n > 0) {
    const summing = new Footprint().writes(dbias).touch(sums, false, 0);
    const single = Number.POSITIVE_INFINITY;
    runTouching(summing, "reduceColumns", Math.ceil(n / 16), single, SUM, blocks, n, addressOf(dbias), sums);
  }
  memory.release(sums);
}
