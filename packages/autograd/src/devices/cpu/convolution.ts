/** Filters and windows over images. Each function that is exported here is an optional kernel of the device. */

import type { FilterOptions, PoolOptions, Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { addressesOf, addressOf, addressOrZero, BYTES } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { Filter, Reduce } from "./generated/interface.mjs";
import { nextDescription, runTouching } from "./jobs.ts";
import { machine } from "./machine.ts";

/** Floating-point operations that are worth a thread of their own: some 10 microseconds. */
const FLOPS_PER_PART = 5e5;
/** Sums over a batch's images are taken of so many blocks of them at most: fixed, so that no result depends on the threads. */
const BLOCKS = 16;

/** Writes down what the kernels have to know (`Filter` in kernels/convolution.ts) and returns its address. */
function describe(out: Strided, images: Strided, options: FilterOptions): number {
  const { size, stride, dilation, reversed } = options;
  const [, channels, phases, height, width] = images.shape;
  const { ints } = machine().memory;
  const address = nextDescription();
  const at = address / BYTES;
  [ints[at + Filter.height], ints[at + Filter.width]] = size;
  [ints[at + Filter.strideHeight], ints[at + Filter.strideWidth]] = stride;
  [ints[at + Filter.dilationHeight], ints[at + Filter.dilationWidth]] = dilation;
  ints[at + Filter.reversed] = Number(reversed);
  ints[at + Filter.channelStep] = phases * height * width * BYTES;
  ints[at + Filter.phaseStep] = height * width * BYTES;
  ints[at + Filter.rowStep] = width * BYTES;
  ints[at + Filter.size] = channels * size[0] * size[1];
  ints[at + Filter.imageStep] = channels * phases * height * width * BYTES;
  [, ints[at + Filter.outputs], ints[at + Filter.rows], ints[at + Filter.columns]] = out.shape;
  return address;
}

/** Operations that one image takes. */
const flopsOf = (out: Strided, images: Strided, { size }: FilterOptions) =>
  2 * sizeOf(out.shape.slice(1)) * images.shape[1] * size[0] * size[1];

export function convolve(
  out: Strided,
  images: Strided,
  weight: Strided,
  bias: Strided | undefined,
  options: FilterOptions,
): void {
  const batch = out.shape[0];
  const footprint = new Footprint(batch).reads(weight, bias).readsRows(images).writesRows(out);
  const grain = Math.ceil(FLOPS_PER_PART / flopsOf(out, images, options));
  const operands = [...addressesOf(out, images, weight), addressOrZero(bias)] as const;
  runTouching(footprint, "convolve", batch, grain, describe(out, images, options), ...operands);
}

export function convolveGrad(dweight: Strided, dy: Strided, images: Strided, options: FilterOptions): void {
  const { memory } = machine();
  const [batch, outputs, rows, width] = dy.shape;
  const height = Math.ceil(batch / BLOCKS);
  const blocks = Math.ceil(batch / height);
  const n = sizeOf(dweight.shape);
  const sums = memory.allocate(blocks * n * BYTES);
  const seen = { ...dy, shape: [batch, outputs, rows, options.columns] };
  const grain = Math.ceil(FLOPS_PER_PART / (height * flopsOf(seen, images, options)));
  const places = [sums, addressOf(dy), rows * width * BYTES, addressOf(images)] as const;
  const footprint = new Footprint().reads(dy, images).touch(sums, true, 0);
  runTouching(footprint, "convolveGrad", blocks, grain, describe(seen, images, options), height, batch, ...places);
  const adding = new Footprint().writes(dweight).touch(sums, false, 0);
  const units = Math.ceil(n / 16);
  runTouching(adding, "reduceColumns", units, 4096 / blocks, Reduce.sum, blocks, n, addressOf(dweight), sums);
  memory.release(sums);
}

/** Elements that are worth a thread of their own. */
const MANY = 16384;

export function maxPool(out: Strided, places: Strided, x: Strided, options: PoolOptions): void {
  const { size, stride, padding, dilation } = options;
  const [planes, height, width] = x.shape;
  const [, rows, columns] = out.shape;
  const footprint = new Footprint(planes).readsRows(x).writesRows(out, places);
  const grain = Math.ceil(MANY / (rows * columns * size[0] * size[1]));
  const moves = [...size, ...stride, ...padding, ...dilation] as const;
  const operands = addressesOf(out, places, x);
  runTouching(footprint, "maxPool", planes, grain, height, width, ...moves, rows, columns, ...operands);
}

export function maxPoolGrad(dx: Strided, dy: Strided, places: Strided): void {
  const planes = dx.shape[0];
  const [size, count] = [dx, dy].map(({ shape }) => sizeOf(shape.slice(1)));
  const footprint = new Footprint(planes).readsRows(dy, places).writesRows(dx);
  runTouching(footprint, "maxPoolGrad", planes, Math.ceil(MANY / size), size, count, ...addressesOf(dx, dy, places));
}
