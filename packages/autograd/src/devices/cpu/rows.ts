import type { CrossEntropyOptions, Strided } from "../../device.ts";
import { addressesOf, addressOf, addressOrZero, rowsOf } from "./addresses.ts";
import { BlockSums, HEIGHT } from "./blockSums.ts";
import { Footprint } from "./footprint.ts";
import { findOutside } from "./indexing.ts";
import { kernelsAtOnce, runTouching } from "./jobs.ts";

/** Elements that are worth a thread of their own. */
const SOME = 16384;

const grainOf = (n: number) => Math.ceil(SOME / Math.max(1, n));

export function softmax(out: Strided, x: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  runTouching(
    new Footprint(rows).readsRows(x).writesRows(out),
    "softmax",
    rows,
    grainOf(n),
    n,
    addressOf(out),
    addressOf(x),
  );
}

export function softmaxGrad(dx: Strided, y: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(y.shape);
  const footprint = new Footprint(rows).readsRows(y, dy).writesRows(dx);
  runTouching(footprint, "softmaxGrad", rows, grainOf(n), n, addressOf(dx), addressOf(y), addressOf(dy));
}

export function logSoftmax(out: Strided, x: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  runTouching(
    new Footprint(rows).readsRows(x).writesRows(out),
    "logSoftmax",
    rows,
    grainOf(n),
    n,
    addressOf(out),
    addressOf(x),
  );
}

export function logSoftmaxGrad(dx: Strided, y: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(y.shape);
  const footprint = new Footprint(rows).readsRows(y, dy).writesRows(dx);
  runTouching(footprint, "logSoftmaxGrad", rows, grainOf(n), n, addressOf(dx), addressOf(y), addressOf(dy));
}

export function layerNorm(
  out: Strided,
  mean: Strided,
  rstd: Strided,
  x: Strided,
  weight: Strided | undefined,
  bias: Strided | undefined,
  eps: number,
): void {
  const [rows, n] = rowsOf(x.shape);
  const saved = [addressOf(mean), addressOf(rstd)] as const;
  const learned = [addressOrZero(weight), addressOrZero(bias)] as const;
  const footprint = new Footprint(rows).readsRows(x).reads(weight, bias).writesRows(out, mean, rstd);
  runTouching(footprint, "layerNorm", rows, grainOf(n), n, addressOf(out), ...saved, addressOf(x), ...learned, eps);
}

/** `layerNorm` of which nothing but out is wanted. */
export function normalize(
  out: Strided,
  x: Strided,
  weight: Strided | undefined,
  bias: Strided | undefined,
  eps: number,
): void {
  const [rows, n] = rowsOf(x.shape);
  const [y, p, w, b] = [addressOf(out), addressOf(x), addressOrZero(weight), addressOrZero(bias)];
  const kernels = kernelsAtOnce(rows, grainOf(n));
  if (kernels !== undefined) {
    kernels.layerNorm(0, rows, n, y, 0, 0, p, w, b, eps);
    return;
  }
  const footprint = new Footprint(rows).readsRows(x).reads(weight, bias).writesRows(out);
  runTouching(footprint, "layerNorm", rows, grainOf(n), n, y, 0, 0, p, w, b, eps);
}

export function layerNormGrad(
  dx: Strided | undefined,
  dweight: Strided | undefined,
  dbias: Strided | undefined,
  dy: Strided,
  x: Strided,
  mean: Strided,
  rstd: Strided,
  weight: Strided | undefined,
): void {
  const [rows, n] = rowsOf(x.shape);
  const wanted = [dweight, dbias].filter((result) => result !== undefined);
  const sums = new BlockSums(rows, n, wanted.length > 0 ? 2 : 0);
  const footprint = sums.footprint().readsRows(dy, x, mean, rstd).reads(weight);
  if (dx) footprint.writesRows(dx);
  const [weights, biases] = sums.addresses;
  const places = [addressOrZero(dx), weights ?? 0, biases ?? 0, ...addressesOf(dy, x, mean, rstd)] as const;
  runTouching(
    footprint,
    "layerNormGrad",
    sums.blocks,
    sums.grain(SOME),
    HEIGHT,
    rows,
    n,
    ...places,
    addressOrZero(weight),
  );
  sums.addUp(dweight, dbias);
}

export function crossEntropy(
  losses: Strided,
  scales: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  { ignoreIndex, smoothing, weight }: CrossEntropyOptions,
): void {
  const [rows, n] = rowsOf(logits.shape);
  const outside = findOutside(targets, n, ignoreIndex);
  if (outside) {
    throw new RangeError(
      `crossEntropy: target ${outside.value} of row ${outside.position} is outside 0 … ${n - 1}; rows to leave out carry the ignoreIndex`,
    );
  }
  const addresses = addressesOf(losses, scales, lse, logits, targets);
  const footprint = new Footprint(rows).readsRows(logits, targets).reads(weight).writesRows(losses, scales, lse);
  const settings = [addressOrZero(weight), ignoreIndex, smoothing] as const;
  runTouching(footprint, "crossEntropy", rows, grainOf(n), n, ...addresses, ...settings);
}

export function crossEntropyGrad(
  dlogits: Strided,
  dlosses: Strided,
  lse: Strided,
  logits: Strided,
  targets: Strided,
  { ignoreIndex, smoothing, weight }: CrossEntropyOptions,
): void {
  const [rows, n] = rowsOf(logits.shape);
  const addresses = addressesOf(dlogits, dlosses, lse, logits, targets);
  const footprint = new Footprint(rows).readsRows(dlosses, lse, logits, targets).reads(weight).writesRows(dlogits);
  const settings = [addressOrZero(weight), ignoreIndex, smoothing] as const;
  runTouching(footprint, "crossEntropyGrad", rows, grainOf(n), n, ...addresses, ...settings);
}
