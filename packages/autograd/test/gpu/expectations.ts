import { expect } from "vitest";
import type { GpuStats } from "../../src/devices/gpu/device.ts";

/** Memory and kernels as after the first step, after each later one. */
export function expectSteady(stats: readonly GpuStats[]): void {
  const [first, ...later] = stats;
  expect(later.map(({ liveBlocks }) => liveBlocks)).toEqual(later.map(() => first.liveBlocks));
  expect(later.map(({ compiledKernels }) => compiledKernels)).toEqual(later.map(() => first.compiledKernels));
}

/** Lists of numbers that agree to what graphics hardware computes to. */
export function expectSameResults(found: number[][], expected: number[][]): void {
  expect(found.map((list) => list.length)).toEqual(expected.map((list) => list.length));
  found.forEach((list, i) => {
    list.forEach((value, j) => {
      expect(Math.abs(value - expected[i][j]), `number ${j} of result ${i}`).toBeLessThan(1e-4);
    });
  });
}
