import { mkdir, readFile, writeFile } from "node:fs/promises";
import module from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { manualSeed } from "@lectern/autograd";
import { UsageError } from "../errors.ts";
import { curves } from "../lecture/terminal.ts";
import { openCanvas } from "../report/draw/canvas.ts";
import { fromHere, Homework, type HomeworkOptions } from "./homework.ts";
import { openLibrary } from "./library.ts";
import { toldOf } from "./protocol.ts";
import { type FoundTask, useOf } from "./registry.ts";
import { runPage } from "./runPage.ts";
import { errorLines, score } from "./tell.ts";
import type { Use, Used } from "./use.ts";

export interface RunCommandOptions extends HomeworkOptions {
  readonly task: string;
  readonly quick: boolean;
  readonly anyway: boolean;
  readonly out: string;
  readonly seed?: number;
}

/**
 * `lectern course run`: the student's file takes the library's place in a training. Where points are missing it says so and trains
 * nothing, unless it is to be done anyway: what a mistake does to a curve is worth seeing.
 */
export async function courseRun(options: RunCommandOptions): Promise<void> {
  const homework = await Homework.open(options);
  const { out, words: w } = homework;
  const found = homework.begun(options.task);
  const use = await useOf(found);
  if (use === undefined) throw new UsageError(w.nothingToRun(found.id));
  if (!options.anyway && !(await isFull(homework, found))) {
    process.exitCode = 1;
    return;
  }
  const start = performance.now();
  const used = await train(homework, found, use, options);
  const seconds = (performance.now() - start) / 1000;
  const page = await writePage(homework, found, used, options, seconds);
  const { language, number } = homework;
  out.say(
    [
      `${found.title[language]} (${found.id})`,
      ...used.figures(language).flatMap((figure) => curves(figure, number)),
      used.says(language),
      w.pageAt(page, number(seconds, 1)),
    ].join("\n"),
  );
  out.event("done", { task: found.id, says: used.says(language), figures: used.figures(language), page, seconds });
}

/** Whether a task has all its points; where it has not, says so. */
async function isFull(homework: Homework, found: FoundTask): Promise<boolean> {
  const { out, words: w } = homework;
  const { points, of } = await homework.check(found);
  if (points === of) return true;
  const lines = [w.notFull(score(homework, found)), `  ${homework.command("check", found.id)}`];
  out.say([...lines, w.anyway, `  ${homework.command("run", found.id, "--anyway")}`].join("\n"));
  out.event("done", { task: found.id, points, of, trained: false });
  return false;
}

/** Loads the student's file into this process, and has it used. Errors: its own, with their lines. */
async function train(homework: Homework, found: FoundTask, use: Use, options: RunCommandOptions): Promise<Used> {
  const { quick, seed = 0, json } = options;
  const file = homework.fileOf(found);
  const url = pathToFileURL(resolve(file)).href;
  const shows = !json && process.stderr.isTTY;
  const progress = (done: number, of: number) => {
    if (shows) process.stderr.write(`\r\x1b[K${found.id}: ${Math.round((100 * done) / of)} %`);
  };
  try {
    module.registerHooks(openLibrary(url, []));
    const student = (await import(url)) as object;
    manualSeed(seed);
    return await use(student, { quick, seed, progress });
  } catch (error) {
    const told = toldOf(error, file);
    if (told.line === undefined) throw error;
    const { words: w } = homework;
    throw new Error(errorLines(w, fromHere(file), told, w.error).join("; "), { cause: error });
  } finally {
    if (shows) process.stderr.write("\r\x1b[K");
  }
}

async function writePage(
  homework: Homework,
  found: FoundTask,
  used: Used,
  { out: folder, quick, seed = 0 }: RunCommandOptions,
  seconds: number,
): Promise<string> {
  const { language, number } = homework;
  const file = homework.fileOf(found);
  const page = join(folder, found.id, "report.html");
  await mkdir(join(folder, found.id), { recursive: true });
  const [canvas, source] = await Promise.all([openCanvas(number), readFile(file, "utf8")]);
  await writeFile(page, runPage({ found, used, language, canvas, source, file: fromHere(file), quick, seed, seconds }));
  return page;
}
