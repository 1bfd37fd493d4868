import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { packAll } from "../pack.mjs";
import { lectern } from "./command.ts";
import { npm } from "./npm.ts";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern-install-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

it("npm installs the tarballs in an empty folder, and the command works from there", () => {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "elsewhere", private: true, type: "module" }));
  npm(["install", "--no-audit", "--no-fund", ...packAll(join(folder, "packages"))], folder);
  expect(npm(["exec", "--", "lectern", "info"], folder)).toMatch(/^Lectern +\d+\.\d+\.\d+/);
  const entry = join(folder, "node_modules/lectern/scripts/bin/installed.mjs");
  const installed = (...args: string[]) =>
    execFileSync(process.execPath, [entry, ...args], { cwd: folder, encoding: "utf8", stdio: "pipe" });

  expect(
    installed("train", "char", "--data", "moby-dick", "--preset", "tiny", "--steps", "20", "--out", "run"),
  ).toContain("npx lectern generate run");
  expect(readFileSync(join(folder, "run/report.html"), "utf8")).toContain("<svg");
  expect(installed("generate", "run", "--prompt", "The ", "--tokens", "10")).toMatch(/^The [\s\S]{10}/);
  expect(installed("eval", "run")).toContain("perplexity");
  expect(installed("tokenize", "the sea", "--tokenizer", "char,run")).toContain("t|h|e");
  expect(installed("bench", "char-baby", "--rounds", "1", "--steps", "1")).toContain("char-baby");
  // One with digits, one with the model that comes along, one of a folder's own.
  writeFileSync(join(folder, "mine.js"), OWN);
  const told = installed("lecture", "run", "cnn-recap", "decoding", "./mine.js", "--quick");
  expect(told).toContain("holds: four is more than three");
  expect(told).not.toContain("fails:");
});

it("`lectern init` in the repository begins a project that installs, trains and passes its tests", async () => {
  const project = join(folder, "project");
  expect(await lectern(["init", project], folder)).toMatchObject({ code: 0, stderr: "" });
  npm(["install", "--no-audit", "--no-fund"], project);
  expect(npm(["start"], project)).toMatch(/100 % of these sentences are right/);
  expect(npm(["test"], project)).toMatch(/fail 0\n/);
});
