import { UsageError } from "./errors.ts";
import { LANGUAGES, type Language } from "./report/language.ts";

/** What text is sampled at unless said otherwise: a little below 1, for fewer slips of the pen. */
export const TEMPERATURE = 0.7;

/** Devices that `--device` takes. */
export const DEVICES = ["cpu", "gpu", "reference"] as const;
export type DeviceName = (typeof DEVICES)[number];

interface Range {
  readonly whole?: boolean;
  readonly min: number;
  readonly max?: number;
  /** `min` itself is not allowed. */
  readonly above?: boolean;
}

/** What an option that was given several times comes to. */
export const lastOf = (given: unknown): unknown => (Array.isArray(given) ? given.at(-1) : given);

/** An option that takes one number; anything outside its range is refused with what would be right. */
export function numberOption(name: string, describe: string, range: Range) {
  return {
    requiresArg: true,
    describe,
    coerce: (given: unknown): number | undefined =>
      given === undefined ? undefined : parseNumber(name, lastOf(given), range),
  };
}

function parseNumber(name: string, given: unknown, range: Range): number {
  const value = String(given).trim() === "" ? Number.NaN : Number(given);
  const { min, max = Number.POSITIVE_INFINITY, whole = false, above = false } = range;
  const inside = (above ? value > min : value >= min) && value <= max && Number.isFinite(value);
  if (inside && (!whole || Number.isSafeInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  const from = above ? `above ${min}` : `of ${min} or more`;
  const bounds =
    max === Number.POSITIVE_INFINITY ? from : `${above ? `above ${min}, and at most` : `from ${min} to`} ${max}`;
  const said = Number.isNaN(value) ? JSON.stringify(given) : given;
  throw new UsageError(`--${name} has to be ${kind} ${bounds}; it is ${said}`);
}

/** An option that takes a time, such as 1h30m, and gives seconds. */
export function durationOption(name: string, describe: string) {
  const parse = (given: unknown): number => {
    const [whole, ...parts] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(String(given)) ?? [];
    const [hours, minutes, seconds] = parts.map((part) => Number(part ?? 0));
    const total = whole ? hours * 3600 + minutes * 60 + seconds : 0;
    if (total > 0) return total;
    throw new UsageError(`--${name} has to be a time such as 2h, 90m, 1h30m or 30s; it is ${JSON.stringify(given)}`);
  };
  const coerce = (given: unknown) => (given === undefined ? undefined : parse(lastOf(given)));
  return { type: "string" as const, requiresArg: true, describe, coerce };
}

export const count = (name: string, describe: string) => numberOption(name, describe, { whole: true, min: 1 });

export const seedOption = numberOption("seed", "Where randomness starts: the same seed gives the same run", {
  whole: true,
  min: 0,
});

/** Ways of running the gpu device's kernels, the fastest first. */
export const GPU_BACKENDS = ["webgpu", "webgl2", "webasm"] as const;

/** `--device` and what belongs to it. */
export interface DeviceOptions {
  readonly device: DeviceName;
  readonly gpuBackend?: (typeof GPU_BACKENDS)[number];
}

/** Errors: options that do not go together. */
export function checkDevice({ device, gpuBackend }: DeviceOptions): void {
  if (gpuBackend !== undefined && device !== "gpu") throw new UsageError("--gpu-backend needs --device gpu");
}

export const deviceOptions = {
  device: {
    choices: DEVICES,
    describe: "Where to compute; `lectern info` shows which are there",
    default: "cpu" as DeviceName,
    requiresArg: true,
  },
  "gpu-backend": {
    choices: GPU_BACKENDS,
    describe: "What the gpu device runs on (default: the best that works)",
    requiresArg: true,
  },
};

/** The language of pages; a command's own words are English. */
export const langOption = {
  choices: LANGUAGES,
  default: "en" as Language,
  requiresArg: true,
  describe: "The language of reports",
};

export const runPosition = {
  type: "string" as const,
  demandOption: true as const,
  describe: "A run's folder, one of its checkpoints' files, or a model's name (`lectern model list`)",
};
