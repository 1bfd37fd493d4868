import { basename, extname, resolve } from "node:path";
import { listDatasets } from "@lectern/datasets";
import {
  AdamW,
  type BatchSequence,
  type BatchSource,
  type Callback,
  constant,
  cosine,
  decayMatrices,
  evaluate,
  type FitResult,
  type Model,
  RunFolder,
  type Schedule,
  stepFigures,
  type Tokenizer,
  Trainer,
} from "@lectern/train";
import { UsageError } from "./errors.ts";
import type { DeviceName, DeviceOptions } from "./options.ts";
import { grouped, type Output } from "./output.ts";
import type { Recipe } from "./presets.ts";
import { type RunConfig, readConfig } from "./runs.ts";

/** The options that `train char` and `train classify` share. */
export interface TrainOptions extends DeviceOptions {
  readonly data: string;
  readonly preset: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly context?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly saveEvery?: number;
  readonly resume: boolean;
  readonly json: boolean;
}

/** A preset with the options that were given in the place of its own values. */
export function withOptions<P extends Recipe & { readonly context: number }>(preset: P, options: TrainOptions): P {
  const { batch = preset.batch, context = preset.context, lr = preset.lr } = options;
  // The last learning rate keeps its proportion to the highest.
  const finalLr = preset.finalLr === undefined ? undefined : preset.finalLr * (lr / preset.lr);
  return { ...preset, batch, context, lr, finalLr };
}

/** The run's folder: as given, or named after data and preset. */
export function runFolder({ out, data, preset }: TrainOptions): string {
  return out ?? `runs/${basename(data, extname(data))}-${preset}`;
}

/** How the data is named in the run's config: data sets by name, files by a path that holds from anywhere. */
export function dataReference(data: string): string {
  return listDatasets().some(({ name }) => name === data) ? data : resolve(data);
}

/** What a training comes to, with the validation data seen to its end. */
export interface Trained extends FitResult {
  /** Seconds from the first step to the last, with evaluations and checkpoints. */
  readonly seconds: number;
}

/** A training that is ready to begin. */
export interface Job {
  readonly model: Model;
  readonly config: RunConfig;
  readonly tokenizer: Tokenizer;
  readonly train: BatchSource;
  readonly validation: BatchSequence;
  readonly recipe: Recipe;
  readonly steps: number;
  /** Batches that an evaluation on the way looks at. */
  readonly evaluateBatches?: number;
}

/** Trains as the recipe says, tells people and programs how it goes, and leaves a run in the folder. */
export async function runTraining(job: Job, options: TrainOptions, out: Output): Promise<Trained> {
  const { model, config, tokenizer, train, validation, recipe, steps, evaluateBatches } = job;
  const folder = runFolder(options);
  if (options.resume) await checkSameRun(folder, config);
  const trainer = new Trainer({
    model,
    optimizer: new AdamW(decayMatrices(model, recipe.weightDecay), { lr: recipe.lr, betas: recipe.betas }),
    schedule: schedule(recipe, steps),
    clip: recipe.clip,
    out: folder,
    config: { ...config },
    tokenizer,
    saveEvery: options.saveEvery ?? recipe.evalEvery,
    resume: options.resume,
    progress: options.json ? "off" : "auto",
    callbacks: [events(out)],
  });
  const start = performance.now();
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: recipe.evalEvery, evaluateBatches });
  const seconds = (performance.now() - start) / 1000;
  const partly = evaluateBatches !== undefined && !result.interrupted;
  return { ...result, seconds, validation: partly ? await evaluate(model, validation) : result.validation };
}

function schedule({ lr, finalLr, warmup: wanted }: Recipe, steps: number): Schedule {
  // A short run is not all warm-up.
  const warmup = Math.min(wanted, Math.floor(steps / 10));
  return finalLr === undefined ? constant({ warmup }) : cosine({ warmup, steps, floor: finalLr / lr });
}

function events(out: Output): Callback {
  return {
    onStep: (info) => out.event("step", stepFigures(info)),
    onEvaluate: ({ step, isBest, count, measures }) => out.event("evaluate", { step, ...measures, count, isBest }),
    onCheckpoint: (info) => out.event("checkpoint", info),
  };
}

/** Errors: the folder holds a run of other data or another model, which cannot be gone on with. */
async function checkSameRun(folder: string, config: RunConfig): Promise<void> {
  const run = new RunFolder(folder);
  if ((await run.checkpoints()).length === 0) return;
  const before = await readConfig(run);
  const differing = differences(
    { task: before.task, data: before.data, ...before.model },
    { task: config.task, data: config.data, ...config.model },
  );
  if (differing === "") return;
  throw new UsageError(
    `--resume: ${folder} holds another run (${differing}); give the options it was made with, or another --out`,
  );
}

/** `width 64 there, 128 here, …` */
function differences(there: object, here: object): string {
  const values = new Map<string, unknown>(Object.entries(there));
  return Object.entries(here)
    .filter(([key, value]) => values.get(key) !== value)
    .map(([key, value]) => `${key} ${values.get(key)} there, ${value} here`)
    .join(", ");
}

/** The last event of `--json`, and the exit code of a training that was stopped. */
export function finish(out: Output, result: Trained, device: DeviceName): void {
  const { steps, trainLoss, validation, msPerStep, perSecond, unit, interrupted, run } = result;
  out.event("done", {
    steps,
    trainLoss: known(trainLoss),
    valLoss: validation?.loss,
    accuracy: validation?.accuracy,
    msPerStep: known(msPerStep),
    [`${unit}PerSecond`]: known(perSecond),
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1000),
    device,
    run,
    interrupted,
  });
  if (interrupted) process.exitCode = 130;
}

/** Left out of JSON where there is no such figure, because no step was made. */
function known(value: number): number | undefined {
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

/** `2,400 steps in 58 s: training loss 1.842, validation loss 1.890` */
export function describeResult({ steps, seconds, trainLoss, validation }: Trained): string {
  const losses = [`training loss ${trainLoss.toFixed(3)}`];
  if (validation !== undefined) losses.push(`validation loss ${validation.loss.toFixed(3)}`);
  return `${grouped(steps)} steps in ${seconds.toFixed(0)} s: ${losses.join(", ")}`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
}
