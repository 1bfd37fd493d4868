import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { machine } from "../../src/devices/cpu/machine.ts";
import { Pool } from "../../src/devices/cpu/pool.ts";
import type { Thread } from "../../src/devices/cpu/thread.ts";

const UNITS = 1 << 16;
/** Sides of the squares that a worker is busy with: for a tenth of a second or more. */
const SIDE = 1200;

let block: number;
let squares: number;
beforeEach(() => {
  const { memory } = machine();
  block = memory.allocate(4 * UNITS);
  squares = memory.allocate(3 * 4 * SIDE * SIDE);
  memory.floats.fill(0, squares / 4, squares / 4 + 3 * SIDE * SIDE);
});
afterEach(() => {
  machine().memory.release(block);
  machine().memory.release(squares);
});

/** So many threads, of which the main one leaves large products to the others. */
function poolOf(threads: number): Pool {
  const { memory, kernels, module } = machine();
  const pause = () => {
    const end = performance.now() + 2;
    while (performance.now() < end);
  };
  return new Pool(threads, memory, { ...kernels, matmul: pause }, module, kernels.scratchSize(), undefined);
}

const workersOf = (pool: Pool) => (pool as unknown as { workers: (Thread | undefined)[] }).workers;

/** Ends a worker as the system or somebody else's program might. */
function kill(pool: Pool, place: number): void {
  workersOf(pool)[place]?.worker.terminate();
}

function fill(pool: Pool, value: number): void {
  pool.run("fill", UNITS, UNITS / 8, [block, value]);
}

function multiply(pool: Pool): void {
  const [out, a, b] = [0, 1, 2].map((i) => squares + 4 * i * SIDE * SIDE);
  const { memory } = machine();
  memory.ints.fill(0, pool.nextDescription / 4, pool.nextDescription / 4 + 4);
  const row = 4 * SIDE;
  pool.run("matmul", 16, 1, [SIDE, SIDE, SIDE, pool.nextDescription, SIDE, SIDE, out, a, row, 4, b, row, 4, false]);
}

async function start(pool: Pool): Promise<void> {
  fill(pool, 1);
  while (pool.ready < pool.threads - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  pool.finish();
}

function expectToWork(pool: Pool): void {
  const { memory } = machine();
  for (const value of [2, 3]) {
    fill(pool, value);
    pool.finish();
    expect(new Set(memory.ints.subarray(block / 4, block / 4 + UNITS))).toEqual(new Set([value]));
  }
}

describe("a worker that is ended from outside", () => {
  it("in the middle of a job is told by number and kernel, and the others go on", async () => {
    const pool = poolOf(3);
    await start(pool);
    multiply(pool);
    await new Promise((resolve) => setTimeout(resolve, 20));
    kill(pool, 0);
    expect(() => pool.finish()).toThrow(
      /^cpu: thread 1 of 3 ended.* while it computed "matmul": what was queued is lost/,
    );
    expect(pool.ready).toBe(1);
    expectToWork(pool);
    expect(pool.failure).toContain("thread 1 of 3 ended");
    pool.stop();
  });

  it("is told also where the program never waits for an event, and where too much is queued", async () => {
    const pool = poolOf(2);
    await start(pool);
    multiply(pool);
    const end = performance.now() + 20;
    while (performance.now() < end);
    kill(pool, 0);
    expect(() => {
      for (let i = 0; i < 40; i++) fill(pool, i);
      pool.finish();
    }).toThrow('thread 1 of 2 ended while it computed "matmul"');
    expectToWork(pool);
    pool.stop();
  });

  it("while there is nothing to do costs nothing but its help", async () => {
    const pool = poolOf(2);
    await start(pool);
    kill(pool, 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(pool.ready).toBe(0);
    expect(pool.failure).toContain("thread 1 of 2 ended");
    expectToWork(pool);
    pool.stop();
  });

  it("at any moment is an error that names it, or nothing, and never a wait without end", async () => {
    for (let moment = 0; moment < 12; moment++) {
      const pool = poolOf(2);
      await start(pool);
      let told = "";
      try {
        multiply(pool);
        fill(pool, moment);
        const end = performance.now() + 3 * moment;
        while (performance.now() < end);
        kill(pool, 0);
        fill(pool, moment);
        pool.finish();
      } catch (error) {
        told = (error as Error).message;
      }
      expect(told).toMatch(/^$|^cpu: thread 1 of 2 ended.* while it computed "(matmul|fill)"/);
      expectToWork(pool);
      pool.stop();
    }
  });
});
