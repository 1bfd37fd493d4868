import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Document, LineCounter } from "yaml";
import type { z } from "zod";
import { UsageError } from "../errors.ts";
import { inOneLanguage } from "../report/language.ts";
import { type Course, DEFAULT_COURSE } from "./course.ts";
import { isMoment, isTimezone, MOMENT, momentOf } from "./moments.ts";
import { COURSEWORK, type FoundTask } from "./registry.ts";

/** The file that is read where none is named. */
export const COURSE_FILE = join(COURSEWORK, "course.yaml");

/** For `--course`. */
export const courseOption = {
  type: "string" as const,
  requiresArg: true,
  describe: "Points, deadlines and limits: a YAML or JSON file (default: coursework/course.yaml)",
};

type Path = readonly PropertyKey[];

/**
 * The course of a file, YAML or JSON. `tasks` are those that it may name. Without a file's name it is `coursework/course.yaml`, or,
 * where that is not there, what the tasks themselves say. Errors: what in the file is wrong, each with its line.
 */
export async function loadCourse(tasks: readonly FoundTask[], file?: string): Promise<Course> {
  if (file === undefined && !existsSync(COURSE_FILE)) return DEFAULT_COURSE;
  const path = file ?? COURSE_FILE;
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new UsageError(`${path} cannot be read: ${cause.message}`, { cause });
  });
  return readCourse(text, tasks, path);
}

/** The course that a text describes. `name` is the text's, for errors. */
export async function readCourse(text: string, tasks: readonly FoundTask[], name: string): Promise<Course> {
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  // JSON is YAML as well. A value that refers to others (`*name`) may grow beyond all bounds: there are few.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    throw new UsageError(`${name}:${lines.linePos(mistake.pos[0]).line}: this is no YAML: ${mistake.message}`);
  }
  const schema = await courseSchema(tasks);
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (!parsed.success) throw new UsageError(complaints(parsed.error.issues, document, lines, name).join("\n"));
  return parsed.data;
}

async function courseSchema(tasks: readonly FoundTask[]) {
  const { z } = await import("zod");
  const share = z
    .string('has to be a share, such as "10%"')
    .regex(/^\d+(\.\d+)?%$/, 'has to be a share, such as "10%"')
    .transform((text) => Number.parseFloat(text) / 100)
    .refine((value) => value <= 1, "is at most 100%");
  const points = z.number("has to be a number of points").min(0, "has to be 0 or more").max(1e6);
  const moment = z.string(MOMENT).refine(isMoment, MOMENT);
  const settings = z.strictObject({ points: points.optional(), deadline: moment.optional() });
  const named = <V extends z.ZodType>(names: readonly string[], kind: string, value: V) =>
    z.record(
      z.string().refine((name) => names.includes(name), `is no ${kind}; there are ${[...new Set(names)].join(", ")}`),
      value,
      `has to be a record, each line a ${kind}`,
    );
  const limit = (least: number, most: number) =>
    z.number(`has to be a number from ${least} to ${most}`).min(least).max(most);
  const { late, limits } = DEFAULT_COURSE;
  return z
    .strictObject({
      title: z
        .union([z.string().transform(inOneLanguage), z.strictObject({ en: z.string(), ru: z.string() })], {
          error: "has to be a text, or one in each language: { en: …, ru: … }",
        })
        .default(DEFAULT_COURSE.title),
      timezone: z
        .string("has to be a time zone's name, such as Europe/Moscow")
        .refine(isTimezone, "is no time zone; one is called Europe/Moscow")
        .default(DEFAULT_COURSE.timezone),
      tasks: named(
        tasks.map(({ id }) => id),
        "task",
        z.union([settings, points.transform((value) => ({ points: value, deadline: undefined }))], {
          error: "has to be { points: …, deadline: … }, or points alone",
        }),
      ).default({}),
      chapters: named(
        tasks.map(({ chapter }) => chapter),
        "chapter",
        z.strictObject({ deadline: moment }, "has to be { deadline: 2027-02-14 }"),
      ).default({}),
      late: z
        .strictObject(
          { perDay: share.default(late.perDay), atMost: share.default(late.atMost) },
          "has to be { perDay: 10%, atMost: 50% }",
        )
        .default(late),
      hint: share.default(DEFAULT_COURSE.hint),
      limits: z
        .strictObject(
          {
            seconds: limit(1, 3600).default(limits.seconds),
            megabytes: limit(128, 65536).default(limits.megabytes),
            printed: limit(100, 10_000_000).default(limits.printed),
          },
          "has to be { seconds: 10, megabytes: 1024, printed: 100000 }",
        )
        .default(limits),
    })
    .transform(({ tasks, chapters, timezone, ...rest }): Course => {
      const date = (text: string) => momentOf(text, timezone);
      return {
        ...rest,
        timezone,
        tasks: mapped(tasks, ({ points, deadline }) => ({
          ...(points !== undefined && { points }),
          ...(deadline !== undefined && { deadline: date(deadline) }),
        })),
        chapters: mapped(chapters, ({ deadline }) => ({ deadline: date(deadline) })),
      };
    });
}

const mapped = <A, B>(record: Readonly<Record<string, A>>, make: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));

/** What is wrong, with the line where it stands: `course.yaml:7: tasks.softmax.points has to be …`. */
function complaints(
  issues: readonly z.core.$ZodIssue[],
  document: Document,
  lines: LineCounter,
  name: string,
): string[] {
  return issues.flatMap((issue) => {
    const told = (path: Path, what: string) => `${name}:${lineOf(document, lines, path)}: ${path.join(".")} ${what}`;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => told([...issue.path, key], "is not known here"));
    }
    if (issue.code === "invalid_key") return told(issue.path, issue.issues[0]?.message ?? issue.message);
    // The kind of a union that fits the value says more than that none does.
    const inner = issue.code === "invalid_union" ? issue.errors.find(([first]) => (first?.path.length ?? 0) > 0) : [];
    if (inner !== undefined && inner.length > 0) {
      return complaints(
        inner.map((one) => ({ ...one, path: [...issue.path, ...one.path] })),
        document,
        lines,
        name,
      );
    }
    const value = document.getIn(issue.path);
    const said = typeof value === "object" || value === undefined ? "" : `; it is ${JSON.stringify(value)}`;
    return issue.path.length === 0
      ? `${name}: has to be a record: title, tasks, late, …`
      : told(issue.path, issue.message + said);
  });
}

/** The line of a value, or of the last thing around it that there is. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: readonly [number, number, number] }
      | undefined;
    if (node?.range != null) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
