import { device } from "@lectern/autograd";
import { findBrowser, openPage } from "@lectern/autograd/testing/browser";
import { expect, it } from "vitest";
import { expectSteady } from "../../../autograd/test/gpu/expectations.ts";
import { readFixture } from "../helpers.ts";
import { statsOfSteps } from "./runs.ts";
import type { TrainingPage } from "./training.page.ts";
import { type Backend, type Losses, type Trainings, trainBoth, trainBothOn } from "./training.ts";

const trainings = readFixture<Trainings>("losses.json");

const cpus = await trainBothOn(device("cpu"), trainings);

function expectSameLosses(found: Losses): void {
  for (const model of ["gpt", "classifier"] as const) {
    expect(found[model]).toHaveLength(20);
    for (const [who, expected] of Object.entries({ PyTorch: trainings[model].losses, "the cpu device": cpus[model] })) {
      expect(expected).toHaveLength(20);
      expected.forEach((loss, i) => {
        const what = `loss of the ${model}, step ${i + 1}, beside that of ${who}`;
        expect(Math.abs(found[model][i] - loss), what).toBeLessThan(1e-3);
      });
    }
  }
}

it("a small GPT and a small classifier have the cpu's and PyTorch's losses for 20 steps, on gpu.js's WebAssembly", async () => {
  expectSameLosses(await trainBoth("webasm", trainings));
});

it("steps of training leave as many blocks as they found, and need no further kernels, on gpu.js's WebAssembly", async () => {
  expectSteady(await statsOfSteps("webasm", false));
});

const BACKENDS: [string, Backend, boolean][] = [
  ["WebGPU", "webgpu", false],
  ["WebGPU with fused kernels", "webgpu", true],
  ["WebGL2", "webgl2", false],
];

const browser = findBrowser();
if (browser === undefined) {
  console.log("training on WebGPU and WebGL2: left out, as no Chromium was found here (CHROMIUM can name its path)");
  for (const [name] of BACKENDS) it.skip(`the same in a browser, on ${name}`);
} else {
  it.each(BACKENDS)("the same in a browser, on %s", async (_, backend, fused) => {
    const { page, close } = await openPage(browser, new URL("training.page.ts", import.meta.url));
    try {
      const found = await page.evaluate(
        ([backend, json, fused]) => (globalThis as unknown as TrainingPage).trainBoth(backend, JSON.parse(json), fused),
        [backend, JSON.stringify(trainings), fused] as const,
      );
      expectSameLosses(found);
      const stats = await page.evaluate(
        ([backend, fused]) => (globalThis as unknown as TrainingPage).statsOfSteps(backend, fused),
        [backend, fused] as const,
      );
      expectSteady(stats);
    } finally {
      await close();
    }
  });
  it("WebGPU's own kernels save more than half of a step's runs, and clipping takes few, however many parameters there are", async () => {
    const { page, close } = await openPage(browser, new URL("training.page.ts", import.meta.url));
    try {
      const count = (fused: boolean) =>
        page.evaluate((own) => (globalThis as unknown as TrainingPage).countRuns("webgpu", own), fused);
      const { parameters, clipped, unclipped } = await count(true);
      expect(clipped).toBeLessThan((await count(false)).clipped / 2);
      expect(parameters).toBeGreaterThan(40);
      expect(clipped).toBeGreaterThan(unclipped);
      // Seven tensors a run for their squares, and what makes a factor of the sum.
      expect(clipped - unclipped).toBeLessThanOrEqual(Math.ceil(parameters / 7) + 10);
    } finally {
      await close();
    }
  });
}
