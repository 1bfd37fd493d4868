import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCourse } from "../../src/course/courseFile.ts";
import { type Grades, grade } from "../../src/course/grade.ts";
import { gradesCsv, gradesJson, jsonText } from "../../src/course/gradeFiles.ts";
import { hiddenTests } from "../../src/course/hiddenTests.ts";
import { handedInAt, hasTime, receivedTimes, strangersIn, submissionsIn } from "../../src/course/submissions.ts";
import { findTask, solutionOf, withFile } from "./solutions.ts";

const softmax = await findTask("softmax");
const tasks = [softmax];
const course = await readCourse(
  "{ tasks: { softmax: { points: 20, deadline: 2026-10-01T12:00Z } }, hint: 10%, late: { perDay: 10% } }",
  tasks,
  "course.yaml",
);
const root = mkdtempSync(join(tmpdir(), "lectern class "));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function solves(student: string): void {
  copyFileSync(solutionOf(softmax), write(`class/${student}/softmax.ts`, ""));
}

const received = new Map([
  ["Иванова Анна", new Date("2026-10-01T11:00Z")],
  ["late, by a day", new Date("2026-10-01T13:00Z")],
  ["=1+1", new Date("2026-10-01T11:00Z")],
]);
let grades: Grades;

beforeAll(async () => {
  solves("Иванова Анна");
  solves("late, by a day");
  write(
    "class/=1+1/homework/softmax.ts",
    'export { softmax } from "../../Иванова Анна/softmax.ts"; process.kill(process.ppid);',
  );
  write("class/=1+1/homework/course.json", '{ "language": "en", "tasks": { "softmax": { "points": 1e99 } } }');
  mkdirSync(join(root, "class/linked"));
  symlinkSync(join(root, "class/Иванова Анна"), join(root, "class/linked/homework"));
  write("class/linked/README.md", "");
  truncateSync(write("class/large/softmax.ts", ""), 100_000_000);
  mkdirSync(join(root, "class/nothing"));
  const submissions = submissionsIn([join(root, "class")], tasks);
  grades = await grade(submissions, { tasks, course, received, seed: 1, jobs: 2 });
});

const of = (student: string) => grades.students.find((one) => one.student === student)!;

describe("a class's grades", () => {
  it("are a row for each student's folder", () => {
    const names = ["=1+1", "large", "late, by a day", "linked", "nothing", "Иванова Анна"];
    expect(grades.students.map(({ student }) => student).sort()).toEqual(names.sort());
  });

  it("are in the course's points, less what comes late", () => {
    expect(of("Иванова Анна")).toMatchObject({ points: 20, flags: [] });
    expect(of("late, by a day")).toMatchObject({ points: 18, flags: [] });
    expect(of("late, by a day").tasks.get("softmax")).toMatchObject({ daysLate: 1, lateCost: 2 });
  });

  it("give nothing for another's file, by whatever way it is reached", () => {
    expect(of("=1+1").points).toBe(0);
    expect(of("linked")).toMatchObject({
      points: 0,
      flags: [{ kind: "refused", why: "outside" }, { kind: "unknownTime" }],
    });
  });

  it("tell what cannot be read, and go on", () => {
    expect(of("=1+1").flags).toEqual([{ kind: "state" }]);
    expect(of("large")).toMatchObject({
      points: 0,
      flags: [{ kind: "refused", why: "large" }, { kind: "unknownTime" }],
    });
    expect(of("nothing")).toMatchObject({ points: 0, flags: [{ kind: "nothing" }] });
  });

  it("are a table that a spreadsheet takes for one, and computes nothing in", () => {
    const lines = gradesCsv(grades, "en").split("\r\n");
    expect(lines[0]).toBe("\ufeffstudent,softmax,total,of,days late,hints,look at");
    expect(lines).toContain('"late, by a day",18,18,20,1,0,');
    expect(lines.find((line) => line.startsWith("'=1+1,0,0,20,0,0,"))).toBeDefined();
    expect(lines).toContain("nothing,,0,20,0,0,nothing was handed in");
    expect(gradesCsv(grades, "ru")).toContain("nothing;;0;20;0;0;ничего не сдано");
  });

  it("are JSON as well, with each test", () => {
    const { students } = JSON.parse(jsonText(gradesJson(grades, "ru")));
    const { tests } = students.find((one: { student: string }) => one.student === "Иванова Анна").tasks.softmax;
    expect(tests).toHaveLength(softmax.task.tests.length);
    expect(tests[0]).toEqual({ says: "softmax каждой строки", points: 4, of: 4 });
  });
});

