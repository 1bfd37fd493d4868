import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { regionOf } from "../../src/lecture/regions.ts";
import { experimentNames } from "../../src/lecture/registry.ts";
import { eventsOf, lectern } from "../command.ts";
import { testPages } from "../pages.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lectern lecture "));
afterAll(() => rmSync(folder, { recursive: true }));

describe("lectern lecture", () => {
  const browsed = testPages();

  it("lists the experiments in the lecture's order, in Russian too", async () => {
    const names = await experimentNames();
    const { stdout } = await lectern(["lecture", "list", "--lang", "ru"], folder);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
    ).toEqual(names);
    expect(stdout).toMatch(/^attention-basic +Self-attention в три строки$/m);
  });

  it("runs some, leaves reports, numbers and pictures, and links them", async () => {
    const outcome = await lectern(["lecture", "run", "attention-basic", "--quick", "--out", "out"], folder);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toMatch(
      /holds: each row of weights sums to one\n +largest distance from one: .* ≤ 10⁻⁶ \(allowed\)/,
    );
    expect(readdirSync(join(folder, "out/attention-basic")).sort()).toEqual([
      ...["figure-outputs.svg", "figure-sums.svg", "figure-weights.svg", "report.html", "results.json"],
    ]);
    const results = JSON.parse(readFileSync(join(folder, "out/attention-basic/results.json"), "utf8")) as object;
    expect(results).toMatchObject({ experiment: "attention-basic", size: "quick", seed: 0, device: "cpu" });
    expect(Object.keys(results)).toEqual(
      expect.arrayContaining(["settings", "data", "seconds", "versions", "processor"]),
    );
    const index = readFileSync(join(folder, "out/index.html"), "utf8");
    expect(index).toContain('href="attention-basic/report.html"');
    expect(index).not.toContain('href="equivariance/report.html"');
    await browsed(index);
  });

  it("ends with 1 where a claim does not hold, here because of a setting, and tells both numbers", async () => {
    const args = ["lecture", "run", "attention-basic", "--set", "softmax=false,noise=0", "--out", "without", "--json"];
    const outcome = await lectern(args, folder);
    expect(outcome.code).toBe(1);
    const events = eventsOf(outcome);
    const [sums] = events.filter(({ event, id }) => event === "claim" && id === "sums");
    expect(sums).toMatchObject({ holds: false, comparisons: [{ relation: "≤", right: 1e-6 }] });
    expect(events.at(-1)).toMatchObject({ event: "done", experiments: 1, failed: ["attention-basic"] });
    // How to get this very report again.
    const report = readFileSync(join(folder, "without/attention-basic/report.html"), "utf8");
    expect(report).toContain("lecture run attention-basic --set softmax=false,noise=0</code>");
  });

  it("draws other numbers from another seed", async () => {
    const numbers = async (seed: string) => {
      await lectern(["lecture", "run", "attention-basic", "--seed", seed, "--out", `seed ${seed}`], folder);
      return (
        JSON.parse(readFileSync(join(folder, `seed ${seed}`, "attention-basic/results.json"), "utf8")) as {
          data: object;
        }
      ).data;
    };
    const [first, second] = [await numbers("1"), await numbers("2")];
    expect(second).not.toEqual(first);
  });

  it("runs an experiment of one's own: one file", async () => {
    const own = mkdtempSync(join(root, "experiments", "test-"));
    try {
      writeFileSync(join(own, "mine.ts"), MINE);
      const outcome = await lectern(["lecture", "run", join(own, "mine.ts"), "--out", "own"], folder);
      expect(outcome).toMatchObject({ code: 0, stderr: "" });
      expect(outcome.stdout).toContain("holds: four is more than three");
      await browsed(readFileSync(join(folder, "own/mine/report.html"), "utf8"));
    } finally {
      rmSync(own, { recursive: true });
    }
  });

  it.each([
    [["run", "atention"], /^lectern: no experiment is called "atention"; there are .*attention-basic/],
    [["run", "./nowhere.ts"], /^lectern: there is no file \.\/nowhere\.ts/],
    [
      ["run", "attention-basic", "--set", "sofmax=false"],
      /^lectern: --set takes name=value; attention-basic has the settings softmax, noise/,
    ],
    [["run", "attention-basic", "--set", "softmax=1"], /^lectern: --set: softmax is as true, and cannot be 1/],
    [["run"], /^lectern: a word is missing/],
    [[], /^lectern: say what to do: `lectern lecture list`/],
  ])("refuses %o", async (args, message) => {
    const { code, stderr } = await lectern(["lecture", ...args], folder);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it("refuses a file that exports no experiment, and one that gives something else than plain data", async () => {
    mkdirSync(join(root, "experiments"), { recursive: true });
    const own = mkdtempSync(join(root, "experiments", "test-"));
    try {
      writeFileSync(join(own, "none.ts"), "export {};\n");
      const none = await lectern(["lecture", "run", join(own, "none.ts")], folder);
      expect(none.stderr).toMatch(/exports no experiment: it needs `export const experiment = defineExperiment/);
      writeFileSync(
        join(own, "mine.ts"),
        MINE.replace("{ three: 3, four }", "{ three: 3, four, all: new Float32Array(2) }"),
      );
      const odd = await lectern(["lecture", "run", join(own, "mine.ts")], folder);
      expect(odd.stderr).toMatch(/mine\.all is a Float32Array; run\(\) has to give numbers, texts/);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});

const MINE = `
import { bars, below, defineExperiment, inOneLanguage } from "../../scripts/src/lecture/index.ts";

const text = { title: "Mine", lecture: "Three.", shows: "Four.", change: "five", bars: "Bars" };
const claims = { more: { says: "four is more than three", compares: ["three", "four"] as [string, string] } };

export const experiment = defineExperiment({
  id: "mine",
  texts: inOneLanguage({ ...text, claims }),
  settings: { full: { four: 4 }, quick: {}, smallest: {} },
  run: ({ settings: { four } }) => ({ three: 3, four }),
  claims: { more: ({ three, four }) => below(three, four) },
  breaks: { more: { four: 2 } },
  figures: ({ data, t }) => [
    bars({ id: "bars", title: t.bars, caption: "", alt: "", value: { label: "" }, bars: [{ label: "four", value: data.four }] }),
  ],
});
`;

describe("code beside a figure", () => {
  const source = [
    "a;",
    "  // #region outer",
    "  b;",
    "  // #region inner",
    "    c;",
    "  // #endregion",
    "  // #endregion",
    "d;",
  ];

  it("is what stands in the file between the markers, without its indent", () => {
    expect(regionOf(source.join("\n"), "outer")).toBe("b;\n  c;");
    expect(regionOf(source.join("\r\n"), "inner")).toBe("c;");
  });

  it("has to be there, and to end", () => {
    expect(() => regionOf(source.join("\n"), "other")).toThrow(
      "no `// #region other` in the file; it has outer, inner",
    );
    expect(() => regionOf("// #region open\nx;", "open")).toThrow("`// #region open` has no `// #endregion`");
  });
});

it("every experiment of the lecture has its tests", async () => {
  const tests = readdirSync(new URL(".", import.meta.url)).map((name) => name.replace(/(\.long)?\.test\.ts$/, ""));
  expect(await experimentNames()).toEqual((await experimentNames()).filter((name) => tests.includes(name)));
});
