import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { device, openGpu, setDefaultDevice } from "@lectern/autograd";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PEERS } from "../../src/bench/peers.ts";
import { measureTraining } from "../../src/bench/training.ts";
import { TRAINING, workloads } from "../../src/bench/workloads.ts";
import { eventsOf, lectern } from "../command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern bench gpu "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  setDefaultDevice("cpu");
});

/** Stands in for Python: a shell script, as LECTERN_PYTHON. */
async function pretendPython(script: string): Promise<void> {
  const python = join(folder, "python");
  await writeFile(python, `#!/bin/sh\n${script}\n`);
  await chmod(python, 0o755);
  vi.stubEnv("LECTERN_PYTHON", python);
}

const torch = PEERS.find(({ name }) => name === "torch")!;

it.skipIf(process.platform === "win32")(
  "`lectern bench --device gpu` says on which backend and adapter it has measured, and what PyTorch lacks",
  async () => {
    await pretendPython("exit 4");
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
  // Four steps, on WebAssembly where there is no GPU.
  180_000,
);

it.skipIf(process.platform === "win32")("names the GPU of each, and leaves out who has none, with a line", async () => {
  const result = JSON.stringify({
    version: "2.13.0",
    cases: [{ name: "import and first product", ms: 1e3, minMs: 1e3 }],
    memory: { baselineMB: 200, peakMB: 300 },
    settings: { device: "NVIDIA H100" },
  });
  await pretendPython(`[ "$1" = "-c" ] || echo '${result}'`);
  const args = ["bench", "startup", "--rounds", "1", "--steps", "1", "--device", "gpu", "--gpu-backend", "webasm"];
  const { code, stdout, stderr } = await lectern([...args, "--vs", "torch,jax-js"], folder);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^startup: jax-js is left out, as it has no startup for the gpu device$/m);
  expect(stdout).toMatch(/^device: gpu; backend: webasm; adapter: WebAssembly$/m);
  expect(stdout).toMatch(/^torch 2\.13\.0; device: NVIDIA H100$/m);
});

describe.skipIf(process.platform === "win32")("PyTorch beside a gpu", () => {
  it.each([
    ["exit 3", /has no PyTorch$/],
    ["exit 4", /finds no GPU, by CUDA or by Metal$/],
    ["echo 'no such thing: libcudart' >&2; exit 1", /says no such thing: libcudart$/],
  ])("is missing where Python says %j", async (script, reason) => {
    await pretendPython(script);
    expect((await torch.missing("gpu"))?.reason).toMatch(reason);
  });

  it("is asked for a GPU, and runs on it", async () => {
    await pretendPython('[ "$3" = "gpu" ] && exit 0; exit 1');
    expect(await torch.missing("gpu")).toBeUndefined();
    const job = { workload: "char-mid", threads: undefined, blas: true, steps: 2, profile: false };
    const { args } = torch.program({ ...job, device: "gpu" });
    expect(args.slice(1).join(" ")).toBe("char-mid --attention fused --steps 2 --optimizer fused --device gpu");
  });
});

describe("the training workloads", () => {
  it.each(TRAINING)("%s runs on a gpu, in small", async (name) => {
    const gpu = await openGpu({ backend: "webasm" });
    setDefaultDevice(gpu);
    const size = workloads.training[name];
    const small = { layers: 1, heads: 2, width: 16, context: 8, batch: 2, vocabulary: Math.min(size.vocabulary, 50) };
    const { ms, tokens, tensorsMB } = await measureTraining(
      "step",
      { ...size, ...small },
      device("gpu"),
      workloads.timing.training,
      1,
    );
    expect(ms).toBeGreaterThan(0);
    expect(tokens).toBe(16);
    expect(tensorsMB).toBeGreaterThan(0);
  });
});
