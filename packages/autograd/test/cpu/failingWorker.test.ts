import { afterEach, beforeEach, expect, it } from "vitest";
import { machine } from "../../src/devices/cpu/machine.ts";
import { Pool } from "../../src/devices/cpu/pool.ts";
import type { AllKernels } from "../../src/devices/cpu/table.mjs";

const UNITS = 1 << 16;
/** Units of a part. */
const STEP = UNITS / 8;
/** Far behind the end of the memory. */
const NOWHERE = 0xf000_0000;

let block: number;
beforeEach(() => {
  block = machine().memory.allocate(4 * UNITS);
});
afterEach(() => machine().memory.release(block));

/** Two threads, of which the main one uses `own` in place of `fill`. */
function poolWith(own: AllKernels["fill"]): Pool {
  const { memory, kernels, module } = machine();
  return new Pool(2, memory, { ...kernels, fill: own }, module, kernels.scratchSize(), undefined);
}

/** Fills the block, and waits for the worker to be there. */
async function start(pool: Pool): Promise<void> {
  pool.run("fill", UNITS, STEP, [block, 1]);
  while (pool.ready < 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The same job, until the thread that fails has taken a part of it. */
function runOften(pool: Pool, address: number): void {
  for (let i = 0; i < 100; i++) pool.run("fill", UNITS, STEP, [address, 2]);
  pool.finish();
}

/** Gives the other thread time to take a part. */
function dawdle(): void {
  const end = performance.now() + 20;
  while (performance.now() < end);
}

it("tells which kernel failed and why where a worker crashes in its part, and goes on working", async () => {
  const { kernels, memory } = machine();
  let isMainIdle = true;
  const pool = poolWith((begin, end, ...args) => {
    if (isMainIdle) dawdle();
    else kernels.fill(begin, end, ...args);
  });
  try {
    await start(pool);
    expect(() => runOften(pool, NOWHERE)).toThrow('cpu: the kernel "fill" failed: memory access out of bounds');
    isMainIdle = false;
    for (const value of [2, 3]) {
      pool.run("fill", UNITS, STEP, [block, value]);
      pool.finish();
      expect(new Set(memory.ints.subarray(block / 4, block / 4 + UNITS))).toEqual(new Set([value]));
    }
  } finally {
    pool.stop();
  }
});

it("waits for the workers before it tells that the main thread failed", async () => {
  const { memory } = machine();
  let isBroken = false;
  const pool = poolWith((begin, end, address, value) => {
    if (isBroken) throw new Error("no such luck");
    memory.ints.fill(value, address / 4 + begin, address / 4 + end);
  });
  try {
    await start(pool);
    isBroken = true;
    expect(() => runOften(pool, block)).toThrow('cpu: the kernel "fill" failed: no such luck');
    isBroken = false;
    pool.run("fill", UNITS, STEP, [block, 3]);
    pool.finish();
    expect(new Set(memory.ints.subarray(block / 4, block / 4 + UNITS))).toEqual(new Set([3]));
  } finally {
    pool.stop();
  }
});
