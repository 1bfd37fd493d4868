import { readFile } from "node:fs/promises";
import { table } from "../output.ts";
import { deadlineOf, pointsOf } from "./course.ts";
import { fromHere, Homework, type HomeworkOptions } from "./homework.ts";
import { chapterTitles, type FoundTask, textOf } from "./registry.ts";

/** `lectern course list`: the tasks by chapters, with what the student's folder has of them. As JSON one line a task. */
export async function courseList(options: HomeworkOptions): Promise<void> {
  const homework = await Homework.open(options);
  const { out, tasks, language, words: w, number } = homework;
  if (out.json) {
    for (const found of tasks) process.stdout.write(`${JSON.stringify(listed(homework, found))}\n`);
    return;
  }
  const titles = await chapterTitles();
  const rows = tasks.map((found) => {
    const { begun, done, reached, points } = listed(homework, found);
    const state = done ? "done" : begun ? "begun" : "open";
    const score = begun ? homework.outOf({ points: reached, of: points }) : `${number(points)} ${w.points(points)}`;
    const until = deadlineOf(homework.course, found);
    const deadline = until === undefined ? [] : [w.until(shownDate(until, homework))];
    return [`  ${found.id}`, score, w.state[state], found.title[language], ...deadline];
  });
  const lines = table(rows).split("\n");
  for (const [i, { chapter }] of tasks.entries()) {
    if (chapter !== tasks[i - 1]?.chapter) out.say(`${i === 0 ? "" : "\n"}${titles[chapter][language]}`);
    out.say(lines[i]);
  }
  out.say(`\n${w.total}: ${homework.outOf(homework.total())}`);
  const next = homework.next();
  out.say(next === undefined ? w.allDone : `${w.begin}\n  ${homework.command("start", next.id)}`);
}

function listed(homework: Homework, found: FoundTask) {
  const begun = homework.isBegun(found);
  return {
    task: found.id,
    points: pointsOf(homework.course, found),
    reached: homework.scoreOf(found).points,
    chapter: found.chapter,
    title: found.title[homework.language],
    begun,
    done: homework.isDone(found),
    deadline: deadlineOf(homework.course, found)?.toISOString(),
  };
}

/** A deadline as the course's time zone has it. */
function shownDate(date: Date, { language, course }: Homework): string {
  const locale = language === "ru" ? "ru-RU" : "en-GB";
  return date.toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", timeZone: course.timezone });
}

/** `lectern course show`: a task's text, and where it lies. */
export async function courseShow(options: HomeworkOptions & { readonly task: string }): Promise<void> {
  const homework = await Homework.open(options);
  const { out, language } = homework;
  const found = homework.find(options.task);
  const file = textOf(found, language);
  const text = await readFile(file, "utf8");
  out.say(`${text.trimEnd()}\n\n${fromHere(file)}`);
  out.event("done", { task: found.id, language, file, text });
}
