import { type Device, noGrad, randomState, scope, setRandomState, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { BestEvaluation } from "./callbacks.ts";
import { parseState, type SavedState } from "./checkpointState.ts";
import type { BatchSource } from "./data/batch.ts";
import { assertFiniteWeights } from "./divergence.ts";
import type { Waiting } from "./earlyStopping.ts";
import { type FileLike, fileAt } from "./files.ts";
import { deviceOf } from "./model.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { loadSafetensors, saveSafetensors } from "./safetensors.ts";

/** How far a training has come, beside what model, optimiser and data know themselves. */
export interface TrainingProgress {
  /** Steps done. */
  step: number;
  /** How much was trained on, in the data's unit: tokens (padding aside), images, … */
  shown: number;
  /** Seconds spent in steps. */
  seconds: number;
  /** The losses of the last steps, the newest last. */
  losses: number[];
  /** The best evaluation, and its step. */
  best?: BestEvaluation;
  /** Where a training stops early: what has to be bettered, and for how long it was not. */
  waiting?: Waiting;
}

/** Everything that goes on where it stopped. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly data: BatchSource<object>;
}

const FORMAT = "lectern-checkpoint-1";

/**
 * Writes one file from which training goes on to the bit: weights (`model.…`), the optimiser's averages
 * (`optimizer.…`), and in the metadata, as JSON, progress, the data's place and the random generator's state. Errors: a number that is not finite; then nothing is
 * written.
 */
export async function saveCheckpoint(file: FileLike, training: Training, progress: TrainingProgress): Promise<void> {
  const { model, optimizer, data } = training;
  const { tensors: slots, ...rest } = optimizer.stateDict();
  const tensors = new Map<string, Tensor>();
  for (const [name, t] of model.stateDict()) tensors.set(`model.${name}`, t);
  for (const [name, t] of slots) tensors.set(`optimizer.${name}`, t);
  const state: SavedState = { progress, optimizer: rest, data: data.state(), random: randomState() };
  const { path } = fileAt(file);
  await saveSafetensors(
    file,
    tensors,
    { format: FORMAT, state: JSON.stringify(state) },
    { checksums: true, check: (name, values) => assertFiniteWeights(path, name, values) },
  );
}

/** A checkpoint that was read and found whole, and is not yet put to use. */
export interface Checkpoint {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly state: SavedState;
}

/**
 * Reads a checkpoint onto a device. Errors: no such file, no safetensors file, one that is not as it was written, one that is no checkpoint, a state that no
 * training can have written, or a tensor with numbers that are not finite.
 */
export async function readCheckpoint(file: FileLike, device?: Device): Promise<Checkpoint> {
  const { path } = fileAt(file);
  const { tensors, metadata } = await loadSafetensors(file, device);
  if (metadata.format !== FORMAT) throw new Error(`${path}: no checkpoint: it has weights alone, or none`);
  const state = await parseState(path, metadata.state);
  for (const [name, t] of tensors) await assertAllFinite(path, name, t);
  return { path, tensors, state };
}

/** Errors: a number in a tensor that is NaN or infinite. */
async function assertAllFinite(path: string, name: string, t: Tensor): Promise<void> {
  if (t.dtype !== "float32") return;
  // 0 for every finite number, NaN for every other.
  const sum = noGrad(() => scope(() => t.mul(0).sum()));
  if ((await sum.item()) !== 0)
    throw new Error(`${path}: "${name}" has numbers that are not finite: the run had diverged`);
}

/** Puts a training back to where a checkpoint was written. Errors: it belongs to another model or optimiser. */
export function restore({ path, tensors, state }: Checkpoint, { model, optimizer, data }: Training): TrainingProgress {
  try {
    model.loadStateDict(withPrefix(tensors, "model."));
    optimizer.loadStateDict({ ...state.optimizer, tensors: withPrefix(tensors, "optimizer.") });
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  data.loadState(state.data);
  setRandomState(state.random);
  return state.progress;
}

function withPrefix(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, t]) => [name.slice(prefix.length), t]));
}

/** Writes a model's weights alone, by PyTorch's names. */
export async function saveWeights(file: FileLike, model: Module): Promise<void> {
  await saveSafetensors(file, model.stateDict(), { format: "pt" }, { checksums: true });
}

/** Reads a model's weights, from a file of them or from a checkpoint. Errors: they belong to another model. */
export async function loadWeights(file: FileLike, model: Module): Promise<void> {
  const { tensors, metadata } = await loadSafetensors(file, deviceOf(model));
  try {
    model.loadStateDict(metadata.format === FORMAT ? withPrefix(tensors, "model.") : tensors);
  } catch (error) {
    throw new Error(`${fileAt(file)}: ${(error as Error).message}`, { cause: error });
  }
}
