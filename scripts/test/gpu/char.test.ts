import { device } from "@lectern/autograd";
import { findBrowser, openPage } from "@lectern/autograd/testing/browser";
import { loadText } from "@lectern/datasets";
import { expect, it } from "vitest";
import type { CharPage } from "./char.page.ts";
import { PROMPT, SAMPLE, trainChar } from "./char.ts";

const STEPS = 30;

/** The beginning of the novel, so that there are few batches to validate on. */
const { train, validation } = await loadText("moby-dick");
const text = { train: train.slice(0, 40_000), validation: validation.slice(0, 800) };

const browser = findBrowser();
if (browser === undefined) {
  console.log("the character model on WebGPU: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it.skip("a page trains the character model on WebGPU, with the cpu's losses, and has it write");
  it("the character model can be trained, on the cpu", async () => {
    const run = await trainChar(device("cpu"), text, STEPS);
    expect(run.after).toBeLessThan(run.before - 1);
  });
} else {
  it("a page trains the character model on WebGPU, with the cpu's losses, and has it write", async () => {
    const expected = await trainChar(device("cpu"), text, STEPS);
    const { page, close } = await openPage(browser, new URL("char.page.ts", import.meta.url));
    try {
      const run = await page.evaluate(
        ([text, steps]) => (globalThis as unknown as CharPage).trainOnWebGpu(text, steps),
        [text, STEPS] as const,
      );
      expect(run.gpu.backend).toBe("webgpu");
      expect(run.losses).toHaveLength(STEPS);
      // Later on, what the devices round differently has grown.
      for (let i = 0; i < 20; i++) {
        expect(Math.abs(run.losses[i] - expected.losses[i]), `loss of step ${i + 1}`).toBeLessThan(1e-3);
      }
      // One character as likely as the other is where it begins.
      expect(Math.abs(run.before - Math.log(run.vocabulary))).toBeLessThan(0.2);
      expect(run.after).toBeLessThan(run.before - 1);
      expect(run.sample.slice(0, PROMPT.length)).toBe(PROMPT);
      expect(run.sample).toHaveLength(PROMPT.length + SAMPLE);
      expect(new Set(run.sample).size).toBeGreaterThan(5);
    } finally {
      await close();
    }
  });
}
