import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lectern } from "../command.ts";
import { DEADLINE, HOSTILE, makeClass, TASKS } from "./makeClass.ts";

it("a class of twenty, three of them hostile, is graded in one call", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lectern-class-"));
  try {
    const students = await makeClass(join(folder, "class"));
    writeFileSync(
      join(folder, "course.yaml"),
      `{ chapters: { autograd: { deadline: "${DEADLINE}" } }, late: { perDay: 10% }, limits: { seconds: 8, megabytes: 512 } }`,
    );
    const { code, stderr } = await lectern(["course", "grade", "class", "--course", "course.yaml"], folder);
    expect(code, stderr).toBe(0);
    const csv = readFileSync(join(folder, "grades.csv"), "utf8");
    const { students: graded, alike } = JSON.parse(readFileSync(join(folder, "grades.json"), "utf8"));
    expect(csv.trim().split("\r\n").length).toBe(1 + students.length);
    const of = (student: string) => graded.find((one: { student: string }) => one.student === student);
    for (const student of Object.values(HOSTILE)) expect(of(student), student).toMatchObject({ points: 0 });
    for (const task of TASKS.slice(0, 3))
      expect(of(students[0]).tasks[task].points).toBe(of(students[0]).tasks[task].of);
    expect(of(students[3]).tasks.softmax).toMatchObject({ points: 8, daysLate: 2 });
    expect(of(students[16]).points).toBe(0);
    expect(alike).toContainEqual({ task: "top-p", students: [students[0], students[1]], share: expect.any(Number) });
    expect(csv).toContain("'=HYPERLINK(0)");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
