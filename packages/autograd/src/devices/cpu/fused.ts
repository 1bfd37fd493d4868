/**
 * Several steps in one pass over memory. Each function that is exported here is an optional kernel of the device: a new one
 * needs no line elsewhere.
 */

import type { Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { addressesOf, addressOf, rowsOf } from "./addresses.ts";
import { BlockSums, HEIGHT } from "./blockSums.ts";
import { binary, unary } from "./elementwise.ts";
import { Footprint } from "./footprint.ts";
import { runTouching } from "./jobs.ts";
import { matmul } from "./matmul.ts";
import { isThin, thinProduct } from "./thin.ts";

/** Elements that are worth a thread of their own. */
const MANY = 8192;

export function biasGelu(out: Strided, x: Strided, bias: Strided): void {
  geluOf(out, x, bias, true);
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

export function swiglu(out: Strided, gate: Strided, up: Strided): void {
  const footprint = new Footprint(rowsOf(out.shape)[0]).readsRows(gate, up).writesRows(out);
  runTouching(footprint, "swiglu", sizeOf(out.shape), MANY, ...addressesOf(out, gate, up));
}

export function swigluGrad(dgate: Strided, dup: Strided, gate: Strided, up: Strided, dy: Strided): void {
  const footprint = new Footprint(rowsOf(dy.shape)[0]).readsRows(gate, up, dy).writesRows(dgate, dup);
  runTouching(footprint, "swigluGrad", sizeOf(dy.shape), MANY, ...addressesOf(dgate, dup, gate, up, dy));
}

/** A matrix or a row of numbers, seen another way. */
const seenAs = ({ storage, offset }: Strided, shape: number[], strides: number[]): Strided => ({
  ...{ storage, offset, shape, strides },
});

/** A fully connected layer in one kernel where it has few rows, else in as few as there are. */
export function linear(out: Strided, x: Strided, weight: Strided, bias: Strided | undefined, gelu: boolean): void {
  if (isThin(x, weight)) {
    thinProduct(out, x, weight, bias, gelu);
    return;
  }
  const [n, k] = weight.shape;
  matmul(out, x, seenAs(weight, [k, n], [weight.strides[1], weight.strides[0]]), false);
  if (bias === undefined) {
    if (gelu) unary("gelu", out, out, 0, 0);
  } else if (gelu) geluOf(out, out, bias, false);
  else binary("add", out, out, seenAs(bias, [...out.shape], [0, 1]));
}
