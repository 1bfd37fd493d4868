/** Several elementwise steps in one pass over memory. */

import type { Strided } from "../../device.ts";
import { run } from "./machine.ts";
import { addressOf, rowsOf } from "./operands.ts";

/** Elements that are worth a thread of their own. */
const MANY = 8192;

export function biasGelu(out: Strided, x: Strided, bias: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  run("biasGelu", rows, Math.ceil(MANY / Math.max(1, n)), n, ...[out, x, bias].map(addressOf));
}

export function biasGeluGrad(dx: Strided, dbias: Strided, x: Strided, dy: Strided): void {
  const [rows, n] = rowsOf(x.shape);
  const grain = Math.ceil(MANY / Math.max(1, rows * 16));
  run("biasGeluGrad", Math.ceil(n / 16), grain, rows, n, ...[dx, dbias, x, dy].map(addressOf));
}
