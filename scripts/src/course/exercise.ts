import type { Tensor } from "@lectern/autograd";
import { RuleError } from "./protocol.ts";

/** What goes between the judge and a student's code: numbers, texts, and arrays and records of them. */
export type Plain =
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Plain[]
  | { readonly [name: string]: Plain };

/**
 * What a task asks of a student's file: functions that call it with an input and give what came out. They run beside the
 * student's code, in a process that knows no expected values; the judge, who does, is in another.
 */
export type Exercises = Readonly<Record<string, (student: never, input: never) => unknown>>;

/** What the file `exercise.ts` of a task exports. */
export interface ExerciseFile {
  readonly exercises: Exercises;
  /** What of the library is closed to the student's file, since it is what the task is about: exports, and tensors' methods. */
  readonly closed?: readonly string[];
}

/** A matrix of numbers out of a tensor [rows, columns]. */
export const matrix = async (x: Tensor): Promise<number[][]> => (await tensorIn(x).array()) as number[][];

/** Matrices out of a tensor [batch, rows, columns]. */
export const matrices = async (x: Tensor): Promise<number[][][]> => (await tensorIn(x).array()) as number[][][];

/** A list of numbers out of a tensor [n]. */
export const vector = async (x: Tensor): Promise<number[]> => (await tensorIn(x).array()) as number[];

/** Errors: it is no tensor, as where a function forgets to return one. */
function tensorIn(x: Tensor | undefined): Tensor {
  if (typeof x?.array === "function") return x;
  const name = Array.isArray(x) ? "[…]" : String(x);
  throw new RuleError({ kind: "noTensor", name }, `a tensor has to come here, and ${name} came`);
}
