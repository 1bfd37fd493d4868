import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lectern } from "../command.ts";
import { findTask, solutionOf } from "./solutions.ts";

it("a students' repository works by itself: set-up, list, check", async () => {
  const to = mkdtempSync(join(tmpdir(), "lectern students "));
  const students = mkdtempSync(join(tmpdir(), "lectern students "));
  try {
    expect((await lectern(["course", "export", to], tmpdir())).code).toBe(0);
    const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: to, encoding: "utf8" });
    node("scripts/setup.mjs");
    expect(node("scripts/bin/lectern.mjs", "course", "list", "--json")).toContain('"task":"softmax"');
    expect(() => node("scripts/bin/lectern.mjs", "course", "check", "softmax")).toThrow(/Command failed/);
    copyFileSync(solutionOf(await findTask("softmax")), join(to, "homework/softmax.ts"));
    expect(node("scripts/bin/lectern.mjs", "course", "check", "softmax")).toContain("10 of 10 points");

    // A teacher's repository is one too, here with a task that git does not know yet.
    execFileSync("git", ["init", "-q"], { cwd: to });
    execFileSync("git", ["add", "."], { cwd: to });
    cpSync(join(to, "coursework/1-autograd/4-softmax"), join(to, "coursework/1-autograd/7-draft"), { recursive: true });
    const exported = (folder: string, ...args: string[]) =>
      spawnSync(
        process.execPath,
        ["scripts/bin/lectern.mjs", "course", "export", join(students, folder), "--json", ...args],
        { cwd: to, encoding: "utf8" },
      );
    const { stdout, stderr } = exported("first");
    expect(stderr).toContain("git does not track all files of draft");
    expect(JSON.parse(stdout)).toMatchObject({ leftOut: ["draft"], tasks: expect.not.arrayContaining(["draft"]) });
    expect(readdirSync(join(students, "first/homework"))).not.toContain("draft.ts");
    expect(readdirSync(join(students, "first/coursework/1-autograd"))).not.toContain("7-draft");
    writeFileSync(join(to, "spring.yaml"), "tasks: { draft: 5 }");
    expect(exported("second", "--course", "spring.yaml").stderr).toContain("tasks.draft is no task");
    expect(existsSync(join(students, "second"))).toBe(false);
  } finally {
    for (const folder of [to, students]) rmSync(folder, { recursive: true });
  }
});
