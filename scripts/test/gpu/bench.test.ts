import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { eventsOf, lectern } from "../command.ts";

it("`lectern bench --device gpu` says on which backend and adapter it has measured", async () => {
  const args = ["bench", "char-baby", "--rounds", "1", "--steps", "1", "--device", "gpu", "--json"];
  const outcome = await lectern(args, tmpdir());
  expect(outcome.code).toBe(0);
  const [bench] = eventsOf(outcome);
  expect(bench).toMatchObject({ event: "bench", workload: "char-baby", device: "gpu" });
  expect(["webgpu", "webgl2", "webasm"]).toContain(bench.backend);
  expect(bench.adapter).toMatch(/./);
  expect(bench.ms).toBeGreaterThan(0);
});
