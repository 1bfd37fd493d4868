import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { eventsOf, lectern } from "../command.ts";
import { pretendPython } from "./pretendPython.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern bench gpu "));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it.skipIf(process.platform === "win32")(
  "`lectern bench --device gpu` says on which backend and adapter it has measured, and what PyTorch lacks",
  async () => {
    await pretendPython(folder, "exit 4");
    const args = ["bench", "char-baby", "--rounds", "1", "--steps", "1", "--device", "gpu", "--vs", "torch", "--json"];
    const outcome = await lectern(args, folder);
    expect(outcome.code).toBe(0);
    const [missing, bench] = eventsOf(outcome);
    expect(missing).toMatchObject({ event: "missing", peer: "torch" });
    expect(missing.reason).toMatch(/^the PyTorch of .+ finds no GPU, by CUDA or by Metal$/);
    expect(bench).toMatchObject({ event: "bench", workload: "char-baby", device: "gpu" });
    expect(["webgpu", "webgl2", "webasm"]).toContain(bench.backend);
    expect(bench.adapter).toMatch(/./);
    expect(bench.ms).toBeGreaterThan(0);
  },
);
