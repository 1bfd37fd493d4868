import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plain } from "./exercise.ts";

/** What the judge asks the process with the student's code: lines of JSON on its standard input. */
export interface Question {
  /** Counts the questions, so that no answer is taken for another's. */
  readonly id: number;
  readonly exercise: string;
  /** As `encoded` of `wire.ts` writes it. */
  readonly input: unknown;
}

/**
 * Rules of the coursework that a student's file can break. It calls what is closed; imports one of the library's own files, or
 * what is neither the library nor its own; lacks what the starter exports; asks for files, processes or the network; or is written
 * in a TypeScript that Node does not run, or as no module. Or it gives nothing where a tensor is expected, or what no test can look at.
 */
export const RULES = [
  ...(["closed", "inside", "outside", "missing", "denied", "erasable"] as const),
  ...(["commonjs", "noTensor", "notPlain"] as const),
] as const;

export interface BrokenRule {
  readonly kind: (typeof RULES)[number];
  readonly name: string;
}

/** An error that says that a rule was broken. */
export class RuleError extends Error {
  readonly rule: BrokenRule;

  constructor(rule: BrokenRule, message: string) {
    super(message);
    this.rule = rule;
  }
}

/** What is told of an error. */
export interface Told {
  readonly message: string;
  /** Where it is the coursework's own. */
  readonly rule?: BrokenRule;
  /** In the student's file, where that is known. */
  readonly line?: number;
}

/** What went wrong, and in which line of the student's file. */
export function toldOf(error: unknown, studentFile: string): Told {
  if (!(error instanceof Error)) return { message: String(error) };
  // In a stack its name stands as in an address: %D1%80.ts.
  const file = basename(pathToFileURL(studentFile).href).replaceAll(/[.*+?^${}()|[\]]/g, "\\$&");
  const [, line] = new RegExp(`${file}[^\\s)]*?:(\\d+)`).exec(error.stack ?? "") ?? [];
  return { message: error.message, rule: ruleOf(error), line: line === undefined ? undefined : Number(line) };
}

/** The rule that an error comes from. */
function ruleOf(error: Error & { code?: string; permission?: string }): BrokenRule | undefined {
  if (error instanceof RuleError) return error.rule;
  if (error.code === "ERR_ACCESS_DENIED") return { kind: "denied", name: error.permission ?? "" };
  if (error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") return { kind: "erasable", name: error.message };
  return undefined;
}

/** What that process answers: first whether the file could be loaded, then one answer to each question. */
export type Answer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "broken" } & Told)
  | { readonly kind: "output"; readonly output: Plain }
  | ({ readonly kind: "error" } & Told);

/** The first question, that of loading. */
export const LOADING = 0;

/** The pipe that answers go through: standard output is the student's. */
export const ANSWERS = 3;

/** What comes of a question: an answer, or the process's end before it. */
export type Outcome = Exclude<Answer, { kind: "ready" }> | { readonly kind: "ended"; readonly why: Ending };

/** Why a process ended: too long, too much memory, too much printed, or the student's code ended it. */
export type Ending = "time" | "memory" | "output" | "exit";
