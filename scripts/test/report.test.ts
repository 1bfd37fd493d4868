import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../src/report/language.ts";
import { reportRuns } from "../src/report/runReport.ts";
import { eventsOf, lectern } from "./command.ts";
import { testPages } from "./pages.ts";

const folder = mkdtempSync(join(tmpdir(), "lectern report "));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const text = ["train", "char", "--data", "book.txt", "--sample", "20", "--batch", "2", "--save-every", "10"];
const classes = ["train", "classify", "--data", "names", "--batch", "16"];

beforeAll(async () => {
  writeFileSync(at("book.txt"), "the white whale swims, and the whale is white.\n".repeat(200));
  for (const args of [
    [...text, "--steps", "20", "--out", "writes"],
    [...text, "--steps", "10", "--lr", "0.001", "--out", "other"],
    [...classes, "--steps", "10", "--out", "sorts"],
  ]) {
    const { code, stdout, stderr } = await lectern(args, folder, { report: true });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/[▁▂▃▄▅▆▇█]+ [\d.]+ → [\d.]+\nIts report is \w+\/report\.html/);
  }
});

describe("a training's report", () => {
  const browsed = testPages();

  it("is in the run's folder, with losses, samples and attention of a model that writes", async () => {
    const page = readFileSync(at("writes/report.html"), "utf8");
    for (const id of [
      "loss",
      "measure-accuracy",
      "lr",
      "gradient",
      "speed",
      "samples-writes",
      "attention",
      "settings",
    ]) {
      expect(page).toContain(`id="${id}"`);
    }
    await browsed(page);
  });

  it("has a confusion matrix, and what the model looks at, of one that tells classes apart", async () => {
    const page = readFileSync(at("sorts/report.html"), "utf8");
    for (const id of ["loss", "confusion", "seen", "settings"]) expect(page).toContain(`id="${id}"`);
    await browsed(page);
  });

  it.each(LANGUAGES)("compares several runs, in %s", async (language) => {
    const file = at(`comparison-${language}.html`);
    const { curves } = await reportRuns([at("writes"), at("other")], { language, file });
    expect(curves).toHaveLength(2);
    const page = readFileSync(file, "utf8");
    expect(page).toContain(language === "ru" ? "Сравнение запусков: 2" : "2 runs compared");
    expect(page).not.toContain('id="attention"');
    await browsed(page);
  });

  it("is written by a command too, in Russian, and says where", async () => {
    const outcome = await lectern(["report", "writes", "--lang", "ru", "--out", "ru.html", "--json"], folder);
    expect(eventsOf(outcome).at(-1)).toEqual({ event: "done", report: "ru.html", runs: ["writes"] });
    expect(readFileSync(at("ru.html"), "utf8")).toContain("Запуск writes");
  });

  it("is left out where it is refused, and so are samples on the way", async () => {
    expect((await lectern([...text, "--steps", "2", "--out", "without"], folder)).code).toBe(0);
    expect(existsSync(at("without/report.html")) || existsSync(at("without/samples.jsonl"))).toBe(false);
  });

  it("wants a run", async () => {
    const { code, stderr } = await lectern(["report"], folder);
    expect([code, stderr]).toEqual([2, "lectern: name a run's folder: `lectern report <run>`; several are compared\n"]);
    expect((await lectern(["report", "nowhere"], folder)).stderr).toMatch(/^lectern: no run file: .*nowhere.*/);
  });
});

describe("how a text came about", () => {
  const browsed = testPages();
  const explain = ["generate", "writes", "--prompt", "the", "--explain", "--tokens"];

  it("is a page with the tree of the beams, the best text marked", async () => {
    const { code, stderr } = await lectern([...explain, "4", "--strategy", "beam", "--page", "beams.html"], folder);
    expect(code, stderr).toBe(0);
    const page = readFileSync(at("beams.html"), "utf8");
    for (const id of ["beams", "attention"]) expect(page).toContain(`id="${id}"`);
    expect(page.match(/stroke="var\(--series-1\)"/g)?.length).toBeGreaterThanOrEqual(4);
    await browsed(page);
  });

  it("is a page with what there was to choose from, in Russian", async () => {
    const { code, stderr } = await lectern(
      [...explain, "3", "--top-k", "2", "--page", "choices.html", "--lang", "ru"],
      folder,
    );
    expect(code, stderr).toBe(0);
    const page = readFileSync(at("choices.html"), "utf8");
    expect(page).toContain("отброшен: topK");
    await browsed(page);
  });

  it("needs an explanation", async () => {
    const { stderr } = await lectern(["generate", "writes", "--page", "x.html"], folder);
    expect(stderr).toBe("lectern: --page needs --explain, which it shows\n");
  });
});
