import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check } from "../../src/course/check.ts";
import type { Outcome } from "../../src/course/protocol.ts";
import { Sandbox, whyNoSandbox } from "../../src/course/sandbox.ts";
import { attempts } from "./hostile/exercise.ts";
import { findTask, withFile } from "./solutions.ts";

const here = (name: string): string => fileURLToPath(new URL(`hostile/${name}`, import.meta.url));
const limits = { seconds: 20, megabytes: 512, printed: 10_000 };

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lectern-hostile-"));
  mkdirSync(join(folder, "own folder"));
  const student = join(folder, "own folder", "решение.ts");
  await copyFile(here("student.ts"), student);
  writeFileSync(join(folder, "secret.ts"), "export const secret = 1;");
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "own folder", "required.js"), "module.exports = require('fs');");
  symlinkSync(join(folder, "secret.ts"), join(folder, "own folder", "linked.ts"));
  sandbox = new Sandbox({ exercise: here("exercise.ts"), student, needs: [] }, limits);
});

afterAll(() => {
  sandbox.close();
  rmSync(folder, { recursive: true });
});

const call = (name: string): Promise<Outcome> => sandbox.ask("call", { name });

describe("a student's file", () => {
  it.each([
    ...["files", "filesByShortName", "programs", "workers", "network", "databases", "flags", "priorities", "debuggers"],
    ...[
      "hooks",
      "sockets",
      "viaData",
      "evaluated",
      "absolute",
      "theGrader",
      "expectations",
      "solutions",
      "byItsOwnScheme",
    ],
  ])("is not given what is not its own: %s", async (name) => {
    expect(await call(name)).toMatchObject({
      kind: "error",
      message: expect.stringMatching(/cannot be imported here/),
    });
  });

  it.each([
    ["insideTheLibrary", /library's own files/],
    ["viaCommonJs", /a solution is a module/],
    ["linked", /Cannot find module/],
    ["anotherFile", /Cannot find module/],
    ["binding", /not a function/],
    ["signals", /not a function/],
    ["reports", /undefined/],
    ["natives", /not a function/],
    ["fetched", /fetch failed/],
  ])("finds no way around that: %s", async (name, message) => {
    expect(await call(name)).toMatchObject({ kind: "error", message: expect.stringMatching(message) });
  });

  it("gets no more of Node than the library needs there, which an asynchronous scope does", async () => {
    expect(await call("builtin")).toEqual({
      kind: "output",
      output: [undefined, undefined, undefined, "AsyncLocalStorage"],
    });
    expect(await call("scoped")).toEqual({ kind: "output", output: 3 });
  });

  it("is told nothing by its environment, and has no channel of its own", async () => {
    const outcome = await call("environment");
    const names = outcome.kind === "output" ? (outcome.output as readonly string[]) : [];
    // What the shell that sets the limits adds, and what Windows needs.
    const others = ["PWD", "OLDPWD", "SHLVL", "_", "SystemRoot"];
    expect(names.filter((name) => !others.includes(name))).toEqual(["LECTERN_BLAS", "LECTERN_THREADS"]);
    expect(await call("channel")).toEqual({ kind: "output", output: ["undefined", "undefined"] });
  });

  it("may answer anything, and it is looked at as a value", async () => {
    expect(await call("proxied")).toEqual({ kind: "output", output: [1, 2] });
    expect(await call("functions")).toMatchObject({
      kind: "error",
      message: expect.stringMatching(/holds a function/),
    });
    expect(await call("cyclic")).toMatchObject({ kind: "error", message: expect.stringMatching(/nested/) });
    expect(await call("huge")).toMatchObject({ kind: "error", message: expect.stringMatching(/larger than 8 MB/) });
    const { output } = (await call("forged")) as { output: { isAdmin?: boolean } };
    expect(output.isAdmin).toBeUndefined();
  });

  it("does not end the process by an error that comes later", async () => {
    expect(await call("rejectsLater")).toEqual({ kind: "output", output: "answered" });
    await call("waitsABit");
    expect(await call("waitsABit")).toEqual({ kind: "output", output: "still here" });
  });

  it("does not reach the reader's terminal", async () => {
    const outcome = await call("colours");
    expect(outcome).toMatchObject({ kind: "error", message: expect.stringContaining("red") });
    expect(JSON.stringify([outcome, sandbox.printed])).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });

  it("does not find its way by replacing what others call", async () => {
    expect(await call("replaced")).toEqual({ kind: "output", output: "refused" });
    expect(await call("polluted")).toEqual({ kind: "output", output: ["refused", "refused"] });
  });
});

it.each([
  "import { Tensor } from '@lectern/autograd'; const kept = Tensor.prototype.softmax; export const softmax = (x) => kept.call(x, -1);",
  "import * as all from '@lectern/autograd'; export const softmax = (x) => all.softmax(x);",
  "const all = await import('@lectern/autograd'); export const softmax = (x) => all['soft' + 'max'](x, -1);",
])("what a task is about stays closed: %s", async (text) => {
  const softmax = await findTask("softmax");
  const { points, tests } = await withFile("softmax.ts", text, (file) => check(softmax, file, { limits }));
  expect(points).toBe(0);
  expect(tests[0].failure).toMatchObject({ rule: { kind: "closed", name: "softmax" } });
});

describe("behind what is closed to a student's file", () => {
  it.each(attempts)("Node itself denies it: one that %s", async (name) => {
    const outcome = await sandbox.ask("inside", { name, folder });
    expect(outcome).toEqual({ kind: "output", output: expect.stringMatching(/ACCESS_DENIED/) });
    expect(readdirSync(folder)).not.toContain("mine.txt");
  });

  it("the system lets no byte into a file, where Node would", async () => {
    const outcome = await sandbox.ask("inside", { name: "makes a database", folder });
    const bytes = statSync(join(folder, "mine.db")).size;
    // Windows has no such limit: there it is the closed module alone.
    if (process.platform === "win32") expect(outcome.kind).toBe("output");
    else expect(bytes).toBe(0);
  });

  it("an older Node, which would let it reach the network, is refused", () => {
    expect(whyNoSandbox()).toBeUndefined();
    expect(whyNoSandbox(new Set(["--permission"]), "24.1.0")).toMatch(/Node 24\.1\.0 cannot keep/);
  });
});
