import type { Plain } from "./exercise.ts";
import { RuleError } from "./protocol.ts";

// What goes between the judge and the process with a student's code: lines of JSON. A student's code may write there what it
// likes, so that whatever comes is looked at as at a stranger's: how much it is, how deep, and whether it is what it says.

/** Characters of an answer. */
export const LONGEST_ANSWER = 8_000_000;
const DEEPEST = 32;
const LONGEST_MESSAGE = 2000;

/** What JSON has no word for. A text is written with a quotation mark before it. */
const SPECIAL = new Map<string, Plain>([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
  ["undefined", undefined],
]);

/** A value as a line's part. Errors: it is no plain value, or nested too deeply, as one that holds itself is. */
export function encoded(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw new Error(`the result is nested more than ${DEEPEST} deep`);
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : numeral(value);
  if (typeof value === "string") return `"${value}`;
  if (value === undefined) return "undefined";
  if (typeof value === "boolean" || value === null) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number>, (each) => encoded(each, depth + 1));
  }
  if (Array.isArray(value)) return Array.from(value, (each) => encoded(each, depth + 1));
  const prototype = typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, encoded(each, depth + 1)]));
  }
  const kind = typeof value === "object" ? `a ${(value as object).constructor?.name}` : `a ${typeof value}`;
  const message = `the result holds ${kind}; numbers, texts, arrays and records of them are expected`;
  throw new RuleError({ kind: "notPlain", name: kind }, message);
}

const numeral = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** The value of a line's part. Errors: it is none. */
export function plainOf(value: unknown, depth = 0): Plain {
  if (depth > DEEPEST) throw new Error(`nested more than ${DEEPEST} deep`);
  if (typeof value === "string") {
    if (value.startsWith('"')) return value.slice(1);
    if (SPECIAL.has(value)) return SPECIAL.get(value);
    throw new Error("a text without a quotation mark");
  }
  if (typeof value !== "object" || value === null) return value as number | boolean | null;
  if (Array.isArray(value)) return value.map((each) => plainOf(each, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainOf(each, depth + 1)]));
}

/** A text of a student's code as it may be shown: nothing in it that moves a terminal's cursor or changes its colours. */
export function harmless(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, "�");
}

/** An error's message, as long as one reads. */
export const messageOf = (text: unknown): string => harmless(String(text).slice(0, LONGEST_MESSAGE));
