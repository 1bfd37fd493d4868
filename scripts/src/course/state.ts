import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LANGUAGES, type Language } from "../report/language.ts";
import { courseWords } from "./words.ts";

/** What is remembered of a task. */
export interface TaskState {
  /** Of the last check, in the task's own measure, before anything is taken off. */
  readonly points: number;
  readonly of: number;
  /** So many hints were given. */
  readonly hints: number;
}

/** What is remembered from one call to the next, in the student's folder. */
export interface State {
  readonly language: Language;
  readonly tasks: Readonly<Record<string, TaskState>>;
}

const EMPTY: State = { language: "en", tasks: {} };
const NOTHING: TaskState = { points: 0, of: 0, hints: 0 };

export const stateFile = (folder: string): string => join(folder, "course.json");

/** The state of a student's folder; the empty one where it has none. Errors: the file is damaged. */
export async function readState(folder: string): Promise<State> {
  const file = stateFile(folder);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new Error(`${file} cannot be read: ${error.message}`, { cause: error });
  });
  if (text === undefined) return EMPTY;
  const { z } = await import("zod");
  const number = z.number().min(0).max(1e9);
  const task = z
    .object({ points: number, of: number, hints: number.int() })
    .refine(({ points, of }) => points <= of, { path: ["points"], error: "more than there are" });
  const schema = z.object({ language: z.enum(LANGUAGES), tasks: z.record(z.string(), task) });
  const parsed = schema.safeParse(parsedJson(text, file));
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw damaged(file, `${path.join(".")}: ${message}`.replace(/^: /, ""));
}

/** What the student's language is stands in the very file. */
function damaged(file: string, why: string, cause?: unknown): Error {
  return new Error(LANGUAGES.map((language) => courseWords[language].damaged(file, why)).join(" / "), { cause });
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(file, `JSON: ${(cause as Error).message}`, cause);
  }
}

export async function writeState(folder: string, state: State): Promise<void> {
  await mkdir(folder, { recursive: true });
  // A call that is interrupted leaves the old state, not half of a new one.
  const unfinished = `${stateFile(folder)}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(state, null, 2)}\n`);
  await rename(unfinished, stateFile(folder));
}

export const stateOf = (state: State, task: string): TaskState =>
  Object.hasOwn(state.tasks, task) ? state.tasks[task] : NOTHING;

/** The state with something new about a task. */
export function withTask(state: State, task: string, changes: Partial<TaskState>): State {
  return { ...state, tasks: { ...state.tasks, [task]: { ...stateOf(state, task), ...changes } } };
}
