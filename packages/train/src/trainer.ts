import { nextTask, settle } from "@lectern/autograd";
import type { Callback, FitResult } from "./callbacks.ts";
import { restore, saveCheckpoint, saveWeights, type TrainingProgress } from "./checkpoint.ts";
import type { BatchSequence, BatchSource } from "./data/batch.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { watchInterrupt } from "./interrupt.ts";
import { deviceOf, type Loss, type Model, meanCrossEntropy, readAll } from "./model.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { type ProgressDisplay, type ProgressMode, progressDisplay } from "./progress.ts";
import { type RunConfig, RunFolder } from "./run.ts";
import { constant, type Schedule } from "./schedules.ts";
import { assertFinite, type StepOutcome, type StepSettings, trainStep } from "./step.ts";
import type { Store } from "./store/store.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";

export interface TrainerOptions {
  model: Model;
  optimizer: Optimizer;
  /** What the learning rate is multiplied with at each step; always 1 unless given. */
  schedule?: Schedule;
  /** What is made small; the mean cross entropy unless given. */
  loss?: Loss;
  /**
   * Where metrics, checkpoints and the best weights go; without it nothing is written. A path means a folder in Node, and
   * one in the browser's own file system there.
   */
  out?: string | Store;
  /** Written to the folder, so that model and data can be made again. */
  config?: RunConfig;
  tokenizer?: Tokenizer;
  /** Gradients longer than this are shortened to it; 1 unless given, Infinity leaves them. */
  clip?: number;
  /** Batches whose gradients are averaged for one step; 1 unless given. */
  accumulate?: number;
  /** Steps between checkpoints, one of which is always written at the end; as many as between evaluations unless given. */
  saveEvery?: number;
  /** How many checkpoints are kept; 2 unless given. */
  keepCheckpoints?: number;
  /** Go on from the newest whole checkpoint in the folder, where there is one. */
  resume?: boolean;
  callbacks?: readonly Callback[];
  /** `auto` unless given. */
  progress?: ProgressMode;
  /** Where lines for people go that are no progress; standard error unless given. */
  log?: (message: string) => void;
  /** Stops after the step in hand, and saves; so does Ctrl-C. */
  signal?: AbortSignal;
}

export interface FitOptions {
  /** Steps in all, those before a checkpoint included. Either this or `epochs`. */
  steps?: number;
  /** How often everything is shown. */
  epochs?: number;
  /** Looked at every `evaluateEvery` steps and at the end. */
  validation?: BatchSequence;
  /** An epoch unless given. */
  evaluateEvery?: number;
  /** How many batches of the validation data an evaluation looks at; all unless given. */
  evaluateBatches?: number;
}

/** A step whose loss has not been read. */
interface Queued extends StepOutcome {
  readonly step: number;
  readonly lr: number;
}

/** How many steps a device that has to be waited for is given before its losses are read. */
const QUEUE = 10;
/** How many losses the mean that is reported is taken over. */
const RECENT = 50;

