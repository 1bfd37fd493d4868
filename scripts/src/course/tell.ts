import { readFileSync } from "node:fs";
import type { CheckResult, Failure, TestResult } from "./check.ts";
import { pointsOf } from "./course.ts";
import type { Plain } from "./exercise.ts";
import { fromHere, type Homework } from "./homework.ts";
import type { Told as ToldError } from "./protocol.ts";
import type { FoundTask } from "./registry.ts";
import type { Limits } from "./sandbox.ts";
import { bothShown, inputLines } from "./shown.ts";
import { pythonIn, slipOf } from "./slips.ts";
import type { TypeMistake } from "./types.ts";
import type { CourseWords } from "./words.ts";

/** So many lines of what the student's code printed are shown, the last ones. */
const PRINTED = 20;
/** And of what the compiler says so many lines, the first, with so much on each: what follows comes mostly of what is before. */
const TYPES = 4;
const PER_LINE = 3;

/** What a check came to, in lines for a student. */
export function checkLines(homework: Homework, found: FoundTask, result: CheckResult): string[] {
  const { language, words: w } = homework;
  const file = fromHere(homework.fileOf(found));
  const told = { w, file, limits: homework.course.limits, scale: pointsOf(homework.course, found) / result.of };
  const head = `${found.title[language]} (${found.id}): ${score(homework, found)}`;
  const tests = oneForAll(result)
    ? failureLines(told, result.tests[0].failure!, found.task.todo[language]).map((line) => `  ${line}`)
    : result.tests.flatMap((test, i) => testLines(homework, found, test, told, result.tests[i - 1]?.failure));
  const mistake = oneForAll(result) ? mistakeLines(homework, found, result.tests[0], "  ", file) : [];
  return [head, ...tests, ...mistake, ...printedLines(result.printed, w)];
}

/** The points of the last check of a task, with what hints cost. */
export function score(homework: Homework, found: FoundTask): string {
  const { words: w, number } = homework;
  const { hintCost, ...reached } = homework.scoreOf(found);
  return `${homework.outOf(reached)}${hintCost > 0 ? w.hintsCost(number(hintCost)) : ""}`;
}

/** Whether there is nothing to say of single tests: the file does not load, or nothing is done yet. */
export function oneForAll({ tests }: CheckResult): boolean {
  return tests.length > 0 && ["todo", "broken"].some((kind) => tests.every(({ failure }) => failure?.kind === kind));
}

interface Told {
  readonly w: CourseWords;
  readonly file: string;
  readonly limits: Limits;
  /** What a point of the task's own is worth in the course. */
  readonly scale: number;
}

/** `before` is the failure of the test before: an error is told once. */
function testLines(
  homework: Homework,
  found: FoundTask,
  test: TestResult,
  told: Told,
  before: Failure | undefined,
): string[] {
  const { language, number } = homework;
  const { failure, says } = test;
  const mark = failure === undefined ? "✓" : "✗";
  const head = `  ${mark} ${number(test.points * told.scale)}/${number(test.of * told.scale)}  ${says[language]}`;
  if (failure === undefined) return [head];
  const indent = " ".repeat(9);
  if (isSameError(failure, before)) return [head, indent + told.w.same];
  const lines = failureLines(told, failure, found.task.todo[language]).map((line) => indent + line);
  return [head, ...lines, ...mistakeLines(homework, found, test, indent, told.file)];
}

const isSameError = (failure: Failure, before: Failure | undefined): boolean =>
  failure.kind === "error" &&
  before?.kind === "error" &&
  withoutNumbers(failure.message) === withoutNumbers(before.message) &&
  failure.line === before.line;

/** Other inputs have other shapes. */
const withoutNumbers = (text: string): string => text.replaceAll(/[\d, ]+/g, "0");

/** The task's typical mistake that a test shows; where it shows none, what a beginner's slip behind an error is. */
function mistakeLines(
  homework: Homework,
  { task }: FoundTask,
  { mistake, failure }: TestResult,
  indent: string,
  file: string,
): string[] {
  if (mistake !== undefined) return [`${indent}→ ${task.mistakes[mistake][homework.language]}`];
  if ((failure?.kind !== "error" && failure?.kind !== "broken") || failure.rule !== undefined) return [];
  const says = slipIn(file, failure, homework);
  return says === undefined ? [] : [`${indent}→ ${says}`];
}

