import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBrowser, type OpenPage, openPage, visitPage } from "@lectern/autograd/testing/browser";
import type { Bundle } from "@lectern/autograd/testing/bundling";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StepsPage, Where } from "../../packages/train/test/minified/steps.page.ts";
import { firstProgram, typeChecks } from "./consumer.ts";
import type { FirstProgramPage } from "./firstProgram.page.ts";
import { buildPage, install, makePage, servePage } from "./installed.ts";

const installed = install();
const { folder, node } = installed;
afterAll(installed.remove);

const source = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

describe.each([22, 24, 26] as const)("plain Node %i", (release) => {
  it("runs README's first program", () => {
    rmSync(join(folder, "runs"), { recursive: true, force: true });
    writeFileSync(join(folder, "first.js"), `${firstProgram()}\nconsole.log(process.version, "the end");\n`);
    const output = execFileSync(node(release), ["first.js"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    expect(output).toMatch(new RegExp(`Call me [\\s\\S]+v${release}\\.\\S+ the end\n$`, "u"));
    const metrics = readFileSync(join(folder, "runs/first/metrics.jsonl"), "utf8");
    expect(metrics).toMatch(/"event":"evaluate","step":4,"loss":4\.\d+/);
  });
});

it("types hold for a strict program that checks its libraries too", () => {
  for (const check of typeChecks(folder)) expect(check).not.toThrow();
});

const browser = findBrowser();
if (browser === undefined) {
  console.log("the packages in pages: left out, as no Chromium was found here (CHROMIUM can name its path)");
  it.skip("a page");
} else {
  const losses = ({ page }: OpenPage, where: Where) =>
    page.evaluate((where) => (globalThis as unknown as StepsPage).losses(where), where);
  const firstRun = ({ page }: OpenPage) => page.evaluate(() => (globalThis as unknown as FirstProgramPage).run());

  /** One of two threads is the page's own. One whose script does not load is gone again at once. */
  const expectThread = ({ page }: OpenPage) => expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(1);

  /** What Node computes without what pages have not: BLAS. */
  let expected: number[];
  beforeAll(() => {
    const steps = source("../../packages/train/test/minified/steps.page.ts");
    makePage(folder, { "steps.ts": steps, "first.ts": source("firstProgram.page.ts") });
    const program = 'await import("./src/steps.ts"); console.log(JSON.stringify(await globalThis.losses("cpu")));';
    const env = { ...process.env, LECTERN_BLAS: "off" };
    const args = ["--input-type=module", "--eval", program];
    expected = JSON.parse(execFileSync(node(26), args, { cwd: folder, encoding: "utf8", env })).losses;
    expect(expected).toHaveLength(6);
  });

  describe.each([6, 8] as const)("a page that Vite %i has built", (release) => {
    let bundle: Bundle;
    beforeAll(() => {
      bundle = buildPage(installed, release);
      // It is minified: the sources' own names are gone.
      expect(Object.values(bundle).join()).not.toMatch(/\b(trainStep|RandomWindows)\b/);
    });

    describe("and that is cross-origin isolated", () => {
      let opened: OpenPage;
      beforeAll(async () => {
        opened = await openPage(browser, bundle);
      });
      afterAll(() => opened?.close());

      it("runs README's first program, with a data set that is loaded there", async () => {
        const { trainLoss, text, files } = await firstRun(opened);
        expect(trainLoss).toBeGreaterThan(4);
        expect(trainLoss).toBeLessThan(5);
        expect(text).toMatch(/^Call me [\s\S]{20}$/u);
        expect(files).toContain("best.safetensors");
      });

      it("trains a GPT with threads", async () => {
        const run = await losses(opened, "cpu");
        expect(run).toMatchObject({ runsOn: "cpu", losses: expected, own: [11, 12, 10] });
        await expectThread(opened);
        expect(await losses(opened, "cpu")).toEqual(run);
      });

      it.each(["webgpu", "webgl2", "webasm"] as const)("trains a GPT on the gpu device, by %s", async (where) => {
        const warnings: string[] = [];
        opened.page.on("console", (message) => warnings.push(message.text()));
        const run = await losses(opened, where);
        expect(run).toMatchObject({ runsOn: where, own: [11, 12, 10] });
        for (const [i, loss] of run.losses.entries()) expect(Math.abs(loss - expected[i])).toBeLessThan(1e-5);
        expect(warnings.filter((text) => text.startsWith("gpu: "))).toEqual([]);
      });
    });

    it("trains a GPT with threads while it is being written, too", async () => {
      const { address, close } = await servePage(installed, release);
      const opened = await visitPage(browser, address, close);
      try {
        const run = await losses(opened, "cpu");
        expect(run).toMatchObject({ runsOn: "cpu", losses: expected });
        await expectThread(opened);
        expect(await losses(opened, "cpu")).toEqual(run);
      } finally {
        await opened.close();
      }
    });

    it("trains a GPT without threads where it is not isolated, and says why", async () => {
      const opened = await openPage(browser, bundle, { isolated: false });
      try {
        const run = await losses(opened, "cpu");
        expect(run.losses).toEqual(expected);
        expect(run.runsOn).toMatch(/^the page is not cross-origin isolated/);
        expect(opened.page.workers()).toEqual([]);
      } finally {
        await opened.close();
      }
    });
  });

  it("a page that Vite 6 serves without its settings says why it has one thread, and computes the same", async () => {
    const { address, close } = await servePage(installed, 6, {});
    const opened = await visitPage(browser, address, close);
    try {
      await losses(opened, "cpu");
      const run = () => losses(opened, "cpu").then(({ runsOn }) => runsOn);
      await expect.poll(run, { timeout: 10_000 }).toMatch(/^thread 1 of 2 ended \(its script does not load/);
      expect((await losses(opened, "cpu")).losses).toEqual(expected);
    } finally {
      await opened.close();
    }
  });
}
