import { pathToFileURL } from "node:url";
import { manualSeed } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import { allTasks, useOf } from "../../src/course/registry.ts";
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

  it("goes through what the student wrote: where that throws, it does", async () => {
    const solution = (await import(pathToFileURL(solutionOf(found)).href)) as object;
    const student = Object.fromEntries(Object.entries(solution).map(([name, value]) => [name, throwing(value)]));
    await expect(async () => use!(student, { quick: true, seed: 3, progress: () => {} })).rejects.toThrow(WRITTEN);
  });
});

const WRITTEN = "the student's code was called";

/** A function that throws in the place of another; a class whose methods do. */
function throwing(value: unknown): unknown {
  const fail = () => {
    throw new Error(WRITTEN);
  };
  if (typeof value !== "function") return value;
  const methods = Object.getOwnPropertyNames(value.prototype ?? {}).filter((name) => name !== "constructor");
  if (methods.length === 0) return fail;
  const Own = class extends (value as new (...given: never[]) => object) {};
  for (const name of methods) Object.defineProperty(Own.prototype, name, { value: fail });
  return Own;
}
