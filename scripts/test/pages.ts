import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findBrowser, type OpenBrowser, openBrowser } from "@lectern/autograd/testing/browser";
import { afterAll, expect } from "vitest";

const executable = findBrowser();
if (executable === undefined) {
  console.log("reports in a browser: left out, as no Chromium was found here (CHROMIUM can name its path)");
}

/**
 * Gives what opens a page, light and dark, on a phone and on a desk, and expects that nothing goes wrong in it, that it asks
 * nobody for anything, and that nothing of it or of its pictures is cut off.
 */
export function testPages(): (page: string) => Promise<void> {
  let browser: Promise<OpenBrowser> | undefined;
  afterAll(async () => (await browser)?.close());
  return async (html) => {
    if (executable === undefined) return;
    browser ??= openBrowser(executable);
    const folder = mkdtempSync(join(tmpdir(), "lectern-page-"));
    writeFileSync(join(folder, "page.html"), html);
    try {
      expect(await problemsOf(await browser, pathToFileURL(join(folder, "page.html")).href)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

async function problemsOf({ browser }: OpenBrowser, url: string): Promise<string[]> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) problems.push(`asks for ${request.url()}`);
  });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [375, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(url);
      const found = await page.evaluate(cutOff);
      problems.push(...found.map((problem) => `${problem} (${colorScheme}, ${width} points wide)`));
    }
  }
  await page.close();
  return problems;
}

/** Runs in the page: what is wider than the window, and texts of pictures that stick out of these or lie on each other. */
function cutOff(): string[] {
  const problems: string[] = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth)
    problems.push(`the page is ${scrollWidth} wide where there is room for ${clientWidth}`);
  for (const svg of document.querySelectorAll("svg[role=img]")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent !== "");
    const boxes = texts.map((text) => ({ name: text.textContent, box: text.getBoundingClientRect() }));
    for (const { name, box } of boxes) {
      const out = Math.max(
        frame.left - box.left,
        box.right - frame.right,
        frame.top - box.top,
        box.bottom - frame.bottom,
      );
      if (out > 2) problems.push(`"${name}" sticks out of its picture by ${out.toFixed(0)}`);
    }
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 2 && down > 4) problems.push(`"${a.name}" lies on "${b.name}"`);
      }
    }
  }
  return problems;
}
