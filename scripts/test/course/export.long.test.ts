import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findTask } from "../../src/course/registry.ts";
import { lectern } from "../command.ts";
import { solutionOf } from "./solutions.ts";

it("a students' repository works by itself: set-up, list, check", async () => {
  const to = mkdtempSync(join(tmpdir(), "lectern students "));
  try {
    expect((await lectern(["course", "export", to], tmpdir())).code).toBe(0);
    const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: to, encoding: "utf8" });
    node("scripts/setup.mjs");
    expect(node("scripts/bin/lectern.mjs", "course", "list", "--json")).toContain('"task":"softmax"');
    expect(() => node("scripts/bin/lectern.mjs", "course", "check", "softmax")).toThrow(/Command failed/);
    copyFileSync(solutionOf(await findTask("softmax")), join(to, "homework/softmax.ts"));
    expect(node("scripts/bin/lectern.mjs", "course", "check", "softmax")).toContain("10 of 10 points");
  } finally {
    rmSync(to, { recursive: true });
  }
});
