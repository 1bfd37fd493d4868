import type { Figure } from "../report/figures.ts";
import type { Language } from "../report/language.ts";

export interface UseContext {
  /** Less of everything, for the tests: seconds become tenths of them. */
  readonly quick: boolean;
  readonly seed: number;
  /** Says how far it is: `progress(3, 10)` of ten equal parts. */
  progress(done: number, of: number): void;
}

/** What came of it. */
export interface Used {
  /** In a sentence or two, with the numbers: the student's beside the library's. */
  says(language: Language): string;
  figures(language: Language): readonly Figure[];
}

/**
 * The end of a task: the student's file takes the library's place, and something is trained or generated with it.
 * `export const use = defineUse<typeof import("./starter.ts")>(async (student, context) => …)` in the task's `use.ts`.
 */
export type Use = (student: object, context: UseContext) => Promise<Used>;

export function defineUse<Student>(use: (student: Student, context: UseContext) => Promise<Used>): Use {
  return use as Use;
}
