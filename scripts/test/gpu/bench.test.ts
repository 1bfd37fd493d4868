import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { device, openGpu, setDefaultDevice } from "@lectern/autograd";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PEERS } from "../../src/bench/peers.ts";
import { measureTraining } from "../../src/bench/training.ts";
import { TRAINING, workloads } from "../../src/bench/workloads.ts";
import { lectern } from "../command.ts";
import { pretendPython } from "./pretendPython.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern bench gpu "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  setDefaultDevice("cpu");
});

const torch = PEERS.find(({ name }) => name === "torch")!;

it.skipIf(process.platform === "win32")("names the GPU of each, and leaves out who has none, with a line", async () => {
  const result = JSON.stringify({
    version: "2.13.0",
    cases: [{ name: "import and first product", ms: 1e3, minMs: 1e3 }],
    memory: { baselineMB: 200, peakMB: 300 },
    settings: { device: "NVIDIA H100" },
  });
  await pretendPython(folder, `[ "$1" = "-c" ] || echo '${result}'`);
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
    await pretendPython(folder, script);
    expect((await torch.missing("gpu"))?.reason).toMatch(reason);
  });

  it("is asked for a GPU, and runs on it", async () => {
    await pretendPython(folder, '[ "$3" = "gpu" ] && exit 0; exit 1');
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
