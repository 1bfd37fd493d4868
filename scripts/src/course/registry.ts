import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LANGUAGES, type Languages } from "../report/language.ts";
import type { Task } from "./task.ts";
import type { Use } from "./use.ts";

export const COURSEWORK = fileURLToPath(new URL("../../../coursework/", import.meta.url));

/** A task, and where it lies. */
export interface FoundTask {
  /** Its name on the command line: its folder's without the number, `softmax` for `4-softmax`. */
  readonly id: string;
  /** Its chapter's folder without the number. */
  readonly chapter: string;
  readonly folder: string;
  readonly title: Languages<string>;
  readonly task: Task;
}

const TEXTS: Languages<string> = { en: "text.md", ru: "text.ru.md" };

const withoutNumber = (name: string): string => name.replace(/^\d+-/, "");
const byNumber = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);

async function numbered(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && /^\d+-/.test(entry.name))
    .map(({ name }) => name)
    .sort(byNumber);
}

/** Every task, in the order of the chapters' and the tasks' numbers. */
export async function allTasks(coursework = COURSEWORK): Promise<FoundTask[]> {
  const chapters = await numbered(coursework);
  const folders = await Promise.all(
    chapters.map(async (chapter) =>
      (await numbered(join(coursework, chapter))).map((name) => join(coursework, chapter, name)),
    ),
  );
  return Promise.all(folders.flat().map(taskIn));
}

/** A chapter's title: the first heading of its text. */
export async function chapterTitles(coursework = COURSEWORK): Promise<Readonly<Record<string, Languages<string>>>> {
  const chapters = await numbered(coursework);
  const titles = await Promise.all(chapters.map((name) => titleIn(join(coursework, name))));
  return Object.fromEntries(chapters.map((name, i) => [withoutNumber(name), titles[i]]));
}

async function titleIn(folder: string): Promise<Languages<string>> {
  const titles = await Promise.all(LANGUAGES.map(async (language) => heading(join(folder, TEXTS[language]))));
  return Object.fromEntries(LANGUAGES.map((language, i) => [language, titles[i]])) as Languages<string>;
}

async function heading(file: string): Promise<string> {
  const [, title] = /^# (.+)$/m.exec(await readFile(file, "utf8")) ?? [];
  if (title === undefined) throw new Error(`${file} has no heading: its first line has to be \`# Title\``);
  return title;
}

async function taskIn(folder: string): Promise<FoundTask> {
  const [chapter, name] = folder.split(/[\\/]/).slice(-2);
  const { task } = (await import(pathToFileURL(join(folder, "task.ts")).href)) as { task?: Task };
  if (task === undefined) throw new Error(`${folder}/task.ts exports no task: \`export const task = defineTask…\``);
  return { id: withoutNumber(name), chapter: withoutNumber(chapter), folder, title: await titleIn(folder), task };
}

export const starterOf = ({ folder }: FoundTask): string => join(folder, "starter.ts");
export const exerciseOf = ({ folder }: FoundTask): string => join(folder, "exercise.ts");
export const textOf = ({ folder }: FoundTask, language: keyof typeof TEXTS): string => join(folder, TEXTS[language]);
/** What a student's file is called. */
export const fileOf = ({ id }: FoundTask): string => `${id}.ts`;

/** What a task trains with the student's code; undefined where it has nothing to train. */
export async function useOf({ folder }: FoundTask): Promise<Use | undefined> {
  const file = join(folder, "use.ts");
  if (!existsSync(file)) return undefined;
  return ((await import(pathToFileURL(file).href)) as { use: Use }).use;
}
