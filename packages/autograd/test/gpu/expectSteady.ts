import { expect } from "vitest";
import type { GpuStats } from "../../src/devices/gpu/device.ts";

/** Memory and kernels as after the first step, after each later one. */
export function expectSteady(stats: readonly GpuStats[]): void {
  const [first, ...later] = stats;
  expect(later.map(({ liveBlocks }) => liveBlocks)).toEqual(later.map(() => first.liveBlocks));
  expect(later.map(({ compiledKernels }) => compiledKernels)).toEqual(later.map(() => first.compiledKernels));
}
