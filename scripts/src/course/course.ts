import type { Languages } from "../report/language.ts";
import type { FoundTask } from "./registry.ts";
import { LIMITS, type Limits } from "./sandbox.ts";

/** A course as its teacher wants it: what tasks are worth, until when, and what is taken off. */
export interface Course {
  readonly title: Languages<string>;
  /** Where deadlines are told: a time zone's name, `Europe/Moscow`. */
  readonly timezone: string;
  /** By a task's name; what is not named here is as the task's own folder says. */
  readonly tasks: Readonly<Record<string, TaskSettings>>;
  /** By a chapter's name: the deadline of its tasks that have none of their own. */
  readonly chapters: Readonly<Record<string, { readonly deadline: Date }>>;
  readonly late: LateRule;
  /** The share of a task's points that each hint costs. */
  readonly hint: number;
  /** For a student's code. */
  readonly limits: Limits;
}

export interface TaskSettings {
  readonly points?: number;
  readonly deadline?: Date;
}

/** Shares of the points that were reached: for each day begun after the deadline, and how much at most. */
export interface LateRule {
  readonly perDay: number;
  readonly atMost: number;
}

/** What holds where no file says otherwise: the tasks' own points, no deadlines, hints for nothing. */
export const DEFAULT_COURSE: Course = {
  title: { en: "Coursework", ru: "Практикум" },
  timezone: "UTC",
  tasks: {},
  chapters: {},
  late: { perDay: 0, atMost: 1 },
  hint: 0,
  limits: LIMITS,
};

/** What a task gives at most. */
export function pointsOf(course: Course, { id, task }: FoundTask): number {
  return setFor(course, id).points ?? task.tests.reduce((sum, { points }) => sum + points, 0);
}

/** Until when a task is to be handed in; undefined where there is no deadline. */
export function deadlineOf(course: Course, { id, chapter }: FoundTask): Date | undefined {
  return setFor(course, id).deadline ?? ownOf(course.chapters, chapter)?.deadline;
}

const setFor = (course: Course, id: string): TaskSettings => ownOf(course.tasks, id) ?? {};
const ownOf = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;

/** What a check comes to in a course. */
export interface Score {
  readonly points: number;
  readonly of: number;
  /** Points that hints cost, and coming late did; both are taken off already. */
  readonly hintCost: number;
  readonly lateCost: number;
  /** Days begun after the deadline. */
  readonly daysLate: number;
}

const DAY = 24 * 60 * 60 * 1000;

/** Points of a check in a course's own measure, less what hints and days of delay cost; never below zero. */
export function scoreOf(
  course: Course,
  found: FoundTask,
  checked: { readonly points: number; readonly of: number },
  { hints = 0, handedIn }: { readonly hints?: number; readonly handedIn?: Date } = {},
): Score {
  const of = pointsOf(course, found);
  const reached = checked.of === 0 ? 0 : (of * checked.points) / checked.of;
  const hintCost = Math.min(reached, of * course.hint * hints);
  const deadline = deadlineOf(course, found);
  const delay = deadline === undefined || handedIn === undefined ? 0 : handedIn.getTime() - deadline.getTime();
  const daysLate = Math.max(0, Math.ceil(delay / DAY));
  const lateCost = (reached - hintCost) * Math.min(course.late.atMost, course.late.perDay * daysLate);
  return {
    points: rounded(reached - hintCost - lateCost),
    of,
    hintCost: rounded(hintCost),
    lateCost: rounded(lateCost),
    daysLate,
  };
}

/** To hundredths. */
export const rounded = (points: number): number => Math.round(points * 100) / 100;
