import { resolve } from "node:path";
import type { LabelledCorpus } from "@lectern/datasets";
import { stratifiedSplit } from "@lectern/train";
import { UsageError } from "./errors.ts";

/** Which examples validate. */
export interface SplitOptions {
  /** A share, `last`, or a file; a fifth of each class unless given. */
  readonly validation?: string | number;
}

/** What a table keeps for validation unless told otherwise. */
const SHARE = 0.2;

export const splitOption = {
  validation: {
    type: "string" as const,
    requiresArg: true,
    describe: `What validates: a share of each class, drawn by the seed (default for tables: ${SHARE}), "last" for the last fifth in the file's own order, or another file`,
  },
};

/** How the split is written into a run; undefined for what a data set divides itself. */
export function describeSplit({ validation }: SplitOptions): string | number | undefined {
  if (validation === undefined || validation === "last") return validation;
  return shareIn(validation) ?? resolve(String(validation));
}

/** The share that was asked for; undefined for a file. Errors: a number that is no share. */
export function shareIn(validation: string | number): number | undefined {
  const share = Number(validation);
  if (Number.isNaN(share)) return undefined;
  if (share > 0 && share < 1) return share;
  throw new UsageError(`--validation is ${validation}: a share lies between 0 and 1; else give "last", or a file`);
}

/** Divides a corpus anew by shares of each class. */
export function divideAnew(corpus: LabelledCorpus, share: number | undefined, seed: number): LabelledCorpus {
  const all = [...corpus.train, ...corpus.validation];
  return { ...corpus, ...stratifiedSplit(all, { share: share ?? SHARE, seed, classOf: ({ label }) => label }) };
}

/** Says on standard error where a class is missing, or rare, in either part. */
export function warnOfRareClasses({ labels, train, validation }: LabelledCorpus): void {
  for (const [name, part] of [
    ["training", train],
    ["validation", validation],
  ] as const) {
    const counts = new Array<number>(labels.length).fill(0);
    for (const { label } of part) counts[label]++;
    const rare = labels.filter((_, i) => counts[i] < Math.max(1, (0.1 * part.length) / labels.length));
    if (rare.length === 0) continue;
    const list = rare.slice(0, 5).map((label) => `${label} (${counts[labels.indexOf(label)]})`);
    console.error(`warning: of ${part.length} examples in ${name}, few or none are of ${list.join(", ")}`);
  }
}
