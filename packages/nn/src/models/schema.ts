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
  throw new RangeError(`${what}: ${result.error.issues.map((issue) => describe(issue, value)).join("; ")}`);
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  const at = issue.path.join(".");
  const is = `${at === "" ? "it" : at} is ${JSON.stringify(partAt(value, issue.path)) ?? "missing"}`;
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
      return `there is no ${issue.keys.join(", ")}`;
    default:
      return `${is}: ${issue.message}`;
  }
}

function partAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
