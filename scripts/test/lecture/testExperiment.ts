import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findExperiment } from "../../src/lecture/registry.ts";
import { reportPage } from "../../src/lecture/report.ts";
import { type Results, runExperiment } from "../../src/lecture/runExperiment.ts";
import { openCanvas } from "../../src/report/draw/canvas.ts";
import { LANGUAGES, numbersIn } from "../../src/report/language.ts";
import { testPages } from "../pages.ts";

/**
 * The tests of an experiment at its smallest size: its claims hold there, each falls where `breaks` takes away what it is about,
 * and its report can be written in both languages.
 */
export async function testExperiment(id: string): Promise<void> {
  const { experiment, file } = await findExperiment(id);
  describe(`the experiment ${id}`, () => {
    it("is called as its file, has claims, and shows what to change first", () => {
      expect(experiment.id).toBe(id);
      expect(Object.keys(experiment.claims).length).toBeGreaterThan(0);
      expect(readFileSync(file, "utf8")).toContain("// #region settings");
    });

    const runs = new Map<string, Promise<Results>>();
    const run = (settings: object): Promise<Results> => {
      const key = JSON.stringify(settings);
      const found = runs.get(key) ?? runExperiment(experiment, { size: "smallest", settings });
      runs.set(key, found);
      return found;
    };
    const whole = () => run({});
    it.each(Object.keys(experiment.claims))("claims %s, which holds", async (claim) => {
      const { claims } = await whole();
      expect(claims.find((one) => one.id === claim)).toMatchObject({ holds: true });
    });

    it.each(Object.entries(experiment.breaks))("claims %s, which falls with %o", async (claim, settings) => {
      const { claims } = await run(settings);
      expect(claims.find((one) => one.id === claim)).toMatchObject({ holds: false });
    });

    const browsed = testPages();
    it.each(LANGUAGES)("is told in %s, with every region of code that its figures name", async (language) => {
      const canvas = await openCanvas(numbersIn(language));
      const results = await whole();
      const report = reportPage({ found: { experiment, file }, results, language, canvas });
      expect(report).toContain(`<html lang="${language}">`);
      expect(report.replace(/<pre>.*?<\/pre>|base64,[^"]*/gs, "")).not.toMatch(/undefined|NaN|\[object Object\]/);
      await browsed(report);
    });
  });
}
