/** Steps of recurrent layers. Each function that is exported here is an optional kernel of the device. */

import type { Strided } from "../../device.ts";
import { addressesOf } from "./addresses.ts";
import { Footprint } from "./footprint.ts";
import { runTouching } from "./jobs.ts";

/** Elements of a state that are worth a thread of their own: each takes five exponentials. */
const SOME = 1024;

export function lstmGates(h: Strided, c: Strided, gates: Strided, before: Strided): void {
  const [rows, n] = h.shape;
  const footprint = new Footprint(rows).reads(before).writes(h, c, gates);
  runTouching(footprint, "lstmGates", rows, Math.ceil(SOME / n), n, ...addressesOf(h, c, gates, before));
}

export function lstmGatesGrad(
  dgates: Strided,
  dc: Strided,
  dh: Strided,
  gates: Strided,
  c: Strided,
  before: Strided,
): void {
  const [rows, n] = dh.shape;
  const footprint = new Footprint(rows).reads(dh, gates, c, before).writes(dgates, dc);
  const operands = addressesOf(dgates, dc, dh, gates, c, before);
  runTouching(footprint, "lstmGatesGrad", rows, Math.ceil(SOME / n), n, ...operands);
}
