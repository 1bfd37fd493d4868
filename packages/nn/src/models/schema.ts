import type { z } from "zod";

/**
 * What a schema is written with. It is handed over, so that a program that makes a model itself need not load it: only what
 * comes from a file is checked by a schema.
 */
export type Zod = typeof z;

/** Options declared once, as a schema. */
export type Schema<T> = (z: Zod) => z.ZodType<T> & { readonly shape: Readonly<Record<string, unknown>> };

/** The type of the options that a schema takes. */
export type OptionsOf<S extends (z: Zod) => z.ZodType> = z.input<ReturnType<S>>;

/** A value that meets a schema. Errors: it does not; every reason in one sentence, which begins with `what`. */
export function checked<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first, ...more] = result.error.issues.map((issue) => describe(issue, value));
  const others = more.length > MOST ? `; and ${more.length - MOST} more` : "";
  throw new Error(`${what}: ${[first, ...more.slice(0, MOST)].join("; ")}${others}`);
}

/** So many reasons are told beside the first. */
const MOST = 9;

/** A value of a file in a message: as JSON, of which the beginning is enough where it is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)} …` : text;
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const at = issue.path.join(".").slice(0, 100);
  const found = partAt(value, issue.path);
  const is = `${at === "" ? "it" : at} is ${found === undefined ? "missing" : shown(found)}`;
  switch (issue.code) {
    case "too_big":
      return `${is}, ${issue.inclusive ? "and may be at most" : "and has to be below"} ${issue.maximum}`;
    case "too_small":
      return `${is}, and has to be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
    case "invalid_type":
      return `${is}, and has to be ${issue.expected === "int" ? "a whole number" : `of the type ${issue.expected}`}`;
    case "invalid_value":
      return `${is}, and has to be ${issue.values.map((choice) => JSON.stringify(choice)).join(" or ")}`;
    case "unrecognized_keys":
      return `there is no ${issue.keys
        .map((key) => (/^\w{1,50}$/.test(key) ? key : shown(key)))
        .join(", ")
        .slice(0, 300)}`;
    default:
      return `${is}: ${issue.message}`;
  }
}

function partAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
