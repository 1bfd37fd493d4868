import type { Evaluation } from "./evaluate.ts";

/** One step that is done. */
export interface StepInfo {
  /** From 1. */
  readonly step: number;
  /** Mean loss of the step's batches, before the parameters moved. */
  readonly loss: number;
  readonly lr: number;
  /** Length of the gradient before clipping; undefined where nothing is clipped. */
  readonly gradNorm: number | undefined;
  /** How fast it goes: so many units (tokens, images, …) a second. */
  readonly perSecond: number;
  readonly unit: string;
}

/** An evaluation on the validation data, in the middle of a training. */
export interface EvaluationInfo extends Evaluation {
  readonly step: number;
  /** Whether it is the best one so far. */
  readonly isBest: boolean;
}

/** A checkpoint that has just been written. */
export interface CheckpointInfo {
  readonly step: number;
  readonly path: string;
}

/** The best evaluation so far, by the measure that chooses the weights. */
export interface BestEvaluation extends Evaluation {
  readonly step: number;
}

/** What a training came to. */
export interface FitResult {
  /** Steps done, earlier ones included where it went on from a checkpoint. */
  readonly steps: number;
  /** Mean loss of the last 50 steps. */
  readonly trainLoss: number;
  /** The last evaluation; undefined without validation data. */
  readonly validation: Evaluation | undefined;
  /** The evaluation whose weights were kept. */
  readonly best: BestEvaluation | undefined;
  /** Of the steps alone, without evaluations and checkpoints. */
  readonly msPerStep: number;
  /** How fast it went: so many units (tokens, images, …) a second. */
  readonly perSecond: number;
  readonly unit: string;
  /** It was stopped before its end. */
  readonly interrupted: boolean;
  /** The signal that stopped it: SIGINT (Ctrl-C), SIGTERM or SIGHUP. */
  readonly signal: string | undefined;
  /** It ended before its last step, because evaluations got no better. */
  readonly stoppedEarly: boolean;
  /** The run's folder. */
  readonly run: string | undefined;
}

/** What wants to hear how a training goes. The trainer waits for promises. */
export interface Callback {
  /** After each step, once its loss has been read; on a GPU that can be some steps later. */
  onStep?(info: StepInfo): void | Promise<void>;
  onEvaluate?(info: EvaluationInfo): void | Promise<void>;
  onCheckpoint?(info: CheckpointInfo): void | Promise<void>;
  onEnd?(result: FitResult): void | Promise<void>;
}
