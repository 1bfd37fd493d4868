import type { Plain } from "./exercise.ts";

/** What the judge asks the process with the student's code. */
export interface Question {
  readonly exercise: string;
  readonly input: Plain;
}

interface Told {
  readonly message: string;
  /** In the student's file, where that is known. */
  readonly line?: number;
}

/** What that process answers: first whether the file could be loaded, then one answer to each question. */
export type Answer =
  | { readonly kind: "ready" }
  | ({ readonly kind: "broken" } & Told)
  | { readonly kind: "output"; readonly output: Plain }
  | ({ readonly kind: "error" } & Told);

/** What comes of a question: an answer, or the process's end before it. */
export type Outcome = Exclude<Answer, { kind: "ready" }> | { readonly kind: "ended"; readonly why: Ending };

/** Why a process ended: too long, too much memory, too much printed, or the student's code ended it. */
export type Ending = "time" | "memory" | "output" | "exit";
