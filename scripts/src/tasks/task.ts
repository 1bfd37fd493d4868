import type { Module } from "@lectern/nn";
import type { BatchSequence, BatchSource, Evaluation, Objective, OpenedRun, Tokenizer } from "@lectern/train";
import type { Argv } from "yargs";
import type { Output } from "../output.ts";
import type { Preset } from "../presets.ts";
import type { Figure as PageFigure } from "../report/figures.ts";
import type { Language } from "../report/language.ts";
import type { EvalOptions, PredictOptions, TrainOptions } from "./options.ts";

/** What a task learns from, prepared for a model of a preset's size. */
export interface TaskData extends Counted {
  readonly train: BatchSource;
  readonly validation: BatchSequence;
  readonly tokenizer: Tokenizer;
  /** Sizes that the data ask a model for, beside the preset's: `vocabulary`, `classes`. */
  readonly sizes: Readonly<Record<string, unknown>>;
  /** What is shown before training: `moby-dick: 1,088,000 characters to learn from, …`. */
  readonly summary: string;
  /** Batches that an evaluation on the way looks at; all unless given. */
  readonly evaluateBatches?: number;
  /** What is made small; the task's unless given. */
  readonly objective?: Objective<Module, object>;
}

/** What a loss is the mean over. */
export interface Counted {
  /** In the singular: "character", "text". */
  readonly unit?: string;
  /** Of UTF-8, on average: what makes losses of different tokenizers comparable. */
  readonly bytesPerToken?: number;
}

/** What an evaluation of a run looks at. */
export interface EvaluationData extends Counted {
  readonly data: BatchSequence;
  readonly unit: string;
  /** What is measured; the task's objective unless given. */
  readonly objective?: Objective<Module, object>;
  /** Classes, where each is told of; then cross entropy and accuracy are measured. */
  readonly labels?: readonly string[];
}

/** What a measure is called in a table, and what in JSON. */
export type Figure = readonly [label: string, shown: string, ...json: (readonly [name: string, value: number])[]];

/** The figures by their names in JSON. */
export const jsonOf = (figures: readonly Figure[]): Record<string, number> =>
  Object.fromEntries(figures.flatMap(([, , ...json]) => json));

/** A training that has ended, with the weights that the figures are of in the model. */
export interface Trained {
  readonly model: Module;
  readonly tokenizer: Tokenizer;
  readonly run: string;
}

/**
 * Something that models are trained for from the command: `lectern train <name>`. What is told here is all that the
 * commands know of it: a new task is one such object and its line in `tasks/index.ts`.
 */
export interface Task<O extends TrainOptions = TrainOptions> {
  readonly name: string;
  /** What a model for it predicts, which decides which kinds of models it takes. */
  readonly predicts: string;
  readonly presets: Readonly<Record<string, Preset>>;
  /** What the presets stand for with these data, where that depends on them. */
  presetsFor?(options: O): Readonly<Record<string, Preset>>;
  /** The kind of model that is trained unless another is asked for. */
  readonly model: string;
  /** What is made small; the model's own loss, or cross entropy and accuracy, unless given. */
  readonly objective?: Objective<Module, object>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Adds the options that only this task has. */
  options(yargs: Argv): Argv;
  /** Reads the data, and makes batches of them. @param init the model that training goes on from, where there is one. */
  prepare(options: O, preset: Preset, init?: OpenedRun): Promise<TaskData>;
  /** How a run is evaluated: on its own data, or on others. */
  evaluation(run: OpenedRun, options: EvalOptions): Promise<EvaluationData>;
  /** The figures of an evaluation, beside its loss. */
  figures(found: Evaluation, counted: Counted): readonly Figure[];
  /** What is shown of a model when it is trained: a sample of what it writes. */
  show?(trained: Trained, options: O, out: Output): Promise<void>;
  /** A short text that a model writes on the way, always with the same random numbers; undefined where it writes none. */
  sample?(trained: Trained, options: O): Promise<string | undefined>;
  /** What a run's report shows of its model. */
  pictures?(run: OpenedRun, language: Language): Promise<readonly PageFigure[]>;
  /** The command that people can go on with. */
  next(run: string, options: O): readonly string[];
  /** What such a run says of texts that it is given: `lectern predict`. */
  predict?(run: OpenedRun, options: PredictOptions, out: Output): Promise<void>;
}
