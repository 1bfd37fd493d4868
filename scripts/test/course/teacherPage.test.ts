import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "../../src/course/check.ts";
import { deadlineOf, pointsOf } from "../../src/course/course.ts";
import { readCourse } from "../../src/course/courseFile.ts";
import { hiddenTests } from "../../src/course/hiddenTests.ts";
import { allTasks, type FoundTask, fileOf, starterOf } from "../../src/course/registry.ts";
import type { Mutants } from "../../src/course/task.ts";
import { experimentNames } from "../../src/lecture/registry.ts";
import { findTask, withFile } from "./solutions.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const page = (name: string): string => readFileSync(join(repository, "docs", name), "utf8");
const root = mkdtempSync(join(tmpdir(), "lectern-task-"));
afterAll(() => rmSync(root, { recursive: true }));

/** The part of a page below a heading. */
const section = (text: string, heading: string): string => text.split(`## ${heading}\n`)[1].split("\n## ")[0];

/** A file of a page's, with paths into the repository as they are from elsewhere. */
function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  const address = pathToFileURL(repository).href;
  writeFileSync(file, text.replaceAll("../../../", address).replaceAll("../../scripts/", `${address}scripts/`));
  return file;
}

/** The files of the task that a page adds: a path in backquotes, then the file. */
function writeTask(text: string): void {
  for (const [, path, file] of text.matchAll(/^`([\w./-]+)`[^\n]*(?:\n[^\n]+)*\n\n```(?:ts|md)\n([\s\S]*?)```$/gm)) {
    write(path.startsWith("coursework/") ? path.replace("coursework/", "") : `1-any/7-mean/${path}`, file);
  }
  for (const name of ["text.md", "text.ru.md"]) write(`1-any/${name}`, "# A chapter\n");
}

describe("the task that the teacher's page adds", async () => {
  writeTask(section(page("coursework.md"), "A task of your own"));
  const [mean] = await allTasks(root);
  const solution = readFileSync(join(root, "solutions/mean/solution.ts"), "utf8");
  const checked = (text: string) => withFile(fileOf(mean), text, (file) => check(mean, file));

  it("is found by its folder alone", () => {
    expect(mean).toMatchObject({ id: "mean", chapter: "any", title: { en: "The mean", ru: "Среднее" } });
  });

  it("gives its solution all points and its starter none", async () => {
    expect(await checked(solution)).toMatchObject({ points: 5, of: 5 });
    const { tests } = await check(mean, starterOf(mean));
    expect(tests[0].failure).toEqual({ kind: "todo" });
  });

  it("names each of its mistakes", async () => {
    const { mutants } = (await import(join(root, "solutions/mean/mutants.ts"))) as { mutants: Mutants };
    expect(Object.keys(mutants)).toEqual(Object.keys(mean.task.mistakes));
    for (const [name, [[find, replace]]] of Object.entries(mutants)) {
      const { tests } = await checked(solution.replace(find, replace));
      expect(tests[0].mistake).toBe(name);
    }
  });
});

describe.each(["coursework.md", "coursework.ru.md"])("docs/%s", (name) => {
  const text = page(name);
  const cells = (row: string): string[] =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = [...text.matchAll(/^\| .+ \|$/gm)].map(([row]) => cells(row));
  const namesIn = (cell: string): string[] => [...cell.matchAll(/`([\w-]+)`/g)].map(([, id]) => id);

  it("has a row for each task, with what it is worth, in their order", async () => {
    const tasks = await allTasks();
    const points = ({ task }: FoundTask) => task.tests.reduce((sum, test) => sum + test.points, 0);
    const told = rows.filter(([first]) => /^`[\w-]+`$/.test(first)).map(([id, , , worth]) => `${id} ${worth}`);
    expect(told).toEqual(tasks.map((task) => `\`${task.id}\` ${points(task)}`));
  });

  it("puts every task but the kernels' into a session, and shows experiments that there are", async () => {
    const sessions = rows.filter(([first]) => /^\d\. /.test(first));
    expect(sessions).toHaveLength(4);
    const known = await experimentNames();
    expect(sessions.flatMap(([, shown]) => namesIn(shown)).filter((id) => !known.includes(id))).toEqual([]);
    const given = sessions.flatMap(([, , inClass, home]) => [...namesIn(inClass), ...namesIn(home)]);
    const tasks = (await allTasks()).filter(({ chapter }) => chapter !== "kernels").map(({ id }) => id);
    expect([...given].sort()).toEqual([...tasks].sort());
  });

  it("has a course's file that is right", async () => {
    const tasks = await allTasks();
    const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const course = await readCourse(yaml, tasks, name);
    const softmax = tasks.find(({ id }) => id === "softmax")!;
    expect(pointsOf(course, softmax)).toBe(20);
    expect(deadlineOf(course, softmax)?.toISOString()).toBe("2027-02-14T20:59:59.000Z");
  });
});

it("the hidden tests that the page shows are some", async () => {
  const [, code] = /```ts\n(import \{ defineTests[\s\S]*?)```/.exec(page("coursework.md")) ?? [];
  const file = write("hidden/softmax.ts", code);
  const tests = await hiddenTests(dirname(file), [await findTask("softmax")]);
  expect(tests.get("softmax")?.tests).toHaveLength(1);
});
