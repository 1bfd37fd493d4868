import { ON_NAN, type OnNaN } from "@lectern/train";
import type { Argv } from "yargs";
import type { PairTableOptions, TableOptions } from "../corpora.ts";
import { count, type DeviceOptions, deviceOptions, durationOption, numberOption, seedOption } from "../options.ts";
import { describePresets } from "../presets.ts";
import type { Task } from "./task.ts";

/** The options that every task has in training. */
export interface TrainOptions extends DeviceOptions {
  readonly data: string;
  readonly preset: string;
  readonly model?: string;
  readonly optimizer: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly context?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly patience?: number;
  readonly init?: string;
  readonly freeze?: string;
  readonly lora?: number;
  readonly loraAlpha?: number;
  readonly loraOn?: string;
  readonly out?: string;
  readonly saveEvery?: number;
  readonly resume: boolean;
  readonly overwrite: boolean;
  readonly onNan: OnNaN;
  readonly timeLimit?: number;
  /** A report is not written, nor samples on the way. */
  readonly noReport: boolean;
  readonly json: boolean;
}

/** How a table is read, by commands that take one. */
export const tableOptions = {
  "text-column": {
    type: "string" as const,
    requiresArg: true,
    describe: "The table's column of texts; a number, from 1, where it has no header line",
  },
  "label-column": { type: "string" as const, requiresArg: true, describe: "The table's column of classes, likewise" },
};

/** For tables of any kind. */
export const badRowsOption = {
  "skip-bad-rows": {
    type: "boolean" as const,
    default: false,
    describe: "Leave out a table's rows that cannot be used, and say how many",
  },
};

/** How a table of prompts and answers is read. */
export const pairTableOptions = {
  "prompt-column": {
    type: "string" as const,
    requiresArg: true,
    describe: "The table's column of prompts; a number, from 1, where it has no header line",
  },
  "answer-column": { type: "string" as const, requiresArg: true, describe: "The table's column of answers, likewise" },
};

/** For data in files of one's own. */
export const encodingOption = {
  encoding: {
    type: "string" as const,
    requiresArg: true,
    describe: "The file's encoding, such as windows-1251 (default: utf-8)",
  },
};

/** What `lectern eval` asks a task for. */
export interface EvalOptions extends TableOptions, PairTableOptions {
  /** Other data than the run's own. */
  readonly data?: string;
  readonly split: "validation" | "test" | "train";
  readonly batch?: number;
  /** How far windows of a text are apart. */
  readonly stride?: number;
  /** How other data name the run's classes. */
  readonly labels?: string;
  readonly json: boolean;
}

/** What `lectern predict` asks a task for. */
export interface PredictOptions {
  readonly texts: readonly string[];
  readonly batch?: number;
}

/** The options that every task has, for one of them. */
export function trainOptions(yargs: Argv, { presets, model }: Task): Argv {
  const shared = yargs
    .options({
      preset: {
        choices: Object.keys(presets),
        default: "tiny",
        requiresArg: true,
        describe: `Size of the model, and how it is trained: ${describePresets(presets)}`,
      },
      model: { type: "string", requiresArg: true, describe: `Kind of the model (default: ${model})` },
      optimizer: {
        type: "string",
        default: "adamw",
        requiresArg: true,
        describe: "How weights are updated: adamw, adam, sgd, or another that is registered",
      },
      steps: count("steps", "Updates of the weights (default: the preset's)"),
      epochs: numberOption("epochs", "Passes over the training data, instead of --steps", { min: 0, above: true }),
      batch: count("batch", "Examples in one step (default: the preset's)"),
      context: count("context", "Tokens the model sees at once (default: the preset's)"),
      lr: numberOption("lr", "Learning rate at its highest (default: the preset's)", { min: 0, above: true }),
      init: {
        type: "string",
        requiresArg: true,
        describe:
          "Go on from a trained model, with its tokenizer: a run, a folder in Hugging Face's layout, or a model's name. The learning rate is a tenth of the preset's unless given",
      },
      freeze: {
        type: "string",
        requiresArg: true,
        describe: "Parameters that stay as they are, by patterns of their names: tokens.*,blocks.0.*",
      },
      lora: count(
        "lora",
        "Train low-rank adapters of this rank alone, and save them in the run's folder adapter, as peft does",
      ),
      "lora-alpha": numberOption("lora-alpha", "Adapters count alpha / rank times (default: twice the rank)", {
        min: 0,
        above: true,
      }),
      "lora-on": {
        type: "string",
        requiresArg: true,
        describe: "Which linear layers get adapters, by the ends of their names (default: attention.qkv)",
      },
      patience: count("patience", "Stop after so many evaluations that are no better than the best before them"),
      seed: { ...seedOption, describe: `${seedOption.describe} (default: 0)` },
      ...deviceOptions,
    })
    .conflicts("steps", "epochs");
  return shared.options({
    out: {
      type: "string",
      requiresArg: true,
      describe:
        "The run's folder; an earlier run there moves to previous/1, previous/2, … (default: runs/<data>-<preset>)",
    },
    "save-every": count("save-every", "Steps between checkpoints (default: at every evaluation)"),
    "on-nan": {
      choices: ON_NAN,
      default: "stop" as OnNaN,
      requiresArg: true,
      describe:
        "When a loss, a gradient or a weight is not finite: end, skip the step, or go back to the last checkpoint at half the learning rate",
    },
    "time-limit": durationOption("time-limit", "Save and end in time, counted from the start: 2h, 90m, 1h30m, 30s"),
    "no-report": { type: "boolean", default: false, describe: "Write no report.html into the run's folder" },
    resume: {
      type: "boolean",
      default: false,
      describe:
        "Go on from the newest checkpoint in --out, if there is one; an --lr that is given wins over the checkpoint's",
    },
    overwrite: {
      type: "boolean",
      default: false,
      describe: "Delete an earlier run in --out, saying what is deleted, in place of moving it to previous/",
    },
  });
}
