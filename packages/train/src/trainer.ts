import { DeviceLostError, nextTask, settle, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { Callback, FitResult, StepInfo } from "./callbacks.ts";
import { restore, saveCheckpoint, saveWeights, type TrainingProgress } from "./checkpoint.ts";
import { Clock } from "./clock.ts";
import type { Batch, BatchSequence, BatchSource } from "./data/batch.ts";
import {
  assertFinite,
  assertOnNaN,
  DivergedError,
  MOST_BACK,
  MOST_SKIPPED,
  type OnNaN,
  withCheckpoint,
  withRescue,
} from "./divergence.ts";
import { makeRoom } from "./earlierRun.ts";
import { decisive, type EarlyStopping, isBetter, waitOn } from "./earlyStopping.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { watchInterrupt } from "./interrupt.ts";
import { assertFits } from "./memoryNeeds.ts";
import { type BatchOf, deviceOf, type Model, readAll } from "./model.ts";
import { type ObjectiveOptions, objectiveOf } from "./objective.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { DiskPatience } from "./patience.ts";
import { type ProgressDisplay, type ProgressMode, progressDisplay } from "./progress.ts";
import { type RunConfig, RunFolder } from "./run.ts";
import { assertSameRun, describeModel } from "./sameRun.ts";
import { constant, type Schedule } from "./schedules.ts";
import { computeGradients, type StepOutcome, type StepSettings, updateParameters } from "./step.ts";
import type { Store } from "./store/store.ts";
import { tokenizerToJSON } from "./tokenizers/kinds.ts";
import type { Tokenizer } from "./tokenizers/tokenizer.ts";
import { explained, type StepStart, stepStart } from "./whyDiverged.ts";

/** What is trained, by what, and what is kept of it. */
export interface TrainerOptions<M extends Module = Model, B extends object = BatchOf<M>>
  extends ObjectiveOptions<M, B> {
  model: M;
  optimizer: Optimizer;
  /** What the learning rate is multiplied with at each step; always 1 unless given. */
  schedule?: Schedule;
  /**
   * Where metrics, checkpoints and the best weights go; without it nothing is written. A path means a folder in Node, and
   * one in the browser's own file system there.
   */
  out?: string | Store;
  /** Written to the folder, beside what data and model say of themselves, so that both can be made again. */
  config?: RunConfig;
  tokenizer?: Tokenizer;
  /** Gradients longer than this are shortened to it; 1 unless given, Infinity leaves them. */
  clip?: number;
  /** Batches whose gradients are averaged for one step; 1 unless given. */
  accumulate?: number;
  /**
   * Called at each step with the optimiser's parameters, between `backward()` and clipping: gradients can be looked at here,
   * changed, or averaged over processes. The trainer waits for a promise.
   */
  afterBackward?: (parameters: readonly Tensor[]) => void | Promise<void>;
  /** Ends the training where evaluations get no better. */
  earlyStopping?: EarlyStopping;
  /** Steps between checkpoints, one of which is always written at the end; as many as between evaluations unless given. */
  saveEvery?: number;
  /** How many checkpoints are kept; 2 unless given. */
  keepCheckpoints?: number;
  /**
   * Go on from the newest whole checkpoint in the folder, where there is one; with `{ lr }`, at this learning rate instead of
   * the checkpoint's. Model, tokenizer and data have to be those of the run.
   */
  resume?: boolean | { lr?: number };
  /** Deletes an earlier run in the folder, and says what it deletes; otherwise it is moved into `previous/` there. */
  overwrite?: boolean;
  /** What is done when a loss, a gradient or a weight is not finite; `stop` unless given. */
  onNaN?: OnNaN;
  /** Ends the training, saved, within so many seconds from the call of `fit`, as far as can be foreseen. */
  timeLimit?: number;
  callbacks?: readonly Callback[];
  /** `auto` unless given. */
  progress?: ProgressMode;
  /** Where lines for people go that are no progress; standard error unless given. */
  log?: (message: string) => void;
  /** Stops after the step in hand, and saves; so does Ctrl-C. */
  signal?: AbortSignal;
}

/** How long is trained, and how often looked. */
export interface FitOptions<B extends object = Batch> {
  /** Steps in all, those before a checkpoint included. Either this or `epochs`. */
  steps?: number;
  /** How often everything is shown. */
  epochs?: number;
  /** Looked at every `evaluateEvery` steps and at the end. */
  validation?: BatchSequence<B>;
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

/**
 * Trains a model, and writes down how it goes.
 *
 * ```ts
 * import { GPT } from "@lectern/nn";
 * import { AdamW, textData, Trainer } from "@lectern/train";
 *
 * const { train, validation, tokenizer } = textData("to be or not to be. ".repeat(100), { context: 16, batch: 8 });
 * const model = new GPT({ vocabulary: tokenizer.size, layers: 2, heads: 2, width: 32, context: 16 });
 * const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
 * const trainer = new Trainer({ model, optimizer, tokenizer, out: "runs/first" });
 * await trainer.fit(train, { steps: 100, validation });
 * ```
 */
export class Trainer<M extends Module = Model, B extends object = BatchOf<M>> {
  readonly #options: TrainerOptions<M, B>;
  readonly #settings: StepSettings<M, B>;
  readonly #schedule: Schedule;
  readonly #run: RunFolder | undefined;
  readonly #display: ProgressDisplay;
  #progress: TrainingProgress = { step: 0, shown: 0, seconds: 0, losses: [] };
  #queue: Queued[] = [];
  #validation: Evaluation | undefined;
  /** Where data and random numbers stood before the steps whose losses have not been read. */
  #starts = new Map<number, StepStart>();
  /** Steps left out one after the other, and how often was gone back. */
  #diverged = { skipped: 0, back: 0 };
  #clock: Clock;
  readonly #disk = new DiskPatience((message) => this.#display.log(message));
  /** When the steps began that have not been counted. */
  #since = 0;
  /** Steps of this call, and how much they showed, for its speed. */
  #here = { steps: 0, shown: 0, seconds: 0, unit: "examples" };

  /** Errors: options that make no sense, a tokenizer that cannot be saved. */
  constructor(options: TrainerOptions<M, B>) {
    const { clip = 1, accumulate = 1, saveEvery = 1, keepCheckpoints = 1, out, resume } = options;
    if (!(clip > 0)) throw new RangeError(`Trainer: clip is ${clip}, it has to be above 0 (Infinity clips nothing)`);
    assertWhole({ accumulate, saveEvery, keepCheckpoints, patience: options.earlyStopping?.patience ?? 1 });
    if (resume && options.overwrite)
      throw new Error("Trainer: a run is gone on with (resume) or overwritten, not both");
    if (resume && out === undefined) throw new Error("Trainer: resume needs the run's folder: give out");
    if (out !== undefined && options.tokenizer !== undefined) tokenizerToJSON(options.tokenizer);
    this.#options = options;
    this.#clock = new Clock(options.timeLimit);
    const { model, optimizer, schedule = constant() } = options;
    const objective = objectiveOf(model, options);
    this.#settings = { model, optimizer, objective, clip, accumulate, device: deviceOf(model) };
    this.#schedule = schedule;
    assertOnNaN(options, this.#settings.device.hostMemory);
    this.#run = out === undefined ? undefined : new RunFolder(out);
    this.#display = progressDisplay(options.progress ?? "auto", options.log);
  }

  /**
   * Trains until the given step. The loop of every step: a batch, its loss, `backward()`, clipping, the optimiser.
   * Errors: a loss that is no number, a folder whose checkpoint belongs to another model or that another process trains
   * into, wrong options.
   */
  async fit(data: BatchSource<B>, options: FitOptions<B>): Promise<FitResult> {
    const total = this.#totalSteps(data, options);
    this.#clock = new Clock(this.#options.timeLimit);
    const unlock = await this.#run?.lock();
    try {
      return await this.#train(data, total, options);
    } finally {
      await unlock?.();
    }
  }

  async #train(data: BatchSource<B>, total: number, options: FitOptions<B>): Promise<FitResult> {
    const { model, optimizer } = this.#options;
    assertFits(model, optimizer, data);
    await this.#begin(data);
    const interrupt = watchInterrupt(this.#options.signal, (message) => this.#display.log(message));
    await this.#display.start(total, this.#progress.step);
    try {
      model.train();
      this.#since = performance.now();
      while (this.#progress.step < total && !interrupt.requested && !this.#waitedEnough() && !this.#clock.isUp()) {
        await this.#clock.round(() => this.#round(data, total, options).catch((error) => this.#diverge(error, data)));
      }
      return await this.#end(data, total, options, interrupt.signal).catch(async (error) => {
        if (!(error instanceof DivergedError)) throw error;
        const found = await this.#explained(error, data);
        throw this.#run ? await withRescue(found, this.#run, optimizer.groups[0].lr) : found;
      });
    } catch (error) {
      throw error instanceof DeviceLostError && this.#run ? await withCheckpoint(error, this.#run) : error;
    } finally {
      interrupt.stop();
      this.#display.stop();
      await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    await this.#disk.attempt("metrics", async () => this.#run?.flush());
  }

  /** Puts a line of the program's own into the metrics. */
  note(text: string): void {
    this.#run?.record({ event: "note", step: this.#progress.step, text });
  }

  #totalSteps(data: BatchSource<B>, { steps, epochs, evaluateEvery = 1 }: FitOptions<B>): number {
    if ((steps === undefined) === (epochs === undefined)) throw new Error("fit: give either steps or epochs");
    assertWhole({ evaluateEvery });
    if (steps !== undefined) {
      assertWhole({ steps });
      return steps;
    }
    if (!(epochs! > 0)) throw new RangeError(`fit: epochs is ${epochs}, it has to be above 0`);
    return Math.max(1, Math.ceil(epochs! * this.#stepsPerEpoch(data)));
  }

  #stepsPerEpoch(data: BatchSource<B>): number {
    return data.batchesPerEpoch / this.#settings.accumulate;
  }

  async #round(data: BatchSource<B>, total: number, options: FitOptions<B>): Promise<void> {
    await this.#step(data);
    // While the device is still computing.
    data.prefetch?.();
    await this.#pause(data, total, options);
  }

  /** Does what `onNaN` says. Errors: the one given, where that is none of numbers, or nothing more can be done. */
  async #diverge(thrown: unknown, data: BatchSource<B>): Promise<void> {
    if (!(thrown instanceof DivergedError)) throw thrown;
    const error = await this.#explained(thrown, data);
    const { model, optimizer, onNaN = "stop" } = this.#options;
    const run = this.#run;
    this.#queue = [];
    optimizer.zeroGrad();
    if (onNaN === "skip" && this.#diverged.skipped++ < MOST_SKIPPED) {
      this.#progress.step++;
      return this.#tell(`${error.message}; the step is left out`);
    }
    const [newest] = (await run?.checkpoints()) ?? [];
    const lr = optimizer.groups[0].lr;
    if (onNaN === "back" && run !== undefined && newest !== undefined && this.#diverged.back++ < MOST_BACK) {
      const warn = (message: string) => this.#display.log(`warning: ${message}`);
      const checkpoint = await run.newestCheckpoint(warn);
      this.#progress = await restore(checkpoint!, { model, optimizer, data });
      await run.flush();
      await run.forgetAfter(this.#progress.step, warn);
      this.#tell(`${error.message}; going back to step ${this.#progress.step}`);
      return this.#changeRate(lr / 2);
    }
    throw run === undefined ? error : await withRescue(error, run, lr);
  }

  /** With the op and the parameter, where they can be found out. */
  async #explained(error: DivergedError, data: BatchSource<B>): Promise<DivergedError> {
    const start = error.step === undefined ? undefined : this.#starts.get(error.step);
    this.#starts.clear();
    return start === undefined ? error : explained(error, start, this.#settings, data);
  }

  #tell(text: string): void {
    this.note(text);
    this.#display.log(text);
  }

  async #step(data: BatchSource<B>): Promise<void> {
    const { optimizer } = this.#settings;
    const step = this.#progress.step + 1;
    this.#starts.set(step, stepStart(data));
    optimizer.lrScale = this.#schedule(step - 1);
    const { lr } = optimizer;
    const gradients = computeGradients(this.#settings, data, step);
    await this.#options.afterBackward?.(optimizer.parameters);
    const gradNorm = updateParameters(this.#settings, step, gradients.loss);
    this.#queue.push({ ...gradients, gradNorm, step, lr });
    this.#progress.step = step;
  }

  /** What is due between two steps: reading, evaluating, saving, and letting the rest of the program have a turn. */
  async #pause(data: BatchSource<B>, total: number, options: FitOptions<B>): Promise<void> {
    const { step } = this.#progress;
    const { validation, evaluateEvery = Math.max(1, Math.round(this.#stepsPerEpoch(data))) } = options;
    const { saveEvery = evaluateEvery } = this.#options;
    const atOnce = this.#settings.device.hostMemory ? 1 : QUEUE;
    if (this.#queue.length >= atOnce) await this.#read();
    if (validation !== undefined && (step % evaluateEvery === 0 || step === total)) {
      await this.#evaluate(validation, options.evaluateBatches);
    }
    if (step < total && (step % saveEvery === 0 || this.#disk.isDue("checkpoint"))) {
      await this.#disk.attempt("checkpoint", () => this.#save(data));
    }
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
    const shown = queue.reduce((sum, { count }) => sum + count, 0);
    this.#count(queue, shown, seconds);
    for (const [i, { step, lr, unit }] of queue.entries()) {
      const isLeftOut = this.#isLeftOut(losses[i], norms[i], step, lr);
      this.#starts.delete(step);
      if (isLeftOut) continue;
      this.#progress.losses = [...this.#progress.losses, losses[i]].slice(-RECENT);
      const info = { step, loss: losses[i], lr, gradNorm: norms[i], perSecond: shown / seconds, unit };
      this.#run?.record({ event: "step", step, ...stepFigures(info) });
      this.#display.update({ ...info, loss: this.#recentLoss() });
      for (const callback of this.#options.callbacks ?? []) await callback.onStep?.(info);
    }
    this.#since = performance.now();
  }

  /** Whether a step that was read moved nothing, and is to be passed over. Errors: its numbers are not finite. */
  #isLeftOut(loss: number, norm: number | undefined, step: number, lr: number): boolean {
    try {
      assertFinite("loss", loss, step, lr, "; it is NaN, too, where no target counts in a batch");
      assertFinite("gradient's length", norm ?? 0, step, lr);
    } catch (error) {
      // Elsewhere such a step does not come this far.
      const isSkipped = this.#options.onNaN === "skip" && !this.#settings.device.hostMemory;
      if (!isSkipped || this.#diverged.skipped++ >= MOST_SKIPPED) throw error;
      this.#tell(`${(error as Error).message}; the step is left out`);
      return true;
    }
    this.#diverged.skipped = 0;
    return false;
  }

  #count(queue: readonly Queued[], shown: number, seconds: number): void {
    this.#progress.shown += shown;
    this.#progress.seconds += seconds;
    this.#here.steps += queue.length;
    this.#here.shown += shown;
    this.#here.seconds += seconds;
    this.#here.unit = queue[0].unit;
  }

  #recentLoss(): number {
    const { losses } = this.#progress;
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  async #evaluate(data: BatchSequence<B>, batches: number | undefined): Promise<void> {
    await this.#read();
    const { model, objective } = this.#settings;
    const found = await evaluate(model, data, { batches, objective });
    const { step, best } = this.#progress;
    const value = decisive(objective, found);
    const isBetterNow = isBetter(objective, value, best && decisive(objective, best));
    // The best is what the folder has.
    const isBest = isBetterNow && (await this.#disk.attempt("best weights", () => this.#saveBest()));
    this.#validation = found;
    this.#run?.record({ event: "evaluate", step, ...found.measures });
    if (isBest) this.#progress.best = { step, ...found };
    const { earlyStopping } = this.#options;
    if (earlyStopping) this.#progress.waiting = waitOn(objective, earlyStopping, this.#progress.waiting, value);
    this.#display.log(`step ${step}: validation ${describeMeasures(found)}`);
    await this.#flush();
    for (const callback of this.#options.callbacks ?? []) await callback.onEvaluate?.({ ...found, step, isBest });
    this.#since = performance.now();
  }

  async #saveBest(): Promise<void> {
    if (this.#run !== undefined) await saveWeights(this.#run.file("best.safetensors"), this.#options.model);
  }

  #waitedEnough(): boolean {
    const { earlyStopping } = this.#options;
    const { waiting } = this.#progress;
    return earlyStopping !== undefined && waiting !== undefined && waiting.evaluations >= earlyStopping.patience;
  }

  async #save(data: BatchSource<B>): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    await this.#read();
    await run.flush();
    const { model, optimizer, keepCheckpoints = 2 } = this.#options;
    const { step } = this.#progress;
    const file = run.checkpointFile(step);
    await saveCheckpoint(file, { model, optimizer, data }, this.#progress);
    await run.keepNewest(keepCheckpoints, step);
    for (const callback of this.#options.callbacks ?? []) await callback.onCheckpoint?.({ step, path: file.path });
    this.#since = performance.now();
  }

  // --- begin and end ----------------------------------------------------------------------------

  async #begin(data: BatchSource<B>): Promise<void> {
    const { model, optimizer, config, tokenizer, resume, overwrite = false } = this.#options;
    const run = this.#run;
    optimizer.zeroGrad();
    if (run === undefined || this.#progress.step > 0) return;
    const warn = (message: string) => this.#display.log(`warning: ${message}`);
    const checkpoint = resume ? await run.newestCheckpoint(warn) : undefined;
    if (checkpoint !== undefined) {
      await assertSameRun(run, { model, tokenizer, data: data.describe?.() ?? {} });
      this.#progress = await restore(checkpoint, { model, optimizer, data });
      await run.forgetAfter(this.#progress.step, warn);
      this.#display.log(`going on after step ${this.#progress.step}, from ${checkpoint.file}`);
      if (typeof resume === "object") this.#changeRate(resume.lr);
      return;
    }
    await makeRoom(run, overwrite, (message) => this.#display.log(message));
    await run.describe({ ...data.describe?.(), ...config, model: describeModel(model) }, tokenizer);
  }

  /** Another learning rate than the checkpoint's; where groups have several, they keep their proportions. */
  #changeRate(lr: number | undefined): void {
    const { groups } = this.#options.optimizer;
    const before = groups[0].lr;
    if (lr === undefined || lr === before) return;
    for (const group of groups) group.lr = before === 0 ? lr : group.lr * (lr / before);
    this.#display.log(`the learning rate is ${lr} from here on; the checkpoint's was ${before}`);
  }

  async #end(
    data: BatchSource<B>,
    total: number,
    { validation, evaluateBatches }: FitOptions<B>,
    signal: string | undefined,
  ): Promise<FitResult> {
    await this.#read();
    const stoppedEarly = this.#waitedEnough();
    const interrupted = this.#progress.step < total && !stoppedEarly;
    if (!interrupted && validation !== undefined && this.#validation === undefined) {
      await this.#evaluate(validation, evaluateBatches);
    }
    if (this.#run !== undefined && this.#here.steps > 0) await this.#disk.insist("checkpoint", () => this.#save(data));
    const { step, best } = this.#progress;
    const { steps, shown, seconds, unit } = this.#here;
    const result: FitResult = {
      steps: step,
      trainLoss: this.#recentLoss(),
      validation: this.#validation,
      best,
      msPerStep: steps > 0 ? (seconds / steps) * 1000 : 0,
      perSecond: steps > 0 ? shown / seconds : 0,
      unit,
      interrupted,
      signal,
      stoppedEarly,
      run: this.#run?.path,
    };
    if (interrupted) this.#display.log(this.#howToGoOn(step));
    if (stoppedEarly) this.#display.log(this.#whyEarly(step));
    for (const callback of this.#options.callbacks ?? []) await callback.onEnd?.(result);
    return result;
  }

  #whyEarly(step: number): string {
    const { best = "loss" } = this.#settings.objective;
    const { evaluations } = this.#progress.waiting!;
    return `stopped after step ${step}: the validation's ${best} has not got better for ${evaluations} evaluations`;
  }

  #howToGoOn(step: number): string {
    if (this.#run === undefined) return `stopped after step ${step}; nothing was saved, for there is no folder (out)`;
    return `stopped after step ${step}, saved in ${this.#run.path}: the same with resume (--resume) goes on from there`;
  }
}

/** A step as JSON has it: the speed under the unit's name, `tokensPerSecond`. */
export function stepFigures({ perSecond, unit, ...figures }: StepInfo): Record<string, number | undefined> {
  return { ...figures, [`${unit}PerSecond`]: perSecond };
}

/** `loss 1.8903, accuracy 45.1 %` */
function describeMeasures({ measures }: Evaluation): string {
  const parts = Object.entries(measures).map(([name, value]) =>
    name === "accuracy" || name === "exactMatch"
      ? `${name} ${(value * 100).toFixed(1)} %`
      : `${name} ${Math.abs(value) < 1e5 ? value.toFixed(4) : value.toExponential(3)}`,
  );
  return parts.join(", ");
}

/** Errors: an option that is no whole number from 1. */
function assertWhole(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Trainer: ${name} is ${value}, it has to be a whole number from 1`);
    }
  }
}
