import type { Box, Runtime } from "./runtime.ts";

/**
 * Indices outside an axis. On a GPU they are found by a kernel and told at the next read; kernels read them as 0 and
 * leave them out of sums meanwhile.
 */
export interface IndexCheck {
  readonly op: string;
  readonly index: Box;
  readonly offset: number;
  readonly count: number;
  readonly size: number;
  /** This value is allowed too. */
  readonly ignored?: number;
  /** How the message goes on. */
  readonly hint?: string;
}

export function checkIndices(_runtime: Runtime, _check: IndexCheck): void {}
