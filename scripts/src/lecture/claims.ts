/** Two numbers, how one has to stand to the other, and whether it does. */
export interface Comparison {
  readonly left: number;
  readonly relation: "<" | "≤" | ">" | "≥" | "=";
  readonly right: number;
  readonly holds: boolean;
  /** Where a claim compares at several places: which one this is. */
  readonly at?: string | number;
}

/** What a claim comes to: it holds where each of its comparisons does. */
export type Verdict = Comparison | readonly Comparison[];

/** `left < right`. As with all of these, NaN on either side does not hold. */
export const below = (left: number, right: number, at?: Comparison["at"]): Comparison => ({
  ...{ left, relation: "<", right, holds: left < right, at },
});

/** `left ≤ right` */
export const atMost = (left: number, right: number, at?: Comparison["at"]): Comparison => ({
  ...{ left, relation: "≤", right, holds: left <= right, at },
});

/** `left > right` */
export const above = (left: number, right: number, at?: Comparison["at"]): Comparison => ({
  ...{ left, relation: ">", right, holds: left > right, at },
});

/** `left ≥ right` */
export const atLeast = (left: number, right: number, at?: Comparison["at"]): Comparison => ({
  ...{ left, relation: "≥", right, holds: left >= right, at },
});

/** `left = right`, exactly. */
export const equal = (left: number, right: number, at?: Comparison["at"]): Comparison => ({
  ...{ left, relation: "=", right, holds: left === right, at },
});

/** A verdict's comparisons. */
export const comparisonsOf = (verdict: Verdict): readonly Comparison[] => ("holds" in verdict ? [verdict] : verdict);

/** A claim that compares nothing does not hold. */
export function holds(verdict: Verdict): boolean {
  const comparisons = comparisonsOf(verdict);
  return comparisons.length > 0 && comparisons.every((comparison) => comparison.holds);
}