/** Trains a model, and writes down how it goes. */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #settings: StepSettings;
  readonly #schedule: Schedule;
  readonly #run: RunFolder | undefined;
  readonly #display: ProgressDisplay;
  #progress: TrainingProgress = { step: 0, tokens: 0, seconds: 0, losses: [] };
  #queue: Queued[] = [];
  #validation: Evaluation | undefined;
  /** When the steps began that have not been counted. */
  #since = 0;
  /** Steps and tokens of this call, for its speed. */
  #here = { steps: 0, tokens: 0, seconds: 0 };

  /** Errors: options that make no sense. */
  constructor(options: TrainerOptions) {
    const { clip = 1, accumulate = 1, saveEvery = 1, keepCheckpoints = 1, out, resume } = options;
    if (!(clip > 0)) throw new RangeError(`Trainer: clip is ${clip}, it has to be above 0 (Infinity clips nothing)`);
    assertWhole({ accumulate, saveEvery, keepCheckpoints });
    if (resume && out === undefined) throw new Error("Trainer: resume needs the run's folder: give out");
    this.#options = options;
    const { model, optimizer, loss = meanCrossEntropy, schedule = constant() } = options;
    this.#settings = { model, optimizer, loss, clip, accumulate, device: deviceOf(model) };
    this.#schedule = schedule;
    this.#run = out === undefined ? undefined : new RunFolder(out);
    this.#display = progressDisplay(options.progress ?? "auto", options.log);
  }

  /**
   * Trains until the given step. The loop of every step: a batch, its loss, `backward()`, clipping, the optimiser.
   * Errors: a loss that is no number, a folder whose checkpoint belongs to another model, wrong options.
   */
  async fit(data: BatchSource, options: FitOptions): Promise<FitResult> {
    const { model } = this.#options;
    const total = this.#totalSteps(data, options);
    await this.#begin(data);
    const interrupt = watchInterrupt(this.#options.signal, (message) => this.#display.log(message));
    await this.#display.start(total, this.#progress.step);
    try {
      model.train();
      this.#since = performance.now();
      while (this.#progress.step < total && !interrupt.requested) {
        this.#step(data);
        // While the device is still computing.
        data.prefetch?.();
        await this.#pause(data, total, options);
      }
      return await this.#end(data, total, options);
    } finally {
      interrupt.stop();
      this.#display.stop();
      await this.#run?.flush();
    }
  }

  #totalSteps(data: BatchSource, { steps, epochs, evaluateEvery = 1 }: FitOptions): number {
    if ((steps === undefined) === (epochs === undefined)) throw new Error("fit: give either steps or epochs");
    assertWhole({ evaluateEvery });
    if (steps !== undefined) {
      assertWhole({ steps });
      return steps;
    }
    if (!(epochs! > 0)) throw new RangeError(`fit: epochs is ${epochs}, it has to be above 0`);
    return Math.max(1, Math.ceil(epochs! * this.#stepsPerEpoch(data)));
  }

  #stepsPerEpoch(data: BatchSource): number {
    return data.batchesPerEpoch / this.#settings.accumulate;
  }

  #step(data: BatchSource): void {
    const { optimizer } = this.#settings;
    const step = this.#progress.step + 1;
    optimizer.lrScale = this.#schedule(step - 1);
    const { lr } = optimizer;
    const outcome = trainStep(this.#settings, data, step);
    this.#queue.push({ ...outcome, step, lr });
    this.#progress.step = step;
  }

  /** What is due between two steps: reading, evaluating, saving, and letting the rest of the program have a turn. */
  async #pause(data: BatchSource, total: number, options: FitOptions): Promise<void> {
    const { step } = this.#progress;
    const { validation, evaluateEvery = Math.max(1, Math.round(this.#stepsPerEpoch(data))) } = options;
    const { saveEvery = evaluateEvery } = this.#options;
    const atOnce = this.#settings.device.hostMemory ? 1 : QUEUE;
    if (this.#queue.length >= atOnce) await this.#read();
    if (validation !== undefined && (step % evaluateEvery === 0 || step === total)) {
      await this.#evaluate(validation, options.evaluateBatches);
    }
    if (step % saveEvery === 0 && step < total) await this.#save(data);
    await settle();
    await nextTask();
  }

  /** Reads the losses of queued steps, and tells everybody. Errors: one is no number. */
  async #read(): Promise<void> {
    const queue = this.#queue;
    this.#queue = [];
    if (queue.length === 0) return;
    const losses = await readAll(queue.map(({ loss }) => loss));
    const norms = await readAll(queue.flatMap(({ gradNorm }) => gradNorm ?? []));
    const seconds = (performance.now() - this.#since) / 1000;
    const tokens = queue.reduce((sum, done) => sum + done.tokens, 0);
    this.#count(queue.length, tokens, seconds);
    for (const [i, { step, lr }] of queue.entries()) {
      assertFinite("loss", losses[i], step, lr);
      assertFinite("gradient's length", norms[i] ?? 0, step, lr);
      this.#progress.losses = [...this.#progress.losses, losses[i]].slice(-RECENT);
      const info = { step, loss: losses[i], lr, gradNorm: norms[i], tokensPerSecond: tokens / seconds };
      this.#run?.record({ event: "step", ...info });
      this.#display.update({ ...info, loss: this.#recentLoss() });
      for (const callback of this.#options.callbacks ?? []) await callback.onStep?.(info);
    }
    this.#since = performance.now();
  }

  #count(steps: number, tokens: number, seconds: number): void {
    this.#progress.tokens += tokens;
    this.#progress.seconds += seconds;
    this.#here.steps += steps;
    this.#here.tokens += tokens;
    this.#here.seconds += seconds;
  }

  #recentLoss(): number {
    const { losses } = this.#progress;
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  async #evaluate(data: BatchSequence, batches: number | undefined): Promise<void> {
    await this.#read();
    const found = await evaluate(this.#options.model, data, { batches });
    const { step, best } = this.#progress;
    const { loss, accuracy } = found;
    const isBest = best === undefined || loss < best.loss;
    this.#validation = found;
    this.#run?.record({ event: "evaluate", step, loss, accuracy });
    if (isBest) {
      this.#progress.best = { step, loss, accuracy };
      if (this.#run !== undefined) await saveWeights(this.#run.file("best.safetensors"), this.#options.model);
    }
    this.#display.log(`step ${step}: validation loss ${loss.toFixed(4)}, accuracy ${(accuracy * 100).toFixed(1)} %`);
    await this.#run?.flush();
    for (const callback of this.#options.callbacks ?? []) await callback.onEvaluate?.({ ...found, step, isBest });
    this.#since = performance.now();
  }

  async #save(data: BatchSource): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    await this.#read();
    await run.flush();
    const { model, optimizer, keepCheckpoints = 2 } = this.#options;
    const { step } = this.#progress;
    const file = run.checkpointFile(step);
    await saveCheckpoint(file, { model, optimizer, data }, this.#progress);
    await run.keepNewest(keepCheckpoints);
    for (const callback of this.#options.callbacks ?? []) await callback.onCheckpoint?.({ step, path: file.path });
    this.#since = performance.now();
  }

  // --- begin and end ----------------------------------------------------------------------------

  async #begin(data: BatchSource): Promise<void> {
    const { model, optimizer, config, tokenizer, resume } = this.#options;
    const run = this.#run;
    optimizer.zeroGrad();
    if (run === undefined || this.#progress.step > 0) return;
    const warn = (message: string) => this.#display.log(`warning: ${message}`);
    const checkpoint = resume ? await run.newestCheckpoint(this.#settings.device, warn) : undefined;
    if (checkpoint !== undefined) {
      this.#progress = restore(checkpoint, { model, optimizer, data });
      await run.forgetAfter(this.#progress.step);
      this.#display.log(`going on after step ${this.#progress.step}, from ${checkpoint.path}`);
      return;
    }
    const earlier = await run.startAnew();
    if (earlier !== undefined) this.#display.log(`an earlier run was moved to ${earlier}`);
    await run.describe(config, tokenizer);
  }

  async #end(data: BatchSource, total: number, { validation, evaluateBatches }: FitOptions): Promise<FitResult> {
    await this.#read();
    const interrupted = this.#progress.step < total;
    if (!interrupted && validation !== undefined && this.#validation === undefined) {
      await this.#evaluate(validation, evaluateBatches);
    }
    if (this.#run !== undefined && this.#here.steps > 0) await this.#save(data);
    const { step, best } = this.#progress;
    const { steps, tokens, seconds } = this.#here;
    const result: FitResult = {
      steps: step,
      trainLoss: this.#recentLoss(),
      validation: this.#validation,
      best,
      msPerStep: steps > 0 ? (seconds / steps) * 1000 : 0,
      tokensPerSecond: steps > 0 ? tokens / seconds : 0,
      interrupted,
      run: this.#run?.path,
    };
    if (interrupted) this.#display.log(this.#howToGoOn(step));
    for (const callback of this.#options.callbacks ?? []) await callback.onEnd?.(result);
    return result;
  }

  #howToGoOn(step: number): string {
    if (this.#run === undefined) return `stopped after step ${step}; nothing was saved, for there is no folder (out)`;
    return `stopped after step ${step}, saved in ${this.#run.path}: the same with resume (--resume) goes on from there`;
  }
}

/** Errors: an option that is no whole number from 1. */
function assertWhole(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Trainer: ${name} is ${value}, it has to be a whole number from 1`);
    }
  }
}
