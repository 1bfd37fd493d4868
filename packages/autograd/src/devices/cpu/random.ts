import type { RandomKey, Strided } from "../../device.ts";
import { sizeOf } from "../../shape.ts";
import { addressOf } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { runTouching } from "./jobs.ts";

/** Elements that the kernels make at a time: four counters of four words each. */
const GROUP = 16;
/** Groups that are worth a thread of their own. */
const SOME = 1024;

export function uniform(out: Strided, [key0, key1]: RandomKey): void {
  const n = sizeOf(out.shape);
  runTouching(new Footprint().writes(out), "uniform", Math.ceil(n / GROUP), SOME, n, addressOf(out), key0, key1);
}

export function normal(out: Strided, [key0, key1]: RandomKey): void {
  const n = sizeOf(out.shape);
  runTouching(new Footprint().writes(out), "normal", Math.ceil(n / GROUP), SOME, n, addressOf(out), key0, key1);
}

export function dropout(out: Strided, x: Strided, p: number, [key0, key1]: RandomKey): void {
  const n = sizeOf(out.shape);
  const footprint = new Footprint().reads(x).writes(out);
  runTouching(footprint, "dropout", Math.ceil(n / GROUP), SOME, n, addressOf(out), addressOf(x), p, key0, key1);
}
