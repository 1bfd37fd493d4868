import type { Language } from "../report/language.ts";
import { deadlineOf, pointsOf } from "./course.ts";
import { flagText } from "./flags.ts";
import type { Grades, StudentGrades, TaskGrade } from "./grade.ts";
import { shown } from "./shown.ts";
import { asJson } from "./tell.ts";

/** How tables are written: Excel in Russian wants semicolons, and commas in numbers. */
const CSV = {
  en: {
    separator: ",",
    point: ".",
    student: "student",
    total: "total",
    of: "of",
    late: "days late",
    hints: "hints",
    flags: "look at",
  },
  ru: {
    separator: ";",
    point: ",",
    student: "студент",
    total: "всего",
    of: "из",
    late: "дней опоздания",
    hints: "подсказки",
    flags: "обратите внимание",
  },
} as const;

/** Grades as a table: a row a student, a column a task. An empty cell: nothing was handed in. */
export function gradesCsv({ tasks, students, of }: Grades, language: Language): string {
  const w = CSV[language];
  const number = (value: number) => String(value).replace(".", w.point);
  const head = [w.student, ...tasks.map(({ id }) => id), w.total, w.of, w.late, w.hints, w.flags];
  const rows = students.map(({ student, points, tasks: graded, flags }) => [
    student,
    ...tasks.map(({ id }) => (graded.has(id) ? number(graded.get(id)!.points) : "")),
    number(points),
    number(of),
    number(Math.max(0, ...[...graded.values()].map(({ daysLate }) => daysLate))),
    number([...graded.values()].reduce((sum, { hints }) => sum + hints, 0)),
    flags.map((flag) => flagText(flag, language)).join("; "),
  ]);
  const lines = [head, ...rows].map((row) => row.map((text) => cell(text, w.separator)).join(w.separator));
  // The mark tells Excel that it is UTF-8.
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** A cell's text. A student may have named something `=HYPERLINK(…)`, which a spreadsheet would follow: an apostrophe keeps it a text. */
function cell(text: string, separator: string): string {
  const isNumber = /^-?\d+([.,]\d+)?$/.test(text);
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return safe.includes(separator) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Everything, for programs: also which tests failed, and why. */
export function gradesJson({ tasks, course, seed, of, students, pairs }: Grades, language: Language): object {
  return {
    title: course.title[language],
    seed,
    of,
    tasks: tasks.map((task) => ({
      task: task.id,
      of: pointsOf(course, task),
      deadline: deadlineOf(course, task)?.toISOString(),
    })),
    students: students.map((one) => studentJson(one, language)),
    alike: [...pairs].flatMap(([task, all]) => all.map((pair) => ({ task, ...pair }))),
  };
}

export function studentJson({ student, points, tasks, flags }: StudentGrades, language: Language): object {
  const graded = Object.fromEntries([...tasks].map(([id, one]) => [id, taskJson(one, language)]));
  return { student, points, tasks: graded, flags: flags.map((flag) => ({ ...flag, says: flagText(flag, language) })) };
}

function taskJson({ check, handedIn, ...score }: TaskGrade, language: Language): object {
  const tests = check?.tests.map(({ says, points, of, failure, mistake }) => ({
    says: says[language],
    points,
    of,
    ...(mistake !== undefined && { mistake }),
    ...(failure !== undefined && { failure: failureJson(failure) }),
  }));
  return { ...score, handedIn: handedIn?.toISOString(), tests };
}

/** Why a test failed, short: values may be large. */
function failureJson(failure: NonNullable<CheckFailure>): object {
  const { kind } = failure;
  if (kind === "wrong") {
    const { at, measured, expected } = failure.difference;
    return { kind, at, measured: shown(measured), expected: shown(expected) };
  }
  if (kind === "ended") return { kind, why: failure.why };
  return kind === "todo" ? { kind } : { kind, message: failure.message, line: failure.line };
}

type CheckFailure = NonNullable<TaskGrade["check"]>["tests"][number]["failure"];

/** As a file's text. */
export const jsonText = (value: object): string => `${JSON.stringify(asJson(value), null, 2)}\n`;
