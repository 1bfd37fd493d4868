import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import module from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";
import type { HiddenTests } from "./check.ts";
import type { ExerciseFile } from "./exercise.ts";
import { findLibrary } from "./library.ts";
import { exerciseOf, type FoundTask } from "./registry.ts";
import type { Test } from "./task.ts";

/** For `--tests`. */
export const testsOption = {
  type: "string" as const,
  requiresArg: true,
  describe: "A folder with further tests that students do not have: <task>.ts, perhaps <task>.exercise.ts",
};

/**
 * A teacher's hidden tests, by tasks: `<task>.ts` exports `tests`; `<task>.exercise.ts`, where it is there, exports further
 * `exercises`, which alone of the two a student's process may read. Errors: a file of no task, without tests, or that asks for an
 * exercise that is nowhere.
 */
export async function hiddenTests(folder: string, tasks: readonly FoundTask[]): Promise<Map<string, HiddenTests>> {
  const names = await readdir(folder).catch((cause) => {
    throw new UsageError(`${folder} cannot be read: ${cause.message}`, { cause });
  });
  module.registerHooks(findLibrary(pathToFileURL(resolve(folder)).href));
  const found = new Map<string, HiddenTests>();
  for (const name of names.filter((name) => name.endsWith(".ts")).sort()) {
    const id = name.replace(/(\.exercise)?\.ts$/, "");
    const task = tasks.find((task) => task.id === id);
    const file = join(folder, name);
    if (task === undefined) throw new UsageError(`${file}: no task is called "${id}"`);
    if (!name.endsWith(".exercise.ts")) found.set(id, await testsIn(file, task));
    else if (!names.includes(`${id}.ts`))
      throw new UsageError(`${file}: the tests that belong to it are not there: ${id}.ts`);
  }
  if (found.size === 0) throw new UsageError(`${folder} has no tests: a task's are in <task>.ts`);
  return found;
}

async function testsIn(file: string, task: FoundTask): Promise<HiddenTests> {
  const { tests } = (await importFile(file)) as { tests?: readonly Test[] };
  if (!Array.isArray(tests) || tests.length === 0) {
    throw new UsageError(`${file} exports no tests: \`export const tests = defineTests<typeof exercises>([ … ])\``);
  }
  const ownFile = file.replace(/\.ts$/, ".exercise.ts");
  const own = existsSync(ownFile) ? { file: resolve(ownFile), names: await exercisesIn(ownFile) } : undefined;
  const known = [...(await exercisesIn(exerciseOf(task))), ...(own?.names ?? [])];
  for (const { exercise } of tests as readonly Test[]) {
    if (!known.includes(exercise)) {
      throw new UsageError(`${file}: ${task.id} has no exercise "${exercise}"; there are ${known.join(", ")}`);
    }
  }
  return { tests, own };
}

async function exercisesIn(file: string): Promise<string[]> {
  const { exercises } = (await importFile(file)) as Partial<ExerciseFile>;
  if (exercises === undefined) throw new UsageError(`${file} exports no exercises`);
  return Object.keys(exercises);
}

async function importFile(file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as object;
  } catch (cause) {
    throw new UsageError(`${file} does not load: ${(cause as Error).message}`, { cause });
  }
}
