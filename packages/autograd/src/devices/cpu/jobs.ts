/** What the device's ops call: a kernel over so many units, at once or queued for the threads. */

import type { Strided } from "../../device.ts";
import { blockOf } from "./addresses.ts";
import { PARTS } from "./control.mjs";
import type { Footprint } from "./footprint.ts";
import { getThreads, type Machine, machine, machineIfMade } from "./machine.ts";
import type { Allocator } from "./memory.ts";
import type { Arguments, Kernel, KernelName } from "./table.mjs";

/** Where kernels find descriptions of their operands' axes without threads: in the first 64 KiB, which no block uses. */
export const DESCRIPTIONS = 1024;

/** Parts of a job for each thread: more than one, so that a thread that is late holds nobody up. */
const PARTS_PER_THREAD = 2;

/** Parts of rows begin at multiples of this, and sums over rows are taken of so many at a time (blockSums.ts). */
export const ROWS_TOGETHER = 32;

/** The address where what the next kernel has to know of its operands is to be written. */
export function nextDescription(): number {
  return machine().pool?.nextDescription ?? DESCRIPTIONS;
}

/** Returns when everything queued has been computed, or all that touches a tensor's memory. Errors: a kernel that failed. */
export function finish(x?: Pick<Strided, "storage">): void {
  machineIfMade()?.pool?.finish(x && blockOf(x));
}

/** Memory that no tensor is on, for the host to write to. Who had its block before may still be at it, and is waited for. */
export function allocateForHost(bytes: number): number {
  const { memory, pool } = machine();
  const block = memory.allocate(bytes);
  pool?.finish(block);
  return block;
}

/** The memory for the host to read and write: what has been queued, or all of it that touches a tensor, is computed. */
export function finishedMemory(x?: Pick<Strided, "storage">): Allocator {
  finish(x);
  return machine().memory;
}

/** Runs a kernel that may touch anything: see `runTouching`. */
export function run<Name extends KernelName>(
  name: Name,
  units: number,
  grain: number,
  ...args: Arguments<NoInfer<Name>>
): void {
  schedule(undefined, name, units, grain, args);
}

/**
 * Runs a kernel over units 0 … units - 1: at once where it is small and nothing is queued, else with the threads, beside
 * those queued before it that its footprint allows.
 *
 * @param grain units that are worth a thread of their own.
 */
export function runTouching<Name extends KernelName>(
  footprint: Footprint,
  name: Name,
  units: number,
  grain: number,
  ...args: Arguments<NoInfer<Name>>
): void {
  schedule(footprint, name, units, grain, args);
}

function schedule(
  footprint: Footprint | undefined,
  name: KernelName,
  units: number,
  grain: number,
  args: readonly (number | boolean)[],
): void {
  if (units <= 0) return;
  const kernels = kernelsAtOnce(units, grain);
  if (kernels !== undefined) {
    (kernels[name] as Kernel)(0, units, ...args);
    return;
  }
  const { step, height } = cutOf(units, Math.min(Math.floor(units / grain), mostParts()), footprint);
  machine().pool!.run(name, units, step, args, footprint?.cutAt(height));
}

/**
 * The kernels, where so many units are computed at once on this thread; undefined where they have to be queued. Ops of which
 * a token has dozens call them here, and so write nothing down for a queue that does not need it.
 */
export function kernelsAtOnce(units: number, grain: number): Machine["kernels"] | undefined {
  const { kernels, pool } = machine();
  return pool === undefined || (units < 2 * grain && pool.idle) ? kernels : undefined;
}

/** Parts that a job is cut into at most. */
export function mostParts(): number {
  return Math.min(getThreads() * PARTS_PER_THREAD, PARTS);
}

/** Rows of a part, for jobs that are cut along so many rows: the same for all of them, so that part follows part. */
export function heightOf(rows: number): number {
  return Math.ceil(rows / mostParts() / ROWS_TOGETHER) * ROWS_TOGETHER;
}

/** Whether cutting along rows leaves at least half of the parts that a job is worth. */
export function cutsWell(rows: number, parts: number): boolean {
  return Math.ceil(rows / heightOf(rows)) >= parts / 2;
}

/** Units of a part, and the rows that they stand for, as other jobs' parts do; 0 where they do not. */
interface Cut {
  readonly step: number;
  readonly height: number;
}

function cutOf(units: number, parts: number, footprint: Footprint | undefined): Cut {
  // In one part it is not cut where others are.
  if (parts < 2) return { step: units, height: 0 };
  if (footprint !== undefined && footprint.rows > 0) {
    if (footprint.height > 0) return { step: 1, height: footprint.height };
    const height = heightOf(footprint.rows);
    const step = (height * units) / footprint.rows;
    if (Number.isInteger(step) && cutsWell(footprint.rows, parts)) return { step: Math.min(step, units), height };
  }
  const step = Math.ceil(units / parts);
  // On a multiple of 16 where parts are long, so that no two write to one line of the cache.
  return { step: step < 256 ? step : Math.ceil(step / 16) * 16, height: 0 };
}
