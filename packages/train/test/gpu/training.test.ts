import { findBrowser, openPage } from "@lectern/autograd/testing/browser";
import { expect, it } from "vitest";
import { readFixture } from "../helpers.ts";
import type { TrainingPage } from "./training.page.ts";
import { type Backend, type Trainings, trainBoth } from "./training.ts";

const trainings = readFixture<Trainings>("losses.json");

function expectPyTorchsLosses(found: { gpt: number[]; classifier: number[] }): void {
  for (const model of ["gpt", "classifier"] as const) {
    const expected = trainings[model].losses;
    expect(found[model].length).toBe(expected.length);
    expected.forEach((loss, i) => {
      expect(Math.abs(found[model][i] - loss), `loss of the ${model}, step ${i + 1}`).toBeLessThan(1e-3);
    });
  }
}

it("a small GPT and a small classifier have PyTorch's losses for 20 steps, on gpu.js's WebAssembly", async () => {
  expectPyTorchsLosses(await trainBoth("webasm", trainings));
});

const browser = findBrowser();
if (browser === undefined) {
  console.log("training on WebGPU and WebGL2: left out, as no Chromium was found here (CHROMIUM can name its path)");
} else {
  it.each<[string, Backend, boolean]>([
    ["WebGPU", "webgpu", false],
    ["WebGPU with fused kernels", "webgpu", true],
    ["WebGL2", "webgl2", false],
  ])("the same in a browser, on %s", async (_, backend, fused) => {
    const { page, close } = await openPage(browser, new URL("training.page.ts", import.meta.url));
    try {
      const found = await page.evaluate(
        ([backend, json, fused]) => (globalThis as unknown as TrainingPage).trainBoth(backend, JSON.parse(json), fused),
        [backend, JSON.stringify(trainings), fused] as const,
      );
      expectPyTorchsLosses(found);
    } finally {
      await close();
    }
  });
  it("clipping takes WebGPU few runs, however many parameters there are", async () => {
    const { page, close } = await openPage(browser, new URL("training.page.ts", import.meta.url));
    try {
      const { parameters, clipped, unclipped } = await page.evaluate(() =>
        (globalThis as unknown as TrainingPage).countRuns("webgpu", true),
      );
      expect(parameters).toBeGreaterThan(40);
      expect(clipped).toBeGreaterThan(unclipped);
      // Seven tensors a run for their squares, and what makes a factor of the sum.
      expect(clipped - unclipped).toBeLessThanOrEqual(Math.ceil(parameters / 7) + 10);
    } finally {
      await close();
    }
  });
}