describe("submissions", () => {
  it("cost what their hints do, and no more than the task has", async () => {
    solves("hints/one");
    write(
      "class/hints/one/course.json",
      '{ "language": "en", "tasks": { "softmax": { "points": 10, "of": 10, "hints": 99 } } }',
    );
    const { students } = await grade(submissionsIn([join(root, "class/hints/one")], tasks), {
      tasks,
      course,
      seed: 1,
      jobs: 1,
    });
    expect(students[0].tasks.get("softmax")).toMatchObject({ hints: 3, hintCost: 6 });
  });

  it("are folders that are named one by one, or all that lie in one", () => {
    const names = (...paths: string[]) =>
      submissionsIn(
        paths.map((path) => join(root, path)),
        tasks,
      ).map(({ student }) => student);
    mkdirSync(join(root, "few/one/drafts"), { recursive: true });
    mkdirSync(join(root, "few/two"));
    expect(names("few/one", "few/two")).toEqual(["one", "two"]);
    expect(names("few")).toEqual(["one", "two"]);
  });

  it("that are no folders, or have one name, are errors", () => {
    expect(() => submissionsIn([join(root, "nowhere")], tasks)).toThrow("is no folder");
    expect(() => submissionsIn([join(root, "class/large"), join(root, "class/large")], tasks)).toThrow(
      'called "large"',
    );
  });

  it("come when their file was changed, unless they are a clone, or the teacher knows better", async () => {
    const file = write("class/cloned/softmax.ts", "");
    const cloned = { student: "cloned", folder: dirname(file) };
    expect(handedInAt(cloned, file)).toBeInstanceOf(Date);
    mkdirSync(join(cloned.folder, ".git"));
    expect(handedInAt(cloned, file)).toBeUndefined();
    expect([hasTime(cloned), hasTime({ ...cloned, folder: root })]).toEqual([false, true]);
    const text = 'student,time\n"cloned",2026-10-01 15:00\r\nother one;2026-10-01\n';
    const times = await withFile("times.csv", text, (csv) => receivedTimes(csv, "Europe/Moscow"));
    expect(handedInAt(cloned, file, times)?.toISOString()).toBe("2026-10-01T12:00:00.000Z");
    expect(strangersIn(times, [cloned])).toEqual(["other one"]);
    expect(times.get("other one")?.toISOString()).toBe("2026-10-01T20:59:59.000Z");
    await expect(withFile("t.csv", "a,2026-10-01\nb,soon", (csv) => receivedTimes(csv, "UTC"))).rejects.toThrow(
      /t\.csv:2/,
    );
  });
});

describe("hidden tests", () => {
  const HIDDEN = `export const tests = [
    { exercise: "rows", points: 5, says: { en: "a row of one", ru: "строка из одного числа" },
      draw: (random) => ({ x: random.matrix(1, 1) }), expected: () => [[1]] },
    { exercise: "twice", points: 5, says: { en: "two at once", ru: "дважды" },
      draw: (random) => ({ x: random.matrix(1, 2) }), expected: ({ x }) => x.length },
  ];`;
  const OWN = `import { tensor } from "@lectern/autograd";
  export const exercises = { twice: ({ softmax }, { x }) => softmax(softmax(tensor(x))).shape[0] };`;

  it("of a folder of the teacher's, with exercises of their own, shift the points", async () => {
    const file = write("hidden/softmax.ts", HIDDEN);
    write("hidden/softmax.exercise.ts", OWN);
    const hidden = await hiddenTests(dirname(file), tasks);
    const spied = `import * as all from "./softmax.exercise.ts";\nexport const softmax = () => all;`;
    write("class/spies/softmax.ts", spied);
    write("wrong/softmax.ts", "export const softmax = (x) => x.mul(0).add(1 / x.shape[1]);");
    const folders = ["class/Иванова Анна", "class/spies", "wrong"].map((path) => join(root, path));
    const { students } = await grade(submissionsIn(folders, tasks), {
      tasks,
      course,
      hidden,
      received,
      seed: 1,
      jobs: 1,
    });
    const points = Object.fromEntries(students.map(({ student, points }) => [student, points]));
    expect(points).toEqual({ "Иванова Анна": 20, spies: 0, wrong: 10 });
  });

  it.each([
    ["nothing.ts", "export const tests = [];", /no task is called "nothing"/],
    ["softmax.ts", "export const tests = [];", /exports no tests/],
    ["softmax.ts", 'export const tests = [{ exercise: "row" }];', /no exercise "row"; there are rows, gradient/],
    ["softmax.ts", "export const", /does not load/],
    ["softmax.exercise.ts", "export const exercises = {};", /tests that belong to it are not there/],
    ["readme.md", "", /has no tests/],
  ])("are refused with a reason: %s with %j", async (name, text, message) => {
    await expect(withFile(name, text, (file) => hiddenTests(dirname(file), tasks))).rejects.toThrow(message);
  });
});
