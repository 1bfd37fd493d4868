import { setImmediate as nextTask } from "node:timers/promises";
import { median } from "./statistics.ts";
import type { Timing } from "./workloads.ts";

export interface Times {
  readonly ms: number;
  readonly minMs: number;
}

/**
 * Median and shortest milliseconds of many runs of `fn`, each begun in a task of its own. Where a number of runs is given,
 * so many are timed, and no more are made before that than the rule's least.
 */
export async function time(fn: () => void | Promise<void>, { warmUp, timed }: Timing, runs?: number): Promise<Times> {
  const start = performance.now();
  const isWarm = () => runs !== undefined || performance.now() - start >= warmUp.ms;
  for (let made = 0; made < warmUp.runs || !isWarm(); made++) await fn();
  const times: number[] = [];
  const isEnough = (total: number) =>
    runs === undefined ? times.length >= timed.runs && total >= timed.ms : times.length >= runs;
  for (let total = 0; !isEnough(total); ) {
    await nextTask();
    const begun = performance.now();
    await fn();
    const ms = performance.now() - begun;
    times.push(ms);
    total += ms;
  }
  return { ms: median(times), minMs: times.reduce((least, ms) => Math.min(least, ms)) };
}