/** A file that does not load is most often Python somewhere, and that is not always where the error is. */
function slipIn(file: string, error: Failure & ToldError, { language, words: w }: Homework): string | undefined {
  const lines = readLines(file);
  const python = error.kind === "broken" ? pythonIn(lines, language, error.line) : undefined;
  if (python === undefined) return slipOf(error, lines, language);
  return python.line === error.line ? python.says : w.inFile(w.line(file, python.line), python.says);
}

function failureLines({ w, file, limits }: Told, failure: Failure, todo: string): string[] {
  if (failure.kind === "todo") return [`${w.toDo}: ${todo}`];
  if (failure.kind === "wrong") {
    const { measured, expected } = bothShown(failure.difference);
    const place = failure.difference.at === "" ? "" : w.at(failure.difference.at);
    const lengths = unequalLengths(failure.difference.measured, failure.difference.expected);
    const told = lengths === undefined ? [measured, expected] : lengths.map((length) => w.length(length));
    return [`${place}${w.wrong(told[0], told[1])}`, ...givenLines(w, failure.input)];
  }
  if (failure.kind === "ended") {
    const limit = { time: limits.seconds, memory: limits.megabytes, output: limits.printed };
    const { why } = failure;
    return [why === "exit" ? w.endings.exit : w.endings[why](limit[why]), ...givenLines(w, failure.input)];
  }
  const { kind, input } = failure;
  return [...errorLines(w, file, failure, w[kind]), ...(input === undefined ? [] : givenLines(w, input))];
}

/** An error, and the line of the student's file where it was. */
export function errorLines(w: CourseWords, file: string, { message, rule, line }: ToldError, kind: string): string[] {
  const said = rule === undefined ? `${kind}: ${message.trim()}` : w.rules[rule.kind](rule.name);
  return [
    ...said.split("\n").slice(0, 12),
    ...(line === undefined ? [] : [`${w.line(file, line)}  ${sourceLine(file, line)}`]),
  ];
}

/** The numbers of elements of two arrays, where these differ. */
function unequalLengths(measured: Plain, expected: Plain): [number, number] | undefined {
  if (!Array.isArray(measured) || !Array.isArray(expected) || measured.length === expected.length) return undefined;
  return [measured.length, expected.length];
}

function givenLines(w: CourseWords, input: Plain): string[] {
  const lines = inputLines(input);
  const blank = " ".repeat(w.given.length + 1);
  return lines.map((line, i) => `${i === 0 ? `${w.given} ` : blank}${line}`);
}

/** A line of the student's file. */
const sourceLine = (file: string, line: number): string => readLines(file)[line - 1]?.trim() ?? "";

/** None, where the file cannot be read. */
function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

function printedLines(printed: string, w: CourseWords): string[] {
  if (printed.trim() === "") return [];
  const lines = printed.trimEnd().split("\n");
  const before = lines.length - PRINTED;
  const shown = lines.slice(-PRINTED).map((line) => `    ${line.slice(0, 120)}`);
  return [`  ${w.printed}:`, ...(before > 0 ? [`    ${w.linesBefore(before)}`] : []), ...shown];
}

/** What the compiler says, with the lines. */
export function typeLines(homework: Homework, found: FoundTask, mistakes: readonly TypeMistake[]): string[] {
  if (mistakes.length === 0) return [];
  const { words: w } = homework;
  const file = fromHere(homework.fileOf(found));
  // The same of the same line is said once, and what is said of one line stands below it.
  const byLine = Map.groupBy(mistakes, ({ line }) => line);
  const lines = [...byLine].slice(0, TYPES).flatMap(([line, found]) => {
    const messages = [...new Set(found.map(({ message }) => message))].slice(0, PER_LINE);
    return [`    ${w.line(file, line)}  ${sourceLine(file, line)}`, ...messages.map((message) => `      ${message}`)];
  });
  return [`  ${w.types}:`, ...lines];
}

/** A value as JSON can hold it: what no number is there is a text. */
export function asJson(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, asJson(part)]));
}
