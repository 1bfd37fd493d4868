export type { BestEvaluation, Callback, CheckpointInfo, EvaluationInfo, FitResult, StepInfo } from "./callbacks.ts";
export {
  type Checkpoint,
  loadWeights,
  readCheckpoint,
  restore,
  saveCheckpoint,
  saveWeights,
  type Training,
  type TrainingProgress,
} from "./checkpoint.ts";
export { clipGradNorm, clipScale, gradNorm } from "./clip.ts";
export {
  type Batch,
  type BatchSequence,
  type BatchSize,
  type BatchSource,
  batchOn,
  type HostTensor,
  type HostTokens,
  type OnDevice,
  type SourceState,
} from "./data/batch.ts";
export {
  type Collate,
  type Example,
  type Field,
  type Fields,
  type PaddingOptions,
  type Stacked,
  stack,
} from "./data/collate.ts";
export { type CollateOptions, DataLoader, type LoaderOptions, SortedExamples } from "./data/loader.ts";
export {
  ANSWER_END,
  answering,
  encodePairs,
  type Pair,
  type PairData,
  type PairDataOptions,
  type PairTokens,
  padPairs,
  pairData,
} from "./data/pairs.ts";
export { RandomSource, type Shard, type SourceOptions } from "./data/source.ts";
export { type TextDataOptions, textData } from "./data/text.ts";
export { ConsecutiveWindows, RandomWindows, type WindowOptions } from "./data/windows.ts";
export { DivergedError, ON_NAN, type OnNaN } from "./divergence.ts";
export type { EarlyStopping } from "./earlyStopping.ts";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export type { FileLike } from "./files.ts";
export * from "./generation/index.ts";
export { loadAdapter, saveAdapter } from "./huggingFace/adapter.ts";
export { type HuggingFaceModel, loadHuggingFace, saveHuggingFace } from "./huggingFace/checkpoint.ts";
export {
  type ClassEvaluation,
  type ClassScores,
  classScores,
  evaluateClasses,
  type TokenLoss,
  tokenLosses,
} from "./lookAt.ts";
export { absoluteError, accuracy, exactMatch, type Measured, type Score, squaredError } from "./measures.ts";
export { type BatchOf, type Loss, type Model, type ModelWithLoss, meanCrossEntropy } from "./model.ts";
export {
  type Criterion,
  classification,
  lossObjective,
  type Objective,
  type ObjectiveOptions,
  type SupervisedOptions,
  supervised,
} from "./objective.ts";
export { type OpenedRun, type OpenOptions, openRun } from "./openRun.ts";
export { Adam, type AdamOptions } from "./optimizers/adam.ts";
export { AdamW } from "./optimizers/adamW.ts";
export { decayMatrices } from "./optimizers/groups.ts";
export { makeOptimizer, type OptimizerSettings, optimizerNames, registerOptimizer } from "./optimizers/kinds.ts";
export {
  type GradScale,
  Optimizer,
  type OptimizerState,
  type ParameterGroup,
  type Parameters,
  type StepOptions,
} from "./optimizers/optimizer.ts";
export { SGD, type SGDOptions } from "./optimizers/sgd.ts";
export type { ProgressMode } from "./progress.ts";
export { type Metrics, type RunConfig, RunFolder } from "./run.ts";
export {
  loadSafetensors,
  parseSafetensors,
  type SafetensorsFile,
  type SafetensorsTypes,
  saveSafetensors,
} from "./safetensors.ts";
export { ResumeError } from "./sameRun.ts";
export { constant, cosine, type DecayOptions, linear, type Schedule, type WarmupOptions } from "./schedules.ts";
export {
  computeGradients,
  type Gradients,
  type StepOutcome,
  type StepSettings,
  trainStep,
  updateParameters,
} from "./step.ts";
export { BrowserStore } from "./store/browser.ts";
export { MemoryStore } from "./store/memory.ts";
export { type Store, StoredFile, StoreError, type StoreReader, type StoreWriter } from "./store/store.ts";
export * from "./tokenizers/index.ts";
export { type FitOptions, stepFigures, Trainer, type TrainerOptions } from "./trainer.ts";
