import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fromHere, Homework, type HomeworkOptions } from "./homework.ts";
import type { FoundTask } from "./registry.ts";
import { type Reported, reportPage } from "./reportPage.ts";
import { stateOf } from "./state.ts";
import { asJson } from "./tell.ts";

export interface ReportCommandOptions extends HomeworkOptions {
  readonly out: string;
}

/** `lectern course report`: every task is checked anew; a page for the teacher, and the same as JSON beside it. */
export async function courseReport(options: ReportCommandOptions): Promise<void> {
  const { out: page } = options;
  const homework = await Homework.open(options);
  const { out, tasks, language } = homework;
  const reported: Reported[] = [];
  for (const found of tasks) {
    const one = await reportedOf(homework, found);
    reported.push(one);
    const { task, points, of, hints, begun } = factsOf(one, homework);
    out.event("task", { task, points, of, hints, begun });
    if (begun) out.say(`${task}: ${homework.outOf({ points, of })}`);
  }
  const facts = {
    course: homework.course.title[language],
    date: new Date().toISOString(),
    tasks: reported.map((one) => factsOf(one, homework)),
  };
  await mkdir(dirname(page), { recursive: true });
  await writeFile(page, reportPage(homework, reported));
  const json = page.endsWith(".html") ? page.replace(/\.html$/, ".json") : `${page}.json`;
  await writeFile(json, `${JSON.stringify(asJson(facts), null, 2)}\n`);
  out.say(`${fromHere(page)}\n${fromHere(json)}`);
  out.event("done", { report: page, results: json, ...homework.total() });
}

async function reportedOf(homework: Homework, found: FoundTask): Promise<Reported> {
  if (!homework.isBegun(found)) return { found };
  const result = await homework.check(found);
  return { found, begun: { result, source: await readFile(homework.fileOf(found), "utf8") } };
}

/** What the JSON has of a task. */
function factsOf({ found, begun }: Reported, homework: Homework) {
  const { language } = homework;
  const { points, of, hintCost } = homework.scoreOf(found);
  const tests = begun?.result.tests.map(({ says, ...test }) => ({ says: says[language], ...test }));
  const { hints } = stateOf(homework.state, found.id);
  const seed = begun?.result.seed;
  return {
    ...{ task: found.id, chapter: found.chapter, title: found.title[language] },
    ...{ points, of, hints, hintCost, begun: begun !== undefined, seed, tests, code: begun?.source },
  };
}
