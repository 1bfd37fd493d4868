import type { Plain } from "./exercise.ts";

/** Where two values differ first: the place, as `[0][2]` or `.loss`, and both values there. */
export interface Difference {
  readonly at: string;
  readonly measured: Plain;
  readonly expected: Plain;
}

export const TOLERANCE = 1e-4;

/** The first place where a value is not what is expected; undefined where there is none. */
export function differenceOf(measured: Plain, expected: Plain, tolerance = TOLERANCE, at = ""): Difference | undefined {
  const here: Difference = { at, measured, expected };
  if (typeof expected === "number" && typeof measured === "number") {
    return near(measured, expected, tolerance) ? undefined : here;
  }
  if (!isComposite(expected) || !isComposite(measured)) return measured === expected ? undefined : here;
  const names = Object.keys(expected);
  if (Array.isArray(expected) !== Array.isArray(measured) || names.length !== Object.keys(measured).length) return here;
  for (const name of names) {
    const place = Array.isArray(expected) ? `${at}[${name}]` : `${at}.${name}`;
    const parts = [measured, expected] as unknown as Record<string, Plain>[];
    const difference = differenceOf(parts[0][name], parts[1][name], tolerance, place);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const isComposite = (value: Plain): value is readonly Plain[] | { readonly [name: string]: Plain } =>
  typeof value === "object" && value !== null;

function near(a: number, b: number, tolerance: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  return a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
}
