import { expect } from "vitest";
import type { GpuStats } from "../../src/devices/gpu/device.ts";
import type { GraphicsObjects } from "./graphicsObjects.ts";

/** Memory and kernels as after the first step, after each later one. */
export function expectSteady(stats: readonly Pick<GpuStats, "liveBlocks" | "compiledKernels">[]): void {
  const [first, ...later] = stats;
  expect(later.map(({ liveBlocks }) => liveBlocks)).toEqual(later.map(() => first.liveBlocks));
  expect(later.map(({ compiledKernels }) => compiledKernels)).toEqual(later.map(() => first.compiledKernels));
}

/** No shader is compiled after the first step, and no memory taken once every shape has been seen, in half of the steps. */
export function expectSteadyDriver(objects: readonly GraphicsObjects[]): void {
  const { shaders } = objects[0];
  expect(shaders).toBeGreaterThan(10);
  expect(objects.map((each) => each.shaders)).toEqual(objects.map(() => shaders));
  const memory = objects.slice(objects.length / 2 - 1).map((each) => each.memory);
  expect(memory[0]).toBeGreaterThan(10);
  expect(memory).toEqual(memory.map(() => memory[0]));
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
