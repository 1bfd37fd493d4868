import { setImmediate as nextTask } from "node:timers/promises";
import { median } from "./statistics.ts";

export interface Times {
  readonly ms: number;
  readonly minMs: number;
}

/** Runs before the clock starts: at least so many, and for so long, until threads run and memory is warm. */
const WARM_UP = { runs: 3, ms: 200 };
/** Where no number of runs is given: until this much time has passed, within bounds. */
const TIMED = { ms: 300, least: 3, most: 500 };

/** Median and shortest milliseconds of many runs of `fn`, each begun in a task of its own. */
export async function time(fn: () => void | Promise<void>, runs?: number, warmUp = WARM_UP.runs): Promise<Times> {
  const start = performance.now();
  for (let i = 0; i < warmUp || (runs === undefined && performance.now() - start < WARM_UP.ms); i++) await fn();
  const times: number[] = [];
  const isEnough = (total: number) => times.length >= TIMED.most || (times.length >= TIMED.least && total >= TIMED.ms);
  for (let total = 0; runs === undefined ? !isEnough(total) : times.length < runs; ) {
    await nextTask();
    const begun = performance.now();
    await fn();
    const ms = performance.now() - begun;
    times.push(ms);
    total += ms;
  }
  return { ms: median(times), minMs: Math.min(...times) };
}
