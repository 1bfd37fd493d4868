import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { allTasks, COURSEWORK, type FoundTask } from "../../src/course/registry.ts";
import type { Mutants } from "../../src/course/task.ts";

/** A task by its name. Errors: there is none. */
export async function findTask(id: string): Promise<FoundTask> {
  const found = (await allTasks()).find((task) => task.id === id);
  if (found === undefined) throw new Error(`no task is called "${id}"`);
  return found;
}

/** A task's reference solution. */
export const solutionOf = ({ id }: FoundTask): string => join(COURSEWORK, "solutions", id, "solution.ts");

/** A task's typical mistakes, each written into the solution. */
export async function mutantsOf({ id }: FoundTask): Promise<Mutants> {
  const file = join(COURSEWORK, "solutions", id, "mutants.ts");
  if (!existsSync(file)) throw new Error(`${id} has no mutants: ${file}`);
  return ((await import(pathToFileURL(file).href)) as { mutants: Mutants }).mutants;
}

/** The solution with a mistake in it. Errors: a text that is to be replaced does not stand in it once. */
export function mutated(found: FoundTask, replacements: Mutants[string]): string {
  return replacements.reduce(
    (text, [find, replace]) => {
      if (text.split(find).length !== 2) throw new Error(`${found.id}: "${find}" has to stand in the solution once`);
      return text.replace(find, () => replace);
    },
    readFileSync(solutionOf(found), "utf8"),
  );
}

/** A student's folder that holds one file, until the function ends. */
export async function withFile<T>(name: string, text: string, use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "lectern-homework-"));
  try {
    writeFileSync(join(folder, name), text);
    return await use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
