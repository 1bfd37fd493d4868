import { afterAll, beforeAll, expect, it } from "vitest";
import { setBlas } from "../../src/devices/cpu/blas.ts";
import { cpuInfo, getThreads, setThreads } from "../../src/index.ts";
import { findBrowser, openPage } from "../gpu/browser.ts";
import { trainSmall } from "./small.ts";
import type { ThreadsPage } from "./threads.page.ts";

const threads = getThreads();
beforeAll(() => setBlas(false));
afterAll(() => {
  setBlas(true);
  setThreads(threads);
});

/** The losses as one thread of this process has them, without a BLAS, which a page has not. */
function expectedLosses(): number[] {
  setThreads(1);
  return trainSmall();
}

const browser = findBrowser();
if (browser === undefined) {
  console.log("threads in a page: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it("losses fall on one thread", () => {
    const losses = expectedLosses();
    expect(losses.at(-1)).toBeLessThan(losses[0]);
  });
} else {
  it("threads work in a page too, whose main thread may not sleep, and give the same losses", async () => {
    const { page, close } = await openPage(browser, new URL("threads.page.ts", import.meta.url));
    try {
      const run = await page.evaluate(() => (globalThis as unknown as ThreadsPage).train(3));
      expect(run).toMatchObject({ threads: 3, workers: 2, reason: undefined });
      const losses = expectedLosses();
      // Another engine may have another build of the kernels, which rounds differently.
      for (const [i, loss] of run.losses.entries()) expect(Math.abs(loss / losses[i] - 1)).toBeLessThan(1e-5);
      expect(run.losses.at(-1)).toBeLessThan(run.losses[0]);
      expect(cpuInfo().threads).toBe(1);
    } finally {
      await close();
    }
  });
}
