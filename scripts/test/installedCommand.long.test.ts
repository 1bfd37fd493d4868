import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBrowser, openBrowser } from "@lectern/autograd/testing/browser";
import { afterAll, describe, expect, it } from "vitest";
import { lectern } from "./command.ts";
import { install } from "./installed.ts";
import { npm } from "./npm.ts";

const { folder, node, vite, remove } = install("all");
afterAll(remove);

const OWN = `
import { bars, below, defineExperiment, inOneLanguage } from "lectern/lecture";

const text = { title: "Mine", lecture: "Three.", shows: "Four.", change: "five", bars: "Bars" };
export const experiment = defineExperiment({
  id: "mine",
  texts: inOneLanguage({ ...text, claims: { more: { says: "four is more than three", compares: ["three", "four"] } } }),
  settings: { full: { four: 4 }, quick: {}, smallest: {} },
  run: ({ settings: { four } }) => ({ three: 3, four }),
  claims: { more: ({ three, four }) => below(three, four) },
  breaks: { more: { four: 2 } },
  figures: ({ data, t }) => [
    bars({ id: "bars", title: t.bars, caption: "", alt: "", value: { label: "" }, bars: [{ label: "four", value: data.four }] }),
  ],
});
`;

describe.each([22, 24, 26] as const)("the command on plain Node %i", (release) => {
  const entry = join(folder, "node_modules/lectern/scripts/bin/installed.mjs");
  const installed = (...args: string[]) =>
    execFileSync(node(release), [entry, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const run = `run${release}`;

  it("says what there is", () => {
    expect(installed("info")).toMatch(new RegExp(`^Lectern +\\d+\\.\\d+\\.\\d+\nNode +${release}\\.`));
    expect(installed("doctor")).toMatch(/^ok +Node/);
  });

  it("trains a model, measures it, and lets it write", () => {
    const train = ["train", "char", "--data", "moby-dick", "--preset", "tiny", "--steps", "20"];
    expect(installed(...train, "--out", run)).toContain(`npx lectern generate ${run}`);
    expect(readFileSync(join(folder, run, "report.html"), "utf8")).toContain("<svg");
    expect(installed("generate", run, "--prompt", "The ", "--tokens", "10")).toMatch(/^The [\s\S]{10}/);
    expect(installed("eval", run)).toContain("perplexity");
    expect(installed("tokenize", "the sea", "--tokenizer", `char,${run}`)).toContain("t|h|e");
  });

  it("runs experiments: with digits, with the model that comes along, and one of a folder's own", () => {
    writeFileSync(join(folder, "mine.js"), OWN);
    const told = installed("lecture", "run", "cnn-recap", "decoding", "./mine.js", "--quick");
    expect(told).toContain("holds: four is more than three");
    expect(told).not.toContain("fails:");
  });
});

it("npm finds the command, and it measures in processes of its own", () => {
  const bench = ["exec", "--", "lectern", "bench", "char-baby", "--rounds", "1", "--steps", "1"];
  expect(npm(bench, folder)).toContain("char-baby");
});

describe("the project that `lectern init` in the repository begins", () => {
  const project = join(folder, "project");

  it("installs, trains and passes its tests", async () => {
    expect(await lectern(["init", project], folder)).toMatchObject({ code: 0, stderr: "" });
    npm(["install", "--no-audit", "--no-fund"], project);
    expect(npm(["start"], project)).toMatch(/100 % of these sentences are right/);
    expect(npm(["test"], project)).toMatch(/fail 0\n/);
    expect(execFileSync(node(22), ["--test"], { cwd: project, encoding: "utf8" })).toMatch(/pass 4\n[\s\S]*fail 0\n/);
  });

  const browser = findBrowser();
  it.skipIf(browser === undefined)("trains in the page that its Vite serves, with threads", async () => {
    const served = spawn(node(26), [join(vite(8), "bin/vite.js"), "--host", "127.0.0.1", "--port", "0"], {
      cwd: project,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { browser: opened, close } = await openBrowser(browser!);
    try {
      const page = await opened.newPage();
      await page.goto(await addressOf(served));
      await page.waitForFunction("document.querySelector('#text').textContent !== ''", undefined, { timeout: 120_000 });
      expect(await page.textContent("#threads")).toMatch(/^\d+ threads$/);
      expect(await page.textContent("#text")).toMatch(/^after \w+ comes \w+\. /);
    } finally {
      await close();
      served.kill();
    }
  });
});

/** Where Vite says that it serves the page. */
async function addressOf(served: ChildProcess): Promise<string> {
  let told = "";
  for await (const part of served.stdout!.setEncoding("utf8")) {
    told += part;
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(told)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`Vite ended: ${told}`);
}
