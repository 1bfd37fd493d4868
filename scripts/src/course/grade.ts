import { readFile } from "node:fs/promises";
import { type CheckResult, check, type HiddenTests } from "./check.ts";
import { type Course, pointsOf, rounded, type Score, scoreOf } from "./course.ts";
import type { Flag } from "./flags.ts";
import { type FoundTask, starterOf } from "./registry.ts";
import { alike, type Pair } from "./similarity.ts";
import { type HandedIn, handedIn, handedInAt, hasTime, type Submission, textOfFile } from "./submissions.ts";

/** What a student's solution of a task came to. */
export interface TaskGrade extends Score {
  readonly hints: number;
  readonly handedIn?: Date;
  /** What the check said; undefined where it was refused, or could not be made. */
  readonly check?: CheckResult;
}

export interface StudentGrades {
  readonly student: string;
  readonly points: number;
  /** By task; what was not handed in is not here. */
  readonly tasks: ReadonlyMap<string, TaskGrade>;
  /** What the teacher should look at. */
  readonly flags: readonly Flag[];
}

export interface Grades {
  readonly tasks: readonly FoundTask[];
  readonly course: Course;
  readonly seed: number;
  readonly of: number;
  readonly students: readonly StudentGrades[];
  /** Nearly equal solutions, by task. */
  readonly pairs: ReadonlyMap<string, readonly Pair[]>;
}

export interface GradeOptions {
  readonly tasks: readonly FoundTask[];
  readonly course: Course;
  readonly hidden?: ReadonlyMap<string, HiddenTests>;
  readonly received?: ReadonlyMap<string, Date>;
  /** The same for all, so that everybody has the same inputs. */
  readonly seed: number;
  /** So many are checked at a time. */
  readonly jobs: number;
  /** Called when a student's last task is checked. */
  progress?(done: number, of: number, grades: StudentGrades): void;
}

/** Grades a class. What a submission does is told in its own row; nothing of it ends the grading. */
export async function grade(submissions: readonly Submission[], options: GradeOptions): Promise<Grades> {
  const { tasks, course, seed, jobs } = options;
  const students: StudentGrades[] = new Array(submissions.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let i = next++; i < submissions.length; i = next++) {
      students[i] = await gradeOne(submissions[i], options);
      options.progress?.(++done, submissions.length, students[i]);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  const pairs = await pairsOf(submissions, tasks);
  const of = tasks.reduce((sum, task) => sum + pointsOf(course, task), 0);
  return { tasks, course, seed, of, students: students.map((one) => withPairs(one, pairs)), pairs };
}

async function gradeOne(submission: Submission, options: GradeOptions): Promise<StudentGrades> {
  const { tasks, received } = options;
  const { files, flags } = await handedIn(submission, tasks);
  const grades = new Map<string, TaskGrade>();
  for (const found of tasks) {
    const file = files.get(found.id);
    if (file !== undefined) grades.set(found.id, await gradeTask(submission, found, file, options, flags));
  }
  if (files.size === 0) flags.push({ kind: "nothing" });
  else if (!hasTime(submission, received)) flags.push({ kind: "unknownTime" });
  const points = rounded([...grades.values()].reduce((sum, one) => sum + one.points, 0));
  return { student: submission.student, points, tasks: grades, flags };
}

async function gradeTask(
  submission: Submission,
  found: FoundTask,
  { file, refused, hints }: HandedIn,
  { course, hidden, received, seed }: GradeOptions,
  flags: Flag[],
): Promise<TaskGrade> {
  const at = refused === undefined ? handedInAt(submission, file, received) : undefined;
  const graded = (checked: { points: number; of: number }) => ({
    ...scoreOf(course, found, checked, { hints, handedIn: at }),
    hints,
    handedIn: at,
  });
  if (refused !== undefined) return graded({ points: 0, of: 1 });
  try {
    const result = await check(found, file, { seed, limits: course.limits, hidden: hidden?.get(found.id) });
    flags.push(...endings(found, result));
    return { ...graded(result), check: result };
  } catch (error) {
    flags.push({ kind: "unchecked", task: found.id, message: (error as Error).message });
    return graded({ points: 0, of: 1 });
  }
}

/** Solutions that had to be ended, or ended themselves. */
function endings(found: FoundTask, { tests }: CheckResult): Flag[] {
  const whys = tests.flatMap(({ failure }) => (failure?.kind === "ended" ? [failure.why] : []));
  return [...new Set(whys)].map((why) => ({ kind: "ended", task: found.id, why }));
}

/** Nearly equal solutions of each task. A file that is refused is not looked at. */
async function pairsOf(
  submissions: readonly Submission[],
  tasks: readonly FoundTask[],
): Promise<Map<string, readonly Pair[]>> {
  const all = await Promise.all(submissions.map(async (one) => ({ one, files: (await handedIn(one, tasks)).files })));
  const pairs = new Map<string, readonly Pair[]>();
  for (const task of tasks) {
    const solutions = all.flatMap(({ one: { student }, files }) => {
      const handed = files.get(task.id);
      return handed === undefined || handed.refused !== undefined ? [] : [{ student, text: textOfFile(handed.file) }];
    });
    const found = alike(solutions, await readFile(starterOf(task), "utf8"));
    if (found.length > 0) pairs.set(task.id, found);
  }
  return pairs;
}

function withPairs(grades: StudentGrades, pairs: Grades["pairs"]): StudentGrades {
  const flags = [...pairs].flatMap(([task, all]): Flag[] => {
    const own = all.filter(({ students }) => students.includes(grades.student));
    if (own.length === 0) return [];
    const [{ students, share }] = own;
    const student = students.find((name) => name !== grades.student)!;
    return [{ kind: "alike", task, student, share, more: own.length - 1 }];
  });
  return { ...grades, flags: [...grades.flags, ...flags] };
}
