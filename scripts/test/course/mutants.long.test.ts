import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check } from "../../src/course/check.ts";
import { allTasks, fileOf } from "../../src/course/registry.ts";
import { mutantsOf, mutated, solutionOf, withFile } from "./solutions.ts";

describe.each((await allTasks()).map((found) => [found.id, found] as const))("mistakes in %s", (_, found) => {
  it("are each named for what they are", async () => {
    for (const [name, replacements] of Object.entries(await mutantsOf(found))) {
      const text = mutated(found, replacements);
      const result = await withFile(fileOf(found), text, (file) => check(found, file));
      const [named] = result.tests.flatMap(({ mistake }) => mistake ?? []);
      expect(named, `the mutant "${name}" is named`).toBe(name);
      expect(result.points).toBeLessThan(result.of);
    }
  });

  it("are not seen in a solution that has none", async () => {
    const text = readFileSync(solutionOf(found), "utf8");
    const { tests } = await withFile(fileOf(found), text, (file) => check(found, file));
    expect(tests.flatMap(({ mistake }) => mistake ?? [])).toEqual([]);
  });
});
