import type { Lanes, ReduceOp, Strided } from "../../device.ts";
import { Footprint } from "./footprint.ts";
import { finish, machine, run, runTouching } from "./machine.ts";
import { addressOf, isInt, rowsOf } from "./operands.ts";

/** Elements that are worth a thread of their own. */
const MANY = 65536;
const SOME = 16384;
/** Sums over few but long rows are cut into stretches of this length, whatever the number of threads. */
const STRETCH = 16384;

const REDUCE: readonly ReduceOp[] = ["sum", "max", "min"];

const grainOf = (size: number, elements: number) => Math.ceil(elements / Math.max(1, size));

export function reduce(op: ReduceOp, out: Strided, x: Strided, { outer, size, inner }: Lanes): void {
  if (outer * inner === 0) return;
  const code = REDUCE.indexOf(op);
  const [y, from] = [addressOf(out), addressOf(x)];
  const touched = new Footprint().reads(x).writes(out);
  if (isInt(x)) runTouching(touched, "reduceInt", outer * inner, grainOf(size, MANY), code, size, inner, y, from);
  else if (inner > 1) {
    const units = outer * Math.ceil(inner / 16);
    runTouching(touched, "reduceColumns", units, grainOf(size * 16, MANY), code, size, inner, y, from);
  } else if (op === "sum" && outer === 1 && size > 2 * STRETCH) sumLong(out, from, size);
  else runTouching(touched, "reduceRows", outer, grainOf(size, MANY), code, size, y, from);
}

/** Sums each stretch in a thread, then the stretches in order. */
function sumLong(out: Strided, from: number, size: number): void {
  const { memory } = machine();
  const stretches = Math.ceil(size / STRETCH);
  const partial = memory.allocate(stretches * 8);
  run("sumStretches", stretches, MANY / STRETCH, STRETCH, size, partial, from);
  finish();
  let total = 0;
  for (const sum of new Float64Array(memory.memory.buffer, partial, stretches)) total += sum;
  memory.floats[addressOf(out) / 4] = total;
  memory.release(partial);
}

export function argReduce(op: "max" | "min", out: Strided, x: Strided, { outer, size, inner }: Lanes): void {
  const flags = [Number(isInt(x)), Number(op === "max")];
  run("argReduce", outer * inner, grainOf(size, SOME), ...flags, size, inner, addressOf(out), addressOf(x));
}

export function cumsum(out: Strided, x: Strided, { outer, size, inner }: Lanes, reverse: boolean): void {
  const flags = [Number(isInt(x)), Number(reverse)];
  run("cumsum", outer * inner, grainOf(size, SOME), ...flags, size, inner, addressOf(out), addressOf(x));
}

export function topk(values: Strided, indices: Strided, x: Strided, k: number, largest: boolean): void {
  const [rows, n] = rowsOf(x.shape);
  const flags = [Number(isInt(x)), Number(largest)];
  run("topk", rows, grainOf(n, SOME), ...flags, n, k, addressOf(values), addressOf(indices), addressOf(x));
}
