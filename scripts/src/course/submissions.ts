import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import type { Flag } from "./flags.ts";
import { isMoment, MOMENT, momentOf } from "./moments.ts";
import { type Refusal, whyNot } from "./ownFolder.ts";
import { type FoundTask, fileOf } from "./registry.ts";
import { readState, type State, stateFile, stateOf } from "./state.ts";

/** What one student handed in. */
export interface Submission {
  readonly student: string;
  readonly folder: string;
}

/** What a submission has for a task. */
export interface HandedIn {
  readonly file: string;
  readonly refused?: Refusal;
  readonly hints: number;
}

/** Where in a submission solutions lie: in it, or as in a repository of the course. */
const PLACES = ["", "homework"];

/**
 * The submissions in folders: each folder is one student's, named like it; or, where there is one that holds no solution but
 * folders, each of these is. Errors: no folder, or one name twice.
 */
export function submissionsIn(folders: readonly string[], tasks: readonly FoundTask[]): Submission[] {
  const all = folders.flatMap((folder): Submission[] => {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${folder} is no folder`);
    const one = { student: basename(resolve(folder)), folder };
    if (folders.length > 1 || tasks.some((task) => fileIn(one, task) !== undefined)) return [one];
    const inside = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !PLACES.includes(entry.name))
      .map(({ name }) => ({ student: name, folder: join(folder, name) }));
    return inside.length > 0 ? inside : [one];
  });
  const names = all.map(({ student }) => student);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`two submissions are called "${twice}": their folders are the names`);
  return all.sort((a, b) => a.student.localeCompare(b.student));
}

function fileIn({ folder }: Submission, task: FoundTask): string | undefined {
  const files = PLACES.map((place) => join(folder, place, fileOf(task)));
  return files.find((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined);
}

/** What a submission has for each task that it has something for. A damaged state is told as a flag. */
export async function handedIn(
  submission: Submission,
  tasks: readonly FoundTask[],
): Promise<{ files: Map<string, HandedIn>; flags: Flag[] }> {
  const files = new Map<string, HandedIn>();
  const flags: Flag[] = [];
  const states = new Map<string, State | undefined>();
  for (const task of tasks) {
    const file = fileIn(submission, task);
    if (file === undefined) continue;
    const folder = dirname(file);
    if (!states.has(folder)) states.set(folder, await stateIn(folder, flags));
    const state = states.get(folder);
    const given = state === undefined ? 0 : stateOf(state, task.id).hints;
    const refused = whyRefused(submission, file);
    if (refused !== undefined) flags.push({ kind: "refused", task: task.id, why: refused });
    files.set(task.id, { file, refused, hints: Math.min(given, task.task.hints.length) });
  }
  return { files, flags };
}

/** A student's file has to be one, and to lie in the submission: a folder on its way may be a link. */
function whyRefused({ folder }: Submission, file: string): Refusal | undefined {
  const why = whyNot(file);
  if (why !== undefined) return why;
  return realpathSync(file).startsWith(realpathSync(folder) + sep) ? undefined : "outside";
}

/** What the student's folder remembers, which the student may have written. */
async function stateIn(folder: string, flags: Flag[]): Promise<State | undefined> {
  const file = stateFile(folder);
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    if (whyNot(file) === undefined) return await readState(folder);
  } catch {
    // Told below: what is wrong with it is the student's matter.
  }
  flags.push({ kind: "state" });
  return undefined;
}

/** A student's text of a task, for comparing: as much of it as anybody writes by hand. */
export const textOfFile = (file: string): string => readFileSync(file, "utf8").slice(0, 100_000);

/** For `--received`. */
export const receivedOption = {
  type: "string" as const,
  requiresArg: true,
  describe: "When submissions came: a CSV of student,time (default: when their files were last changed)",
};

/** When each student's submission came: lines `student,time`, a heading before them or none. */
export async function receivedTimes(file: string, timezone: string): Promise<Map<string, Date>> {
  const text = await readFile(file, "utf8").catch((cause) => {
    throw new UsageError(`${file} cannot be read: ${cause.message}`, { cause });
  });
  const times = new Map<string, Date>();
  for (const [i, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === "") continue;
    const [, quoted, plain, time] = /^(?:"((?:[^"]|"")*)"|([^,;]*))[,;]\s*"?([^"]*?)"?\s*$/.exec(line) ?? [];
    const student = (quoted?.replaceAll('""', '"') ?? plain)?.trim();
    if (time !== undefined && isMoment(time)) times.set(student, momentOf(time, timezone));
    else if (i > 0 || time === undefined) throw new UsageError(`${file}:${i + 1}: the time ${MOMENT}`);
  }
  return times;
}

/** Names in the list of times of which there is no submission: a slip there would cost a student nothing, and be seen by nobody. */
export function strangersIn(
  received: ReadonlyMap<string, Date> | undefined,
  submissions: readonly Submission[],
): string[] {
  const names = new Set(submissions.map(({ student }) => student));
  return [...(received?.keys() ?? [])].filter((student) => !names.has(student));
}

/**
 * When a file was handed in, as far as it is known: as the teacher says; or when it was last changed, which a copy may have lost.
 * A repository that was cloned says nothing by its files' times.
 */
export function handedInAt(
  { student, folder }: Submission,
  file: string,
  received?: ReadonlyMap<string, Date>,
): Date | undefined {
  if (received !== undefined) return received.get(student);
  return isClone(folder) ? undefined : lstatSync(file).mtime;
}

/** Whether it is known when a submission came. */
export const hasTime = ({ student, folder }: Submission, received?: ReadonlyMap<string, Date>): boolean =>
  received === undefined ? !isClone(folder) : received.has(student);

const isClone = (folder: string): boolean => lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined;
