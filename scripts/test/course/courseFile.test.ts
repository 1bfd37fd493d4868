import { describe, expect, it } from "vitest";
import { type Course, deadlineOf, pointsOf, scoreOf } from "../../src/course/course.ts";
import { COURSE_FILE, loadCourse, readCourse } from "../../src/course/courseFile.ts";
import { allTasks } from "../../src/course/registry.ts";
import { withFile } from "./solutions.ts";

const tasks = await allTasks();
const softmax = tasks.find(({ id }) => id === "softmax")!;
const read = (text: string): Promise<Course> => readCourse(text, tasks, "course.yaml");
const iso = (course: Course) => deadlineOf(course, softmax)?.toISOString();

describe("a course's file", () => {
  it("says what tasks are worth, until when, and what hints and delay cost", async () => {
    const course = await read(`
title: Deep learning, autumn
timezone: Europe/Moscow
chapters:
  autograd: { deadline: 2026-10-01 }
tasks:
  softmax: { points: 20, deadline: 2026-10-08 18:00 }
late: { perDay: 10%, atMost: 50% }
hint: 5%
limits: { seconds: 3 }
`);
    expect(course.title.ru).toBe("Deep learning, autumn");
    expect(pointsOf(course, softmax)).toBe(20);
    expect(iso(course)).toBe("2026-10-08T15:00:00.000Z");
    expect(course.late).toEqual({ perDay: 0.1, atMost: 0.5 });
    expect(course.hint).toBe(0.05);
    expect(course.limits).toMatchObject({ seconds: 3, megabytes: 1024 });
  });

  it("leaves tasks that it does not name as they are", async () => {
    const course = await read("");
    expect(pointsOf(course, softmax)).toBe(10);
    expect(deadlineOf(course, softmax)).toBeUndefined();
  });

  it("may be JSON, and give points alone", async () => {
    const course = await read(JSON.stringify({ title: { en: "Course", ru: "Курс" }, tasks: { softmax: 7 } }));
    expect(course.title.ru).toBe("Курс");
    expect(pointsOf(course, softmax)).toBe(7);
  });

  it("knows where a day ends: in the time zone that it names, in summer and in winter", async () => {
    const until = (deadline: string, timezone: string) =>
      read(`{ timezone: ${timezone}, chapters: { autograd: { deadline: "${deadline}" } } }`).then(iso);
    expect(await until("2026-10-01", "Europe/Moscow")).toBe("2026-10-01T20:59:59.000Z");
    expect(await until("2026-07-01", "Europe/Berlin")).toBe("2026-07-01T21:59:59.000Z");
    expect(await until("2026-12-01", "Europe/Berlin")).toBe("2026-12-01T22:59:59.000Z");
    expect(await until("2026-10-25 01:30", "Europe/Berlin")).toBe("2026-10-24T23:30:00.000Z");
    expect(await until("2026-10-01T18:00+05:00", "Europe/Moscow")).toBe("2026-10-01T13:00:00.000Z");
    expect(await until("2026-10-01 18:00", "America/New_York")).toBe("2026-10-01T22:00:00.000Z");
  });

  it.each([
    ["tasks:\n  softmax: { points: many }", /^course\.yaml:2: tasks\.softmax\.points has to be a number.*"many"$/],
    ["title: x\ntasks:\n  softmax: -1", /^course\.yaml:3: tasks\.softmax .*-1$/],
    ["tasks:\n  sofmax: 10", /^course\.yaml:2: tasks\.sofmax is no task; there are .*softmax/],
    ["\nchapters:\n  autograd: {}", /^course\.yaml:3: chapters\.autograd\.deadline has to be a day/],
    ["chapters:\n  autograd:\n    deadline: 2026-02-31", /^course\.yaml:3: .*deadline has to be a day .*2026-02-31/],
    ["chapters:\n  autograd:\n    deadline: 2026-02-03 25:00", /^course\.yaml:3: .*deadline has to be a day/],
    ["timezone: Moscow", /^course\.yaml:1: timezone is no time zone.*"Moscow"$/],
    ["hint: 0.1", /^course\.yaml:1: hint has to be a share, such as "10%"; it is 0\.1$/],
    ["late:\n  perDay: 200%", /^course\.yaml:2: late\.perDay is at most 100%/],
    ["late: 10%", /^course\.yaml:1: late has to be \{ perDay: 10%, atMost: 50% \}; it is "10%"$/],
    ["limits: 5", /^course\.yaml:1: limits has to be \{ seconds: 10, .*; it is 5$/],
    ["title: x\ntasks: softmax", /^course\.yaml:2: tasks has to be a record, each line a task; it is "softmax"$/],
    [
      "chapters:\n  autograd: 2027-02-14",
      /^course\.yaml:2: chapters\.autograd has to be \{ deadline: .*; it is "2027-02-14"$/,
    ],
    ["title: x\nlimit: {}", /^course\.yaml:2: limit is not known here$/],
    [
      "tasks:\n  softmax:\n    points: 1\n    due: 2026-10-01",
      /^course\.yaml:4: tasks\.softmax\.due is not known here$/,
    ],
    ["title: x\ntitle: y", /^course\.yaml:2: this is no YAML: .*unique/],
    ["title: [", /^course\.yaml:1: this is no YAML/],
    ["- softmax", /^course\.yaml: has to be a record/],
  ])("says what is wrong in %j, and where", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it("tells of every mistake in it, not of the first alone", async () => {
    await expect(read("hint: 1\ntimezone: nowhere")).rejects.toThrow(/hint.*\n?.*timezone|timezone.*\n?.*hint/s);
  });

  it("is read from where it lies, and missed where it does not", async () => {
    const course = await withFile("a course.yaml", "tasks: { softmax: 3 }", (file) => loadCourse(tasks, file));
    expect(pointsOf(course, softmax)).toBe(3);
    await expect(loadCourse(tasks, "nowhere.yaml")).rejects.toThrow("nowhere.yaml cannot be read");
  });

  it("comes with the coursework, and gives every task points", async () => {
    const course = await loadCourse(tasks, COURSE_FILE);
    for (const task of tasks) expect(pointsOf(course, task)).toBeGreaterThan(0);
  });
});

describe("a score", () => {
  const checked = { points: 5, of: 10 };
  const course = read(
    "{ tasks: { softmax: { points: 20, deadline: 2026-10-01T12:00Z } }, hint: 10%, late: { perDay: 10%, atMost: 25% } }",
  );
  const scored = async (given: Parameters<typeof scoreOf>[3]) => scoreOf(await course, softmax, checked, given);

  it("is the share of the tests' points, in the course's own measure", async () => {
    expect(await scored({})).toEqual({ points: 10, of: 20, hintCost: 0, lateCost: 0, daysLate: 0 });
  });

  it("is less by what hints cost, and never below zero", async () => {
    expect(await scored({ hints: 2 })).toMatchObject({ points: 6, hintCost: 4 });
    expect(await scored({ hints: 50 })).toMatchObject({ points: 0, hintCost: 10 });
  });

  it("is less by each day begun after the deadline, up to a bound", async () => {
    const at = (time: string) => scored({ handedIn: new Date(time) });
    expect(await at("2026-10-01T12:00Z")).toMatchObject({ points: 10, daysLate: 0 });
    expect(await at("2026-10-01T12:01Z")).toMatchObject({ points: 9, daysLate: 1, lateCost: 1 });
    expect(await at("2026-10-03T12:00Z")).toMatchObject({ points: 8, daysLate: 2 });
    expect(await at("2027-10-03T12:00Z")).toMatchObject({ points: 7.5 });
  });
});
