import { readFile } from "node:fs/promises";
import type { Languages } from "../report/language.ts";
import { type Difference, differenceOf } from "./compare.ts";
import { Draws } from "./draws.ts";
import type { Plain } from "./exercise.ts";
import type { Ending, Outcome, Told } from "./protocol.ts";
import { exerciseOf, type FoundTask, starterOf } from "./registry.ts";
import { type Limits, Sandbox } from "./sandbox.ts";
import type { Task, Test } from "./task.ts";

/** Why a test gives no points. */
export type Failure =
  | { readonly kind: "todo" }
  | { readonly kind: "wrong"; readonly input: Plain; readonly difference: Difference }
  | ({ readonly kind: "error" | "broken"; readonly input?: Plain } & Told)
  | { readonly kind: "ended"; readonly why: Ending; readonly input: Plain };

export interface TestResult {
  readonly says: Languages<string>;
  readonly points: number;
  readonly of: number;
  readonly failure?: Failure;
  /** The typical mistake that the output fits. */
  readonly mistake?: string;
}

export interface CheckResult {
  readonly task: string;
  readonly points: number;
  readonly of: number;
  readonly tests: readonly TestResult[];
  /** What the student's code printed. */
  readonly printed: string;
  /** With it the same inputs are drawn again. */
  readonly seed: number;
}

export interface CheckOptions {
  readonly seed?: number;
  readonly limits?: Limits;
  /** In addition to the task's own. */
  readonly hidden?: HiddenTests;
}

/** A teacher's further tests of a task. */
export interface HiddenTests {
  readonly tests: readonly Test[];
  /** Where they have exercises of their own: their file, which runs beside the student's code, and their names. */
  readonly own?: { readonly file: string; readonly names: readonly string[] };
}

/** Checks a student's file: every test with inputs drawn anew, each mistake that fits named. */
export async function check(found: FoundTask, file: string, options: CheckOptions = {}): Promise<CheckResult> {
  const { seed = newSeed(), limits, hidden } = options;
  const needs = await exportsOf(found);
  const sandbox = new Sandbox({ exercise: exerciseOf(found), student: file, needs }, limits);
  const { own } = hidden ?? {};
  const further = own && new Sandbox({ exercise: own.file, student: file, needs }, limits);
  try {
    const tests: TestResult[] = [];
    for (const [i, test] of [...found.task.tests, ...(hidden?.tests ?? [])].entries()) {
      const isOwn = i >= found.task.tests.length && own?.names.includes(test.exercise);
      tests.push(await checkTest(found.task, test, isOwn ? further! : sandbox, new Draws(seed + 7919 * i)));
    }
    const points = tests.reduce((sum, test) => sum + test.points, 0);
    const of = tests.reduce((sum, test) => sum + test.of, 0);
    const printed = sandbox.printed + (further?.printed ?? "");
    return { task: found.id, points, of, tests, printed, seed };
  } finally {
    sandbox.close();
    further?.close();
  }
}

export const newSeed = (): number => Math.floor(Math.random() * 2 ** 31);

async function checkTest(task: Task, test: Test, sandbox: Sandbox, draws: Draws): Promise<TestResult> {
  const { says, points, times = 3 } = test;
  for (let i = 0; i < times; i++) {
    const input = test.draw(draws);
    const outcome = await sandbox.ask(test.exercise, input);
    const failure = failureOf(test, input, outcome);
    if (failure === undefined) continue;
    return { says, points: 0, of: points, failure, mistake: mistakeOf(task, test, input, outcome) };
  }
  return { says, points, of: points };
}

/** Why an outcome does not pass a test; undefined where it does. */
export function failureOf(test: Test, input: Plain, outcome: Outcome): Failure | undefined {
  if (outcome.kind === "output") {
    const { output } = outcome;
    const expected = test.expected(input);
    if (test.accepts !== undefined && judged(output, expected, () => test.accepts?.(output, input, expected))) {
      return undefined;
    }
    const difference = differenceOf(output, expected, test.tolerance);
    if (difference === undefined && test.accepts === undefined) return undefined;
    return { kind: "wrong", input, difference: difference ?? { at: "", measured: output, expected } };
  }
  if (outcome.kind !== "ended" && outcome.message.startsWith("TODO")) return { kind: "todo" };
  return outcome.kind === "broken" ? outcome : { ...outcome, input };
}

/** An output may be anything, and a test's own functions look at it as at what they expect. */
function judged(output: Plain, expected: Plain, by: () => boolean | undefined): boolean {
  if (!sameForm(output, expected) || sizeOf(output) > 10 * sizeOf(expected) + 1000) return false;
  try {
    return by() === true;
  } catch {
    return false;
  }
}

function sameForm(output: Plain, expected: Plain): boolean {
  if (Array.isArray(expected)) return Array.isArray(output);
  return typeof output === typeof expected && (output === null) === (expected === null);
}

/** How many numbers, texts, … are in it. */
const sizeOf = (value: Plain): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce((sum: number, part: Plain) => sum + sizeOf(part), 1)
    : 1;

/** The typical mistake that an outcome fits. */
function mistakeOf(task: Task, test: Test, input: Plain, outcome: Outcome): string | undefined {
  if (outcome.kind === "error" || outcome.kind === "broken") {
    return Object.keys(task.mistakes).find((name) => task.mistakes[name].error?.test(outcome.message));
  }
  if (outcome.kind !== "output") return undefined;
  const { output } = outcome;
  return Object.entries(test.mistakes ?? {}).find(([, mistake]) =>
    judged(output, test.expected(input), () => {
      const shown = mistake?.(input, output);
      return typeof shown === "boolean" ? shown : differenceOf(output, shown, test.tolerance) === undefined;
    }),
  )?.[0];
}

/** What a task's starter exports, and a student's file has to. */
async function exportsOf(found: FoundTask): Promise<string[]> {
  const text = await readFile(starterOf(found), "utf8");
  return [...text.matchAll(/^export (?:async )?(?:function\*?|class|const) (\w+)/gm)].map(([, name]) => name);
}
