import { describe, expect, it } from "vitest";
import { check, failureOf } from "../../src/course/check.ts";
import { Draws } from "../../src/course/draws.ts";
import { allTasks } from "../../src/course/registry.ts";
import type { Test } from "../../src/course/task.ts";
import { findTask, withFile } from "./solutions.ts";

/** Whether a test is passed by whoever has the answers to inputs of one seed, and is given those of another. */
function passesFromMemory(test: Test, remembered: number, asked: number): boolean {
  const [memory, draws] = [remembered, asked].map((seed) => new Draws(seed));
  const times = Array.from({ length: test.times ?? 3 });
  return times.every(() => {
    const output = test.expected(test.draw(memory));
    return failureOf(test, test.draw(draws), { kind: "output", output }) === undefined;
  });
}

describe.each((await allTasks()).map((found) => [found.id, found] as const))("the task %s", (_, { task }) => {
  // What is always so, whatever the input (numbers that are all equal are normalised to the bias), is worth little.
  it("gives a third of its points at most for the answers to other inputs", () => {
    for (const seed of [1, 2, 3]) {
      const from = (memory: number) => {
        const passed = task.tests.filter((test) => passesFromMemory(test, memory, seed));
        return passed.reduce((sum, { points }) => sum + points, 0);
      };
      const all = from(seed);
      expect(all, "for the same inputs").toBe(task.tests.reduce((sum, { points }) => sum + points, 0));
      expect(from(seed + 10) / all).toBeLessThanOrEqual(1 / 3);
    }
  });
});

it("a solution that returns the numbers of an earlier check has no points", async () => {
  const softmax = await findTask("softmax");
  const [test] = softmax.task.tests;
  const answer = JSON.stringify(test.expected(test.draw(new Draws(7))));
  const text = `import { tensor } from "@lectern/autograd";\nexport const softmax = () => tensor(${answer});\n`;
  const { points, tests } = await withFile("softmax.ts", text, (file) => check(softmax, file, { seed: 8 }));
  expect(points).toBe(0);
  expect(tests[0].failure?.kind).toBe("wrong");
});
