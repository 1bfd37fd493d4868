import { type ClassScores, classScores } from "@lectern/train";
import { grouped, percent, table } from "./output.ts";

/** What is told of a classifier's classes. */
export interface Classes {
  /** How many of each class (a row) were taken for each (a column). */
  readonly confusion: readonly (readonly number[])[];
  readonly classes: readonly ({ readonly label: string } & ClassScores)[];
  /** The mean over classes, each as much as any other; a class that is never met or taken counts as 0. */
  readonly macroF1: number;
}

export function classesOf(labels: readonly string[], confusion: Classes["confusion"]): Classes {
  const classes = classScores(confusion).map((scores, i) => ({ label: labels[i], ...scores }));
  const macroF1 = classes.reduce((sum, { f1 }) => sum + (f1 || 0), 0) / classes.length;
  return { confusion, classes, macroF1 };
}

/** Of more classes a terminal has no room for the matrix. */
const MOST = 12;

/** A table of scores, and the matrix where it has room. */
export function describeClasses({ confusion, classes, macroF1 }: Classes): string {
  const share = (value: number) => percent(Number.isNaN(value) ? undefined : value);
  const scores = classes.map(({ label, precision, recall, f1, count }) => [
    ...[label, share(precision), share(recall), share(f1), grouped(count)],
  ]);
  const mean = ["mean", "", "", percent(macroF1), ""];
  const tables = [table([["class", "precision", "recall", "F1", "texts"], ...scores, mean])];
  if (classes.length <= MOST) {
    const rows = confusion.map((row, i) => [classes[i].label, ...row.map(grouped)]);
    tables.push(table([["taken for", ...classes.map(({ label }) => label)], ...rows]));
  }
  return tables.join("\n\n");
}
