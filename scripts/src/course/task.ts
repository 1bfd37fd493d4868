import type { Languages } from "../report/language.ts";
import type { Draws } from "./draws.ts";
import type { Exercises, Plain } from "./exercise.ts";

type InputOf<F> = F extends (student: never, input: infer I) => unknown ? I : never;
type OutputOf<F> = F extends (...given: never[]) => infer O ? Awaited<O> : never;

/** One test of an exercise: inputs that are drawn anew each time, and what has to come out. */
export interface TestOf<Input, Output, Mistake extends string> {
  /** The sentence that it proves: "each row sums to one". */
  readonly says: Languages<string>;
  readonly points: number;
  draw(random: Draws): Input;
  /** What is right, computed in plain numbers: by the formula, and not by the library. */
  expected(input: Input): Output;
  /** How far a number may be from what is right, absolute below 1 and relative above; 1e-4 unless said otherwise. */
  readonly tolerance?: number;
  /** How many inputs are drawn; 3 unless said otherwise. */
  readonly times?: number;
  /** Where more than one answer is right: whether this one is. */
  accepts?(output: Output, input: Input, expected: Output): boolean;
  /** For typical mistakes: what comes out with them; or, where that is not one value, whether this output shows it. */
  readonly mistakes?: { readonly [M in Mistake]?: (input: Input, output: Output) => Output | boolean };
}

/** A typical mistake. */
export interface Mistake extends Languages<string> {
  /** The error that it leads to, where it leads to one. */
  readonly error?: RegExp;
}

type TestsOf<E extends Exercises, M extends string> = readonly {
  [K in keyof E & string]: { readonly exercise: K } & TestOf<InputOf<E[K]>, OutputOf<E[K]>, M>;
}[keyof E & string][];

export interface TaskOf<E extends Exercises, M extends string> {
  /** What the untouched starter is answered with: what is to be done first. */
  readonly todo: Languages<string>;
  readonly tests: TestsOf<E, M>;
  /** Said where an output fits one: what was probably done, and what is right. */
  readonly mistakes: Readonly<Record<M, Mistake>>;
  /** From a nudge to nearly the answer. */
  readonly hints: readonly Languages<string>[];
}

export type Test = { readonly exercise: string } & TestOf<Plain, Plain, string>;

/** Any task, its types forgotten. */
export interface Task {
  readonly todo: Languages<string>;
  readonly tests: readonly Test[];
  readonly mistakes: Readonly<Record<string, Mistake>>;
  readonly hints: readonly Languages<string>[];
}

/**
 * A task of the coursework; `E` is the type of its exercises: `defineTask<typeof exercises>()({ … })`. It does nothing but tie
 * the types of these together.
 */
export function defineTask<E extends Exercises>() {
  return <M extends string>(task: TaskOf<E, M>): Task => task as unknown as Task;
}

/** Further tests of a task's exercises, such as a teacher's hidden ones: `defineTests<typeof exercises>([ … ])`. */
export function defineTests<E extends Exercises>(tests: TestsOf<E, string>): readonly Test[] {
  return tests as unknown as readonly Test[];
}

/**
 * Mistakes written into a reference solution, by the name that `check` has to say: each a list of texts of the solution and what
 * stands in their place.
 */
export type Mutants = Readonly<Record<string, readonly (readonly [find: string, replace: string])[]>>;
