import type { Argv } from "yargs";
import { UsageError } from "./errors.ts";
import { type CharPresetName, type ClassifyPresetName, charPresets, classifyPresets } from "./presets.ts";

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
  const value = given === "" ? Number.NaN : Number(given);
  const { min, max = Number.POSITIVE_INFINITY, whole = false, above = false } = range;
  const inside = (above ? value > min : value >= min) && value <= max && Number.isFinite(value);
  if (inside && (!whole || Number.isSafeInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  const from = above ? `above ${min}` : `of ${min} or more`;
  const bounds =
    max === Number.POSITIVE_INFINITY ? from : `${above ? `above ${min}, and at most` : `from ${min} to`} ${max}`;
  throw new UsageError(`--${name} has to be ${kind} ${bounds}; it is ${JSON.stringify(given)}`);
}

const count = (name: string, describe: string) => numberOption(name, describe, { whole: true, min: 1 });

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

/** What `train char` and `train classify` share. */
function trainOptions<T>(yargs: Argv<T>) {
  return yargs
    .options({
      steps: count("steps", "Updates of the weights (default: the preset's)"),
      epochs: numberOption("epochs", "Passes over the training data, instead of --steps", { min: 0, above: true }),
      batch: count("batch", "Examples in one step"),
      context: count("context", "Tokens the model sees at once"),
      lr: numberOption("lr", "Learning rate at its highest", { min: 0, above: true }),
      seed: seedOption,
      ...deviceOptions,
    })
    .conflicts("steps", "epochs")
    .options({
      out: {
        type: "string",
        requiresArg: true,
        describe: "The run's folder; an earlier run there moves to previous/<n> (default: runs/<data>-<preset>)",
      },
      "save-every": count("save-every", "Steps between checkpoints (default: at every evaluation)"),
      resume: {
        type: "boolean",
        default: false,
        describe: "Go on from the newest checkpoint in --out, if there is one",
      },
    });
}

export function charOptions<T>(yargs: Argv<T>) {
  return trainOptions(
    yargs.options({
      data: { type: "string", demandOption: true, requiresArg: true, describe: "A data set's name, or any text file" },
      preset: {
        choices: Object.keys(charPresets) as CharPresetName[],
        default: "tiny" as CharPresetName,
        requiresArg: true,
        describe: "Size of the model, and how it is trained",
      },
    }),
  ).options({
    sample: {
      ...numberOption("sample", "Characters to write when trained", { whole: true, min: 0 }),
      default: "300",
    },
  });
}

export function classifyOptions<T>(yargs: Argv<T>) {
  return trainOptions(
    yargs.options({
      data: {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "A data set's name, a CSV or TSV file, or a folder of reviews",
      },
      preset: {
        choices: Object.keys(classifyPresets) as ClassifyPresetName[],
        default: "tiny" as ClassifyPresetName,
        requiresArg: true,
        describe: "Size of the model, and how it is trained",
      },
      "text-column": { type: "string", requiresArg: true, describe: "The table's column of texts" },
      "label-column": { type: "string", requiresArg: true, describe: "The table's column of classes" },
    }),
  );
}

const runPosition = {
  type: "string" as const,
  demandOption: true as const,
  describe: "A run's folder, or one of its checkpoints' files",
};

export function evalOptions<T>(yargs: Argv<T>) {
  return yargs.positional("run", runPosition).options({
    data: { type: "string", requiresArg: true, describe: "Other data than the run was trained on" },
    split: {
      choices: ["validation", "test", "train"] as const,
      default: "validation" as "validation" | "test" | "train",
      requiresArg: true,
      describe: "Which part of the data",
    },
    batch: count("batch", "Examples at once"),
    ...deviceOptions,
  });
}

export function generateOptions<T>(yargs: Argv<T>) {
  return yargs.positional("run", runPosition).options({
    prompt: { type: "string", requiresArg: true, describe: "What to go on from (default: a new line)" },
    tokens: count("tokens", "Characters to write (default: 300)"),
    strategy: {
      choices: ["greedy", "sample"] as const,
      default: "sample" as "greedy" | "sample",
      requiresArg: true,
      describe: "Take the likeliest character, or draw one",
    },
    temperature: numberOption("temperature", `Below 1 likely characters become likelier (default: ${TEMPERATURE})`, {
      min: 0,
      above: true,
    }),
    "top-k": count("top-k", "Draw from so many of the likeliest only"),
    "top-p": numberOption("top-p", "Draw from the likeliest that have this probability together", {
      min: 0,
      max: 1,
      above: true,
    }),
    seed: seedOption,
    ...deviceOptions,
  });
}
