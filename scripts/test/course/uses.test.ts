import { pathToFileURL } from "node:url";
import { manualSeed } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { allTasks, starterOf, useOf } from "../../src/course/registry.ts";
import { LANGUAGES } from "../../src/report/language.ts";
import { solutionOf } from "./solutions.ts";

const tasks = await Promise.all(
  (await allTasks()).map(async (found) => [found.id, found, await useOf(found)] as const),
);
const used = tasks.filter(([, , use]) => use !== undefined);

describe.each(used)("what is trained with %s", (_, found, use) => {
  it("is told in a sentence and a figure in both languages, with the reference solution", async () => {
    const student = (await import(pathToFileURL(solutionOf(found)).href)) as object;
    const told: number[] = [];
    manualSeed(3);
    const came = await use!(student, { quick: true, seed: 3, progress: (done, of) => told.push(done / of) });
    expect(told.at(-1), "progress is told to the end").toBe(1);
    for (const language of LANGUAGES) {
      expect(came.says(language)).toMatch(/\d/);
      expect(came.says(language)).not.toMatch(/NaN|undefined|not a number|не число/);
      for (const { title, caption, alt } of came.figures(language)) expect([title, caption, alt]).not.toContain("");
    }
    expect(came.figures("en").length).toBeGreaterThan(0);
    expect(came.says("ru")).toMatch(/[а-я]/i);
  });

  it("goes through what the student writes: with an untouched starter it stops at a TODO", async () => {
    const starter = (await import(pathToFileURL(starterOf(found)).href)) as object;
    await expect(async () => use!(starter, { quick: true, seed: 3, progress: () => {} })).rejects.toThrow(/^TODO/);
  });
});
