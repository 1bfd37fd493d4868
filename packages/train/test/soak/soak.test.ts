import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it.each([
  ["cpu", 1000],
  ["reference", 400],
  ["gpu", 300],
] as const)("on the %s device %i steps hold no more than 150 do", async (device, steps) => {
  const { early, late } = await soak(device, steps);
  expect([late.storages, late.bytes]).toEqual([early.storages, early.bytes]);
  expect(late.heap - early.heap).toBeLessThan(5);
});
