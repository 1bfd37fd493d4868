/** Several elementwise steps in one pass over memory. */

import type { Strided } from "../../device.ts";
import { addressesOf, addressOf, rowsOf } from "./addresses.ts";
import { BlockSums, HEIGHT } from "./blockSums.ts";
import { Footprint } from "./footprint.ts";
import { runTouching } from "./jobs.ts";

/** Elements that are worth a thread of their own. */
const MANY = 8192;

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
  runTouching(footprint, "biasGelu", rows, grain, n, ...addressesOf(out, x, bias), withSlope);
}

export function biasGeluGrad(dx: Strided, dbias: Strided, slope: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(slope.shape);
  const sums = new BlockSums(rows, n, 1);
  const [partial] = sums.addresses;
  const footprint = sums.footprint().readsRows(slope, dy).writesRows(dx);
  const places = [addressOf(dx), partial, addressOf(slope), addressOf(dy)] as const;
  runTouching(footprint, "biasGeluGrad", sums.blocks, sums.grain(MANY), HEIGHT, rows, n, ...places);
  sums.addUp(dbias);
}
