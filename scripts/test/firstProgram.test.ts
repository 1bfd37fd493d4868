import { findBrowser, openPage } from "@lectern/autograd/testing/browser";
import { bundleWithVite } from "@lectern/autograd/testing/bundling";
import { expect, it } from "vitest";
import type { FirstProgramPage } from "./firstProgram.page.ts";

const title = "README's first program runs in a page that Vite has minified, and keeps its run there";
const browser = findBrowser();
if (browser === undefined) {
  console.log("README's program in a page: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it.skip(title);
} else {
  it(title, async () => {
    const opened = await openPage(browser, await bundleWithVite(new URL("firstProgram.page.ts", import.meta.url)));
    try {
      const { trainLoss, text, files } = await opened.page.evaluate(() =>
        (globalThis as unknown as FirstProgramPage).run(),
      );
      expect(trainLoss).toBeGreaterThan(4);
      expect(trainLoss).toBeLessThan(5);
      expect(text).toMatch(/^Call me [\s\S]{20}$/u);
      expect(files).toEqual(["best.safetensors", "checkpoints", "config.json", "metrics.jsonl", "tokenizer.json"]);
    } finally {
      await opened.close();
    }
  });
}
