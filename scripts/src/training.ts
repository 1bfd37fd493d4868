import { basename, extname } from "node:path";
import { manualSeed } from "@lectern/autograd";
import { GPT, type Module, modelKind, modelKinds } from "@lectern/nn";
import {
  type Callback,
  constant,
  cosine,
  decayMatrices,
  type Evaluation,
  evaluate,
  type FitResult,
  loadWeights,
  makeOptimizer,
  type Objective,
  type Optimizer,
  ResumeError,
  RunFolder,
  type Schedule,
  saveAdapter,
  stepFigures,
  Trainer,
} from "@lectern/train";
import { dataReference } from "./corpora.ts";
import { openDevice } from "./device.ts";
import { UsageError } from "./errors.ts";
import { adapted, initialModel, presetFor, trainedOf } from "./fineTuning.ts";
import { modelPath } from "./models/resolve.ts";
import type { DeviceName } from "./options.ts";
import { grouped, type Output, output, percent, runCommand } from "./output.ts";
import type { Preset, Recipe } from "./presets.ts";
import { goingOn } from "./streams.ts";
import type { TrainOptions } from "./tasks/options.ts";
import { type Figure, jsonOf, type Task, type TaskData, type Trained as TaskTrained } from "./tasks/task.ts";

/** A preset with the options that were given in the place of its own values. */
export function withOptions<P extends Preset>(preset: P, options: TrainOptions): P {
  const { batch = preset.batch, context = preset.context, lr = preset.lr } = options;
  // The last learning rate keeps its proportion to the highest.
  const finalLr = preset.finalLr === undefined ? undefined : preset.finalLr * (lr / preset.lr);
  return { ...preset, batch, context, lr, finalLr };
}

/** The run's folder: as given, or named after data and preset. */
export function runFolder({ out, data, preset }: TrainOptions): string {
  // What a data set's variant is called has colons and commas.
  const name = basename(data, extname(data)).replace(/[:,]/g, "-");
  return out ?? `runs/${name}-${preset}`;
}

/** What a training comes to, with the validation data seen to its end. */
export interface Trained extends FitResult {
  /** Seconds from the first step to the last, with evaluations and checkpoints. */
  readonly seconds: number;
  /** The step whose weights `validation` is of: they are in the model, and are what the run is used with. */
  readonly weightsOf: number;
}

/** `lectern train <task>`: trains a model, shows how it does, and leaves a run in the folder. */
export async function train<O extends TrainOptions>(task: Task<O>, options: O): Promise<void> {
  const out = output(options.json);
  const { seed = 0 } = options;
  if (options.resume && options.overwrite) {
    throw new UsageError("--overwrite deletes the run that --resume would go on with: give one of the two");
  }
  await openDevice(options);
  manualSeed(seed);
  const presets = task.presetsFor?.(options) ?? task.presets;
  const init = await initialModel(task, options);
  const preset = presetFor(init, withOptions(presets[options.preset], options), options);
  if (options.resume) await checkSettings(options, preset);
  const data = await task.prepare(options, preset, init);
  const model = adapted(init?.model ?? (await makeModel(task, options, { ...preset, ...data.sizes })), options);
  out.say(
    [
      `data    ${data.summary}`,
      `model   ${model.constructor.name} with ${grouped(model.numParameters())} parameters${trainedOf(model)}: ${describeSize(preset)}`,
      `run     ${runFolder(options)}, on ${options.device}\n`,
    ].join("\n"),
  );
  const result = await runTraining(task, model, data, preset, options, out);
  const { validation } = result;
  const figures = validation === undefined ? [] : task.figures(validation, { unit: data.tokenizer.unit, ...data });
  if (!result.interrupted) {
    const { tokenizer } = data;
    out.say(`\n${describeResult(result, figures)}`);
    const run = runFolder(options);
    if (model instanceof GPT && options.lora !== undefined)
      await saveAdapter(`${run}/adapter`, model, { base: options.init });
    await task.show?.({ model, tokenizer, run }, options, out);
    if (!options.noReport) await report(task, { model, tokenizer, run }, out);
    const next = [task.next(run, options), ["eval", run]].map((words) => `\n  ${runCommand(words)}`);
    out.say(`\nThe run is in ${run}. Go on with${next.join("")}`);
  }
  finish(out, result, figures, options.device);
}

/** A model of the kind that was asked for. Errors: there is none of that name, or it predicts something else. */
async function makeModel(
  { model, predicts }: Task,
  options: TrainOptions,
  sizes: Readonly<Record<string, unknown>>,
): Promise<Module> {
  const fitting = modelKinds().filter((kind) => kind.predicts === predicts);
  const name = options.model ?? model;
  if (!fitting.some((kind) => kind.name === name)) {
    const names = fitting.map((kind) => kind.name).join(", ");
    throw new UsageError(`--model: no model called "${name}" predicts ${predicts}; there are ${names}`);
  }
  return modelKind(name).makeFrom(sizes);
}

