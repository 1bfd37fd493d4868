import { expect, it } from "vitest";
import { soak } from "./soak.ts";

it.each(["cpu", "reference", "gpu"])("20,000 steps on the %s device hold no more than 150 do", async (device) => {
  const { early, late } = await soak(device, 20_000);
  expect([late.storages, late.bytes]).toEqual([early.storages, early.bytes]);
  expect(late.heap - early.heap).toBeLessThan(10);
});
