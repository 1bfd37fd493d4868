import { existsSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { UsageError } from "../errors.ts";
import { type Output, output, runCommand } from "../output.ts";
import { type Language, type NumberFormat, numbersIn } from "../report/language.ts";
import { type CheckResult, check, type HiddenTests } from "./check.ts";
import { type Course, type Score, scoreOf } from "./course.ts";
import { loadCourse } from "./courseFile.ts";
import { hiddenTests } from "./hiddenTests.ts";
import { nearest } from "./nearest.ts";
import { allTasks, type FoundTask, fileOf } from "./registry.ts";
import { readState, type State, stateOf, withTask, writeState } from "./state.ts";
import { type CourseWords, courseWords } from "./words.ts";

/** What every command of the coursework is given. */
export interface HomeworkOptions {
  readonly json: boolean;
  readonly folder: string;
  /** Remembered from then on; where it is not given, what is remembered. */
  readonly lang?: Language;
  /** The teacher's file of points and deadlines. */
  readonly course?: string;
  /** A folder with further tests, such as a teacher's. */
  readonly tests?: string;
}

export const FOLDER = "homework";

/** A student's folder, the tasks that there are, and how to speak of them. */
export class Homework {
  readonly folder: string;
  readonly out: Output;
  readonly tasks: readonly FoundTask[];
  readonly course: Course;
  state: State;
  /** Further tests, by tasks. */
  readonly #hidden: ReadonlyMap<string, HiddenTests>;

  private constructor(
    options: HomeworkOptions,
    tasks: readonly FoundTask[],
    course: Course,
    state: State,
    hidden: ReadonlyMap<string, HiddenTests>,
  ) {
    this.folder = options.folder;
    this.out = output(options.json);
    this.tasks = tasks;
    this.course = course;
    this.state = state;
    this.#hidden = hidden;
  }

  static async open(options: HomeworkOptions): Promise<Homework> {
    const [tasks, state] = await Promise.all([allTasks(), readState(options.folder)]);
    const course = await loadCourse(tasks, options.course);
    const hidden = options.tests === undefined ? new Map() : await hiddenTests(options.tests, tasks);
    const homework = new Homework(options, tasks, course, state, hidden);
    if (options.lang !== undefined && options.lang !== state.language) {
      await homework.remember({ ...state, language: options.lang });
    }
    return homework;
  }

  get language(): Language {
    return this.state.language;
  }
  get words(): CourseWords {
    return courseWords[this.language];
  }
  get number(): NumberFormat {
    return numbersIn(this.language);
  }

  async remember(state: State): Promise<void> {
    this.state = state;
    await writeState(this.folder, state);
  }

  /** Where a task's solution lies, or will. */
  fileOf(task: FoundTask): string {
    return join(this.folder, fileOf(task));
  }
  isBegun(task: FoundTask): boolean {
    return existsSync(this.fileOf(task));
  }
  /** Whether the last check of a task gave all points. */
  isDone(task: FoundTask): boolean {
    const { points, of } = stateOf(this.state, task.id);
    return this.isBegun(task) && of > 0 && points === of;
  }

  /** Checks a task within the course's limits, and remembers what came of it. */
  async check(task: FoundTask, seed?: number): Promise<CheckResult> {
    const hidden = this.#hidden.get(task.id);
    const result = await check(task, this.fileOf(task), { seed, hidden, limits: this.course.limits });
    const { points, of } = result;
    await this.remember(withTask(this.state, task.id, { points, of }));
    return result;
  }

  /** What the last check of a task comes to in the course: hints are taken off. */
  scoreOf(task: FoundTask): Score {
    const { points, of, hints } = stateOf(this.state, task.id);
    return scoreOf(this.course, task, this.isBegun(task) ? { points, of } : { points: 0, of }, { hints });
  }

  /** `6 of 10 points`. */
  outOf({ points, of }: { readonly points: number; readonly of: number }): string {
    return this.words.outOf(this.number(points), this.number(of), of);
  }

  /** All tasks together. */
  total(): { points: number; of: number } {
    const scores = this.tasks.map((task) => this.scoreOf(task));
    const sum = (key: "points" | "of") => scores.reduce((total, score) => total + score[key], 0);
    return { points: sum("points"), of: sum("of") };
  }

  /** A task by its name. Errors: there is none; says which one was probably meant. */
  find(name: string): FoundTask {
    const found = this.tasks.find(({ id }) => id === name);
    if (found !== undefined) return found;
    const names = this.tasks.map(({ id }) => id);
    throw new UsageError(this.words.noTask(name, nearest(name, names), names));
  }

  /** A task that the student has begun. Errors: it is not begun, or its file has another name. */
  begun(name: string): FoundTask {
    const found = this.find(name);
    if (this.isBegun(found)) return found;
    const other = this.#namedNearly(found);
    if (other !== undefined) throw new UsageError(this.words.otherName(fromHere(other), basename(this.fileOf(found))));
    throw new UsageError(this.words.notBegun(found.id, this.command("start", found.id)));
  }

  /** A file that is meant to be a task's solution by its name: `Soft_Max.ts`, `softmax.ts.txt`. */
  #namedNearly(found: FoundTask): string | undefined {
    const plain = (name: string) => name.toLowerCase().replace(/(\.(ts|js|txt|py))+$|[^a-z0-9]/g, "");
    const names = existsSync(this.folder) ? readdirSync(this.folder) : [];
    const near = names.find((name) => plain(name) === plain(found.id));
    return near && join(this.folder, near);
  }

  /** The first task that is not done, behind another where one is given. */
  next(behind?: FoundTask): FoundTask | undefined {
    const start = behind === undefined ? 0 : this.tasks.indexOf(behind) + 1;
    const inTurn = [...this.tasks.slice(start), ...this.tasks.slice(0, start)];
    return inTurn.find((task) => !this.isDone(task));
  }

  /** A command of the coursework, as it can be typed here. */
  command(...words: readonly string[]): string {
    return runCommand(["course", ...words, ...(this.folder === FOLDER ? [] : ["--folder", this.folder])]);
  }
}

/** A file as it is told: by its path from here. */
export const fromHere = (file: string): string => relative("", file) || file;
