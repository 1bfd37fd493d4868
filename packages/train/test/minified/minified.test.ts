import { findBrowser, type OpenPage, openPage } from "@lectern/autograd/testing/browser";
import { bundle, bundleWithVite, KERNELS_AS_FUNCTIONS } from "@lectern/autograd/testing/bundling";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepsPage, Where } from "./steps.page.ts";

const script = new URL("steps.page.ts", import.meta.url);
const DEVICES: readonly Where[] = ["cpu", "webgpu", "webgl2", "webasm"];

const browser = findBrowser();
if (browser === undefined) {
  console.log("minified pages: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it.skip("a minified page");
} else {
  const train = async ({ page }: OpenPage, where: Where) =>
    page.evaluate((where) => (globalThis as unknown as StepsPage).losses(where), where);
  const expected = new Map<Where, number[]>();
  beforeAll(async () => {
    const opened = await openPage(browser, await bundle(script, { alias: KERNELS_AS_FUNCTIONS }));
    for (const where of DEVICES) expected.set(where, (await train(opened, where)).losses);
    await opened.close();
  });

  it("needs the kernels' texts: a minifier rewrites functions into what gpu.js cannot read", async () => {
    const opened = await openPage(browser, await bundleWithVite(script, KERNELS_AS_FUNCTIONS));
    await expect(train(opened, "webasm")).rejects.toThrow("gpu (webasm): ");
    await opened.close();
  });

  describe.each([
    ["esbuild, as Vite 6 does", () => bundle(script, { minify: true })],
    ["Vite 8", () => bundleWithVite(script)],
  ])("a page that was minified with %s", (_, make) => {
    let opened: OpenPage;
    beforeAll(async () => {
      const files = await make();
      // The sources' own names are gone.
      expect(Object.values(files).join()).not.toMatch(/\b(trainStep|RandomWindows)\b/);
      opened = await openPage(browser, files);
    });
    afterAll(() => opened?.close());

    it.each(DEVICES)("has the losses of one that was not, on %s", async (where) => {
      const { losses, runsOn, own } = await train(opened, where);
      expect(runsOn).toBe(where);
      expect(losses).toHaveLength(6);
      expect(losses).toEqual(expected.get(where));
      expect(own).toEqual([11, 12, 10]);
    });
  });
}
