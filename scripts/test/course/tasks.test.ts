import { describe, expect, it } from "vitest";
import { check } from "../../src/course/check.ts";
import { allTasks, starterOf } from "../../src/course/registry.ts";
import { mutantsOf, solutionOf } from "./solutions.ts";

describe.each((await allTasks()).map((found) => [found.id, found] as const))("the task %s", (_, found) => {
  it("gives its reference solution all points", async () => {
    const { points, of, tests } = await check(found, solutionOf(found));
    expect(tests.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(points).toBe(of);
    expect(of).toBeGreaterThan(0);
  });

  it("says of its untouched starter what is to be done", async () => {
    const { points, tests } = await check(found, starterOf(found));
    expect(points).toBe(0);
    expect(tests.map(({ failure }) => failure?.kind)).toEqual(tests.map(() => "todo"));
  });

  it("knows three typical mistakes or more, each written down as a mutant", async () => {
    const names = Object.keys(await mutantsOf(found));
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(Object.keys(found.task.mistakes)).toEqual(expect.arrayContaining(names));
  });
});
