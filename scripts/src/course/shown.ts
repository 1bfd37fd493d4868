import type { Difference } from "./compare.ts";
import type { Plain } from "./exercise.ts";

/** So many parts of an array or a record are shown. */
const PARTS = 6;
const TEXT = 60;

/** A value as code, in so many characters or few more: parts of what is large are left out, and counted. */
export function shown(value: Plain, most = 120): string {
  for (const parts of [Number.POSITIVE_INFINITY, PARTS, 4, 2]) {
    const text = written(value, parts);
    if (text.length <= most) return text;
  }
  return written(value, 1);
}

function written(value: Plain, parts: number, digits = 6): string {
  if (typeof value === "number") return numeral(value, digits);
  if (typeof value === "string") return JSON.stringify(value.length > TEXT ? `${value.slice(0, TEXT)}…` : value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${listed(value, parts, (part) => written(part, parts, 4))}]`;
  const entries = Object.entries(value as { readonly [name: string]: Plain });
  return `{ ${listed(entries, parts, ([name, part]) => `${name}: ${written(part, parts, 4)}`)} }`;
}

function listed<T>(all: readonly T[], parts: number, each: (part: T) => string): string {
  const some = all.slice(0, parts).map(each);
  return [...some, ...(all.length > parts ? [`… +${all.length - parts}`] : [])].join(", ");
}

/** Enough digits to tell numbers apart, few enough to read. */
const numeral = (value: number, digits: number): string =>
  String(Number.isInteger(value) ? value : Number(value.toPrecision(digits)));

/** Both values of a difference, with as many digits as tell them apart; of arrays of unequal length, the lengths too. */
export function bothShown({ measured, expected }: Difference): { measured: string; expected: string } {
  const both = { measured: shown(measured), expected: shown(expected) };
  if (both.measured !== both.expected) return both;
  if (typeof measured === "number" && typeof expected === "number") {
    return { measured: String(measured), expected: String(expected) };
  }
  return both;
}

/** An input, a line for each of its names: `x = [[1, 2], [3, 4]]`. */
export function inputLines(input: Plain): string[] {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return [shown(input)];
  return Object.entries(input as { readonly [name: string]: Plain }).map(
    ([name, value]) => `${name} = ${shown(value)}`,
  );
}
