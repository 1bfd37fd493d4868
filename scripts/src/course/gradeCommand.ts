import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { output, table } from "../output.ts";
import { type Language, numbersIn } from "../report/language.ts";
import { newSeed } from "./check.ts";
import { loadCourse } from "./courseFile.ts";
import { flagText } from "./flags.ts";
import { type Grades, grade } from "./grade.ts";
import { gradesCsv, gradesJson, jsonText, studentJson } from "./gradeFiles.ts";
import { hiddenTests } from "./hiddenTests.ts";
import { allTasks } from "./registry.ts";
import { whyNoSandbox } from "./sandbox.ts";
import { receivedTimes, strangersIn, submissionsIn } from "./submissions.ts";
import { harmless } from "./wire.ts";

export interface GradeCommandOptions {
  readonly json: boolean;
  readonly submissions: readonly string[];
  readonly course?: string;
  readonly tests?: string;
  readonly received?: string;
  readonly out: string;
  readonly lang: Language;
  readonly seed?: number;
  readonly jobs?: number;
}

/** `lectern course grade`: a class's submissions into a table, and a file with everything. */
export async function courseGrade(options: GradeCommandOptions): Promise<void> {
  const { json, lang, seed = newSeed(), out: file } = options;
  const why = whyNoSandbox();
  if (why !== undefined) throw new Error(why);
  const out = output(json);
  const tasks = await allTasks();
  const course = await loadCourse(tasks, options.course);
  const hidden = options.tests === undefined ? undefined : await hiddenTests(options.tests, tasks);
  const received = options.received === undefined ? undefined : await receivedTimes(options.received, course.timezone);
  const submissions = submissionsIn(options.submissions, tasks);
  const strangers = strangersIn(received, submissions).map(harmless).join(", ");
  if (strangers !== "") process.stderr.write(`${options.received}: no submission is of ${strangers}\n`);
  const number = numbersIn(lang);
  const grades = await grade(submissions, {
    ...{ tasks, course, hidden, received, seed },
    jobs: options.jobs ?? Math.max(1, Math.floor(availableParallelism() / 2)),
    progress(done, of, one) {
      process.stderr.write(`${done} of ${of}: ${harmless(one.student)} ${number(one.points)}\n`);
      out.event("student", JSON.parse(jsonText(studentJson(one, lang))));
    },
  });
  const files = { csv: file, json: `${file.replace(/\.csv$/i, "")}.json` };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(files.csv, gradesCsv(grades, lang));
  await writeFile(files.json, jsonText(gradesJson(grades, lang)));
  out.say(`${summary(grades, lang)}\n\n${files.csv}\n${files.json}`);
  out.event("done", { ...files, students: grades.students.length, seed });
}

function summary({ students, of }: Grades, language: Language): string {
  const number = numbersIn(language);
  const rows = students.map(({ student, points, flags }) => [
    harmless(student),
    `${number(points)} / ${number(of)}`,
    harmless(flags.map((flag) => flagText(flag, language)).join("; ")),
  ]);
  return table(rows);
}
