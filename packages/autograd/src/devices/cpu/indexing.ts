import type { Lanes, Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { addressesOf, addressOf, addressOrZero, BYTES, isInt } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { finishedMemory, run, runTouching } from "./jobs.ts";
import { machine } from "./machine.ts";

/** Elements that are worth a thread of their own. */
const MANY = 32768;
/** An index that no tensor holds, where none is to be let through. */
const NONE = 0;

const grainOf = (size: number) => Math.ceil(MANY / Math.max(1, size));

/** Position of the first index outside 0 … size - 1 that is not `ignored`, and its value; undefined where all are inside. */
export function findOutside(
  index: Strided,
  size: number,
  ignored = NONE,
): { position: number; value: number } | undefined {
  const { kernels } = machine();
  const memory = finishedMemory(index);
  const address = addressOf(index);
  const position = kernels.firstOutside(address, sizeOf(index.shape), size, ignored);
  return position < 0 ? undefined : { position, value: memory.ints[address / BYTES + position] };
}

/** Errors: an index outside the axis. */
function checkIndices(kernel: string, index: Strided, size: number): void {
  if (size === 0 && sizeOf(index.shape) > 0) {
    const value = finishedMemory(index).ints[addressOf(index) / BYTES];
    throw new RangeError(`${kernel}: index ${value} into an axis of size 0`);
  }
  const outside = findOutside(index, size);
  if (outside) throw new RangeError(`${kernel}: index ${outside.value} is outside 0 … ${size - 1}`);
}

export function gather(out: Strided, x: Strided, index: Strided, { outer, size, inner }: Lanes, count: number): void {
  checkIndices("gather", index, size);
  const addresses = addressesOf(out, x, index);
  run("gather", outer * count, grainOf(inner), size, inner, count, ...addresses);
}

export function scatterAdd(
  out: Strided,
  index: Strided,
  x: Strided,
  { outer, size, inner }: Lanes,
  count: number,
): void {
  checkIndices("scatterAdd", index, size);
  const addresses = addressesOf(out, index, x);
  run("scatterAdd", outer * inner, grainOf(count), isInt(x), size, inner, count, ...addresses);
}

export function indexSelect(out: Strided, x: Strided, index: Strided, { outer, size, inner }: Lanes): void {
  checkIndices("indexSelect", index, size);
  const count = sizeOf(index.shape);
  const addresses = addressesOf(out, x, index);
  run("indexSelect", outer * count, grainOf(inner), size, inner, count, ...addresses);
}

export function indexAdd(out: Strided, index: Strided, x: Strided, { outer, size, inner }: Lanes): void {
  checkIndices("indexAdd", index, size);
  const count = sizeOf(index.shape);
  const addresses = addressesOf(out, index, x);
  const blocks = outer * Math.ceil(inner / 16);
  run("indexAdd", blocks, grainOf(16 * count), isInt(x), size, inner, count, ...addresses);
}

export function embed(out: Strided, weight: Strided, positions: Strided, tokens: Strided): void {
  const [vocabulary, width] = weight.shape;
  const outside = findOutside(tokens, vocabulary);
  if (outside) {
    throw new RangeError(`embedding: token ${outside.value} is outside the vocabulary 0 … ${vocabulary - 1}`);
  }
  const addresses = addressesOf(out, weight, positions, tokens);
  const rows = sizeOf(tokens.shape);
  const footprint = new Footprint(rows).readsRows(tokens).reads(weight, positions).writesRows(out);
  runTouching(footprint, "embed", rows, grainOf(width), width, positions.shape[0], ...addresses);
}

export function embedGrad(
  dweight: Strided | undefined,
  dpositions: Strided | undefined,
  dy: Strided,
  tokens: Strided,
): void {
  const [batch, time, width] = dy.shape;
  const results = [addressOrZero(dweight), addressOrZero(dpositions)] as const;
  const rows = batch * time;
  const footprint = new Footprint().reads(dy, tokens).writes(dweight, dpositions);
  const [units, grain] = [Math.ceil(width / 16), grainOf(16 * rows)];
  runTouching(footprint, "embedGrad", units, grain, width, time, rows, ...results, ...addressesOf(dy, tokens));
}
