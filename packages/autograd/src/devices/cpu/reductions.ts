import type { Lanes, ReduceOp, Strided } from "../../device.ts";
import { addressesOf, addressOf, isInt, rowsOf } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { Reduce } from "./generated/interface.mjs";
import { finish, run, runTouching } from "./jobs.ts";
import { machine } from "./machine.ts";

/** Elements that are worth a thread of their own. */
const MANY = 65536;
const SOME = 16384;
/** Sums over few but long rows are cut into stretches of this length, whatever the number of threads. */
const STRETCH = 16384;

/** The kernels' numbers for all ops there are. */
const REDUCE: Record<ReduceOp, Reduce> = Reduce;

const grainOf = (size: number, elements: number) => Math.ceil(elements / Math.max(1, size));

export function reduce(op: ReduceOp, out: Strided, x: Strided, { outer, size, inner }: Lanes): void {
  if (outer * inner === 0) return;
  const code = REDUCE[op];
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
  const [units, grain] = [outer * inner, grainOf(size, SOME)];
  run("argReduce", units, grain, isInt(x), op === "max", size, inner, addressOf(out), addressOf(x));
}

export function cumsum(out: Strided, x: Strided, { outer, size, inner }: Lanes, reverse: boolean): void {
  const [units, grain] = [outer * inner, grainOf(size, SOME)];
  run("cumsum", units, grain, isInt(x), reverse, size, inner, addressOf(out), addressOf(x));
}

export function topk(values: Strided, indices: Strided, x: Strided, k: number, largest: boolean): void {
  const [rows, n] = rowsOf(x.shape);
  run("topk", rows, grainOf(n, SOME), isInt(x), largest, n, k, ...addressesOf(values, indices, x));
}