function makeOptimizerFor(model: Module, { optimizer }: TrainOptions, recipe: Recipe): Optimizer {
  try {
    return makeOptimizer(optimizer, decayMatrices(model, recipe.weightDecay), recipe);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--optimizer: ${error.message}`, { cause: error });
    throw error;
  }
}

async function runTraining(
  task: Task,
  model: Module,
  data: TaskData,
  preset: Preset,
  options: TrainOptions,
  out: Output,
): Promise<Trained> {
  const { train, validation, tokenizer, evaluateBatches } = data;
  const { objective = task.objective } = data;
  const steps = stepsOf(preset, options, train.batchesPerEpoch);
  const { patience, resume, lr, seed = 0 } = options;
  const folder = runFolder(options);
  const told = events(out, (found) => task.figures(found, { unit: tokenizer.unit, ...data }));
  const trainer = new Trainer<Module, object>({
    model,
    objective,
    optimizer: makeOptimizerFor(model, options, preset),
    schedule: schedule(preset, steps),
    clip: preset.clip,
    out: folder,
    config: {
      task: task.name,
      preset: options.preset,
      seed,
      training: { ...preset, optimizer: options.optimizer, steps },
      init: options.init === undefined ? undefined : dataReference(await modelPath(options.init)),
      freeze: options.freeze,
    },
    tokenizer,
    saveEvery: options.saveEvery ?? preset.evalEvery,
    resume: resume && lr !== undefined ? { lr } : resume,
    overwrite: options.overwrite,
    earlyStopping: patience === undefined ? undefined : { patience },
    onNaN: options.onNan,
    timeLimit: secondsLeft(options),
    progress: options.json ? "off" : "auto",
    callbacks: [told, ...(options.noReport ? [] : [samples(task, { model, tokenizer, run: folder }, options)])],
  });
  const start = performance.now();
  const fit = { steps, validation, evaluateEvery: preset.evalEvery, evaluateBatches };
  const result = await goingOn(
    (text) => trainer.note(text),
    () => trainer.fit(train, fit),
  ).catch(asUsage);
  const trained = { ...result, seconds: (performance.now() - start) / 1000, weightsOf: result.steps };
  if (result.interrupted) return trained;
  return {
    ...trained,
    ...(await bestOf(result, { model, objective, validation, partly: evaluateBatches !== undefined, out })),
  };
}

/** What is left of the time limit, which counts from the process's start. */
function secondsLeft({ timeLimit }: TrainOptions): number | undefined {
  return timeLimit === undefined ? undefined : Math.max(1e-3, timeLimit - performance.now() / 1000);
}

/** Puts the best weights into the model, for they are what the run is used with, and looks at all the validation data. */
async function bestOf(
  { run, best, steps, validation: last }: FitResult,
  of: {
    model: Module;
    objective?: Objective<Module, object>;
    validation: TaskData["validation"];
    partly: boolean;
    out: Output;
  },
): Promise<{ validation: Evaluation | undefined; weightsOf: number }> {
  const { model, objective, validation, partly, out } = of;
  const weightsOf = best?.step ?? steps;
  if (weightsOf !== steps && run !== undefined) await loadWeights(new RunFolder(run).file("best.safetensors"), model);
  const found = partly || weightsOf !== steps ? await evaluateShown(model, validation, { objective }, out) : last;
  return { validation: found, weightsOf };
}

/** An evaluation that shows how far it is, where somebody looks. */
export async function evaluateShown(
  model: Module,
  data: TaskData["validation"],
  { objective }: { objective?: Objective<Module, object> },
  out: Output,
): Promise<Evaluation> {
  return evaluate<Module, object>(model, shown(data, out), { objective });
}

/** The same batches, which show how far they are, where somebody looks. */
export function shown(data: TaskData["validation"], out: Output): TaskData["validation"] {
  if (out.json || !process.stderr.isTTY) return data;
  return {
    *batches(device) {
      let number = 0;
      for (const batch of data.batches(device)) {
        if (number++ % 16 === 0) process.stderr.write(`\revaluating, batch ${number} `);
        yield batch;
      }
      process.stderr.write("\r\x1b[K");
    },
  };
}

function stepsOf(preset: Preset, { steps, epochs }: TrainOptions, batchesPerEpoch: number): number {
  if (steps !== undefined) return steps;
  if (epochs === undefined && preset.steps !== undefined) return preset.steps;
  return Math.max(1, Math.ceil((epochs ?? preset.epochs ?? 1) * batchesPerEpoch));
}

function schedule({ lr, finalLr, warmup: wanted }: Recipe, steps: number): Schedule {
  // A short run is not all warm-up.
  const warmup = Math.min(wanted, Math.floor(steps / 10));
  return finalLr === undefined ? constant({ warmup }) : cosine({ warmup, steps, floor: finalLr / lr });
}

function events(out: Output, figuresOf: (found: Evaluation) => readonly Figure[]): Callback {
  return {
    onStep: (info) => out.event("step", stepFigures(info)),
    onEvaluate: ({ step, isBest, ...found }) => {
      const { measures, count } = found;
      out.event("evaluate", { step, ...measures, ...jsonOf(figuresOf(found)), count, isBest });
    },
    onCheckpoint: (info) => out.event("checkpoint", info),
  };
}

// --- report ---------------------------------------------------------------------------------------

/** Writes down what the model writes at each evaluation. */
function samples(task: Task, trained: TaskTrained, options: TrainOptions): Callback {
  const file = new RunFolder(trained.run).store;
  return {
    async onEvaluate({ step }) {
      const text = await task.sample?.(trained, options);
      if (text !== undefined) await file.append("samples.jsonl", `${JSON.stringify({ step, text })}\n`);
    },
  };
}

/** Writes the run's report. A training does not fail for it. */
async function report(task: Task, { model, tokenizer, run }: TaskTrained, out: Output): Promise<void> {
  try {
    const folder = new RunFolder(run);
    const opened = {
      ...{ folder, config: await folder.config(), model: model.eval(), tokenizer, weights: await folder.weights() },
      ...{ kind: undefined, predicts: task.predicts },
    };
    const { reportRuns } = await import("./report/runReport.ts");
    const { file, curves } = await reportRuns([run], { language: "en", opened });
    out.say(`\n${curves[0]}\nIts report is ${file}`);
    out.event("report", { file });
  } catch (error) {
    console.error(`the report could not be written: ${error instanceof Error ? error.message : error}`);
  }
}

// --- going on -------------------------------------------------------------------------------------

/** Errors: an option that was given cannot change where a run is gone on with. */
async function checkSettings(options: TrainOptions, { batch }: Preset): Promise<void> {
  const run = new RunFolder(runFolder(options));
  if ((await run.checkpoints()).length === 0) return;
  const { seed, training } = await run.config();
  const before = (training ?? {}) as Readonly<Record<string, unknown>>;
  const fixed: [string, unknown, unknown][] = [
    ["seed", seed, options.seed],
    ["batch", before.batch, batch],
    ["optimizer", before.optimizer, options.optimizer],
  ];
  const changed = fixed.filter(([, there, here]) => there !== undefined && here !== undefined && there !== here);
  if (changed.length === 0) return;
  const list = changed.map(([name, there, here]) => `${name} ${there} there, ${here} here`).join("; ");
  throw new UsageError(
    `--resume: ${run.path} holds another run (${list}), and that cannot change on the way; give what it was made with, or another --out`,
  );
}

function asUsage(error: unknown): never {
  if (error instanceof ResumeError) throw new UsageError(`--resume: ${error.message}`, { cause: error });
  throw error;
}

// --- what is told ---------------------------------------------------------------------------------

/** The last event of `--json`, and the exit code of a training that was stopped. */
function finish(out: Output, result: Trained, figures: readonly Figure[], device: DeviceName): void {
  const { steps, trainLoss, validation, weightsOf, msPerStep, perSecond, unit, interrupted, run } = result;
  out.event("done", {
    steps,
    trainLoss: known(trainLoss),
    valLoss: validation?.loss,
    ...validation?.measures,
    ...jsonOf(figures),
    loss: undefined,
    weightsOf,
    msPerStep: known(msPerStep),
    [`${unit}PerSecond`]: known(perSecond),
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1000),
    device,
    run,
    interrupted,
  });
  if (interrupted && result.signal !== undefined) process.exitCode = EXIT[result.signal];
}

/** As shells have it: 128 and the signal's number. */
const EXIT: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Left out of JSON where there is no such figure, because no step was made. */
function known(value: number): number | undefined {
  return value > 0 && Number.isFinite(value) ? value : undefined;
}

/** `layers 2, heads 4, width 64, context 64` */
function describeSize(preset: Preset): string {
  const { layers, heads, width, context } = preset;
  return Object.entries({ layers, heads, width, context })
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** `2,400 steps in 58 s: training loss 1.842, validation loss 1.890 (2.73 bits a character, accuracy 45.1 %)` */
function describeResult(result: Trained, figures: readonly Figure[]): string {
  const { steps, seconds, trainLoss, validation, weightsOf } = result;
  const head = `${grouped(steps)} steps in ${seconds.toFixed(0)} s: training loss ${trainLoss.toFixed(3)}`;
  if (validation === undefined) return head;
  const shares = Object.entries({
    accuracy: "accuracy",
    exactMatch: "exact match",
    trainExactMatch: "of what was trained on",
  })
    .filter(([name]) => validation.measures[name] !== undefined)
    .map(([name, label]) => `${label} ${percent(validation.measures[name])}`);
  const told = [...figures.map(([label, shown]) => `${label} ${shown}`), ...shares];
  const whose =
    weightsOf === steps
      ? ""
      : `\nThe validation is of the best weights, those of step ${grouped(weightsOf)}; the run is used with them.`;
  return `${head}, validation loss ${validation.loss.toFixed(3)} (${told.join(", ")})${whose}`;
}
