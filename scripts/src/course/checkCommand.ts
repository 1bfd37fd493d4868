import { UsageError } from "../errors.ts";
import type { CheckResult } from "./check.ts";
import { pointsOf } from "./course.ts";
import { Homework, type HomeworkOptions } from "./homework.ts";
import { type FoundTask, useOf } from "./registry.ts";
import { stateOf, withTask } from "./state.ts";
import { asJson, checkLines, oneForAll, typeLines } from "./tell.ts";
import { typeMistakes } from "./types.ts";

export interface CheckCommandOptions extends HomeworkOptions {
  readonly task?: string;
  readonly hint: boolean;
  readonly types: boolean;
  readonly seed?: number;
}

/** `lectern course check`: one task, or all that were begun. Exit code 1 where a test fails. */
export async function courseCheck(options: CheckCommandOptions): Promise<void> {
  const homework = await Homework.open(options);
  const { out, words: w } = homework;
  const found = options.task === undefined ? begunTasks(homework) : [homework.begun(options.task)];
  if (options.hint) return giveHint(homework, found);
  const sum = { points: 0, of: 0 };
  let full = true;
  for (const [i, task] of found.entries()) {
    if (i > 0) out.say("");
    const checked = await checkOne(homework, task, options);
    sum.points += checked.points;
    sum.of += checked.of;
    full &&= checked.full;
  }
  if (found.length > 1) out.say(`\n${w.total}: ${homework.outOf(sum)}`);
  out.event("done", { tasks: found.length, ...sum });
  if (!full) process.exitCode = 1;
}

/** Errors: none is begun. */
function begunTasks(homework: Homework): FoundTask[] {
  const begun = homework.tasks.filter((task) => homework.isBegun(task));
  if (begun.length > 0) return begun;
  const { words: w } = homework;
  throw new UsageError(`${w.nothingBegun}: ${homework.command("start")}`);
}

interface Checked {
  readonly points: number;
  readonly of: number;
  /** Whether every test passes, whatever hints cost. */
  readonly full: boolean;
}

async function checkOne(homework: Homework, found: FoundTask, { seed, types }: CheckCommandOptions): Promise<Checked> {
  const { out, language } = homework;
  const result = await homework.check(found, seed);
  const { task, points, of, tests, printed } = result;
  const mistakes = types || pointsAtTypes(result) ? await typeMistakes(homework.fileOf(found), language) : [];
  out.say(
    [
      ...checkLines(homework, found, result),
      ...typeLines(homework, found, mistakes),
      ...(await nextLines(homework, found, result)),
    ].join("\n"),
  );
  for (const { says, mistake, ...test } of tests) {
    const told = mistake && { mistake, mistakeSays: found.task.mistakes[mistake][language] };
    out.event("test", { task, says: says[language], ...(asJson(test) as object), ...told });
  }
  for (const mistake of mistakes) out.event("type", { task, ...mistake });
  const score = homework.scoreOf(found);
  out.event("task", { task, ...score, full: points === of, seed: result.seed, printed });
  return { points: score.points, of: score.of, full: points === of };
}

/**
 * Whether the compiler may know more: an error, or a value that is no number where one should be. Where numbers are wrong types are
 * right, and the compiler's second is saved.
 */
function pointsAtTypes({ tests }: CheckResult): boolean {
  return tests.some(({ failure }) => {
    if (failure?.kind !== "wrong") return failure?.kind === "error" || failure?.kind === "broken";
    const { measured, expected } = failure.difference;
    return typeof measured !== typeof expected;
  });
}

/** What to do next. */
async function nextLines(homework: Homework, found: FoundTask, result: CheckResult): Promise<string[]> {
  const { words: w } = homework;
  const { points, of, seed } = result;
  if (points === of) {
    if ((await useOf(found)) !== undefined) return [`${w.full}\n  ${homework.command("run", found.id)}`];
    const next = homework.next(found);
    return [next === undefined ? w.nothingMissing : `${w.fullAlone}\n  ${homework.command("start", next.id)}`];
  }
  const left = found.task.hints.length - stateOf(homework.state, found.id).hints;
  return [
    ...(oneForAll(result) ? [] : [`${w.again}\n  ${homework.command("check", found.id, "--seed", String(seed))}`]),
    ...(left > 0
      ? [`${w.moreHints(left, hintCost(homework, found))}\n  ${homework.command("check", found.id, "--hint")}`]
      : []),
  ];
}

/** What a hint costs, where it costs something. */
function hintCost({ course, words: w, number }: Homework, found: FoundTask): string | undefined {
  const cost = course.hint * pointsOf(course, found);
  return cost === 0 ? undefined : `${number(cost)} ${w.points(cost)}`;
}

/** The next hint of a task; when all were given, the last one again. */
async function giveHint(homework: Homework, tasks: readonly FoundTask[]): Promise<void> {
  const { out, language, words: w } = homework;
  if (tasks.length > 1) throw new UsageError(w.hintOfWhich(homework.command("check", tasks[0].id, "--hint")));
  const [found] = tasks;
  const { hints } = found.task;
  if (hints.length === 0) throw new UsageError(w.noHints(found.id));
  const given = stateOf(homework.state, found.id).hints;
  const number = Math.min(given + 1, hints.length);
  await homework.remember(withTask(homework.state, found.id, { hints: number }));
  const earlier = hints.slice(0, number).map((hint, i) => `${w.hint(i + 1, hints.length)}: ${hint[language]}`);
  out.say([...earlier, ...(number === hints.length ? [w.lastHint] : [])].join("\n"));
  out.event("done", { task: found.id, hint: number, of: hints.length, says: hints[number - 1][language] });
}
