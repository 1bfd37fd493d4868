import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCourse } from "../../src/course/courseFile.ts";
import { allTasks, fileOf, starterOf } from "../../src/course/registry.ts";
import { lectern } from "../command.ts";

const tasks = await allTasks();
const root = mkdtempSync(join(tmpdir(), "lectern export "));
const to = join(root, "для студентов");
afterAll(() => rmSync(root, { recursive: true }));

const read = (file: string): string => readFileSync(join(to, file), "utf8");
const all = (): string[] =>
  readdirSync(to, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));

beforeAll(async () => {
  writeFileSync(join(root, "spring.yaml"), "{ title: Spring, tasks: { softmax: 70 } }");
  const { code, stderr } = await lectern(["course", "export", to, "--course", "spring.yaml"], root);
  expect(code, stderr).toBe(0);
});

describe("a students' repository", () => {
  it("has the tasks, and a starter of each where students write", () => {
    for (const task of tasks) expect(read(`homework/${fileOf(task)}`)).toBe(readFileSync(starterOf(task), "utf8"));
    expect(existsSync(join(to, "coursework/1-autograd/4-softmax/text.ru.md"))).toBe(true);
    expect(existsSync(join(to, "packages/autograd/src/index.ts"))).toBe(true);
  });

  it("has no solutions, no mistakes written into them, and none of the tests that know them", () => {
    expect(all().filter((path) => /solution|mutant|scripts\/test\/course|coursework\/hidden/.test(path))).toEqual([]);
    const texts = tasks.map(({ id }) => readFileSync(join("coursework/solutions", id, "solution.ts"), "utf8").trim());
    const here = all().filter((path) => path.endsWith(".ts") && /^(coursework|homework|docs|scripts)/.test(path));
    for (const path of here)
      expect(
        texts.some((text) => read(path).includes(text)),
        path,
      ).toBe(false);
  });

  it("has the course's points, as the teacher says", async () => {
    const course = await loadCourse(tasks, join(to, "coursework/course.yaml"));
    expect(course.title.en).toBe("Spring");
    expect(course.tasks.softmax.points).toBe(70);
  });

  it("keeps what students write, and nothing that set-up makes", () => {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: to, encoding: "utf8" });
    git("init", "-q");
    mkdirSync(join(to, "node_modules"));
    writeFileSync(join(to, "node_modules/any.js"), "");
    writeFileSync(join(to, "homework/course.json"), "{}");
    const kept = git("ls-files", "--others", "--exclude-standard").split("\n");
    expect(kept).toContain("homework/softmax.ts");
    expect(kept).toContain("homework/course.json");
    expect(kept).not.toContain("node_modules/any.js");
  });

  it("is graded on every push: its one workflow sets up and checks", async () => {
    expect(readdirSync(join(to, ".github/workflows"))).toEqual(["coursework.yml"]);
    const { parse } = await import("yaml");
    const { on, jobs, permissions } = parse(read(".github/workflows/coursework.yml"));
    expect(on).toContain("push");
    expect(permissions).toEqual({ contents: "read" });
    const commands = jobs.check.steps.map(({ run = "" }) => run).join("\n");
    expect(commands).toMatch(/node scripts\/setup\.mjs[\s\S]*lectern\.mjs course check/);
    expect(commands).toContain("GITHUB_STEP_SUMMARY");
  });

  it("is written into an empty folder, outside of Lectern's own, with a course that is right", async () => {
    const refused = async (folder: string, ...args: string[]) =>
      (await lectern(["course", "export", folder, ...args], root)).stderr;
    expect(await refused(to)).toContain("is not empty");
    expect(await refused(join(process.cwd(), "students"))).toContain("Lectern's own folder");
    writeFileSync(join(root, "wrong.yaml"), "task: {}");
    expect(await refused(join(root, "other"), "--course", "wrong.yaml")).toContain("wrong.yaml:1: task is not known");
    expect(existsSync(join(root, "other"))).toBe(false);
  });
});
