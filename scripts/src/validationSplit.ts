import { resolve } from "node:path";
import { UsageError } from "./errors.ts";

/** Which examples validate. */
export interface SplitOptions {
  /** A share, `last`, or a file; a fifth of each class unless given. */
  readonly validation?: string | number;
}

/** What a table keeps for validation unless told otherwise. */
export const SHARE = 0.2;

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
