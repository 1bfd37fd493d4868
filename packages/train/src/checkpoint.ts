import { NUMBER_TYPES, noGrad, randomState, setRandomState, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { BestEvaluation } from "./callbacks.ts";
import { parseState, type SavedState } from "./checkpointState.ts";
import { DamagedFileError } from "./checksums.ts";
import type { BatchSource } from "./data/batch.ts";
import { DivergedError, notFinite } from "./divergence.ts";
import type { Waiting } from "./earlyStopping.ts";
import { type FileLike, fileAt } from "./files.ts";
import { deviceOf } from "./model.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { type LookAt, type OpenSafetensors, openSafetensors, saveSafetensors } from "./safetensors.ts";
import type { StoredFile } from "./store/store.ts";
import type { StoredTensor, StoredTensors } from "./storedTensor.ts";

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
    {
      checksums: true,
      check: assertAllFinite(
        (where) => new DivergedError(`${path} is not written: ${where}: the training has diverged`),
      ),
    },
  );
}

/** A checkpoint that was read and found whole, and is not yet put to use. */
export interface Checkpoint {
  readonly file: StoredFile;
  readonly state: SavedState;
}

/**
 * Reads a checkpoint through, in parts. Errors: no such file, no safetensors file, one that is not as it was written, one that is no checkpoint, a state that no
 * training can have written, or a tensor with numbers that are not finite.
 */
export async function readCheckpoint(where: FileLike): Promise<Checkpoint> {
  const file = fileAt(where);
  const { path } = file;
  return openSafetensors(file, async ({ metadata, verify }) => {
    if (metadata.format !== FORMAT) {
      throw new DamagedFileError(`${path}: no checkpoint: it has weights alone, or none`);
    }
    const state = await parseState(path, metadata.state);
    await verify(
      assertAllFinite((where) => new DamagedFileError(`${path}: it has numbers that are not finite: ${where}`)),
    );
    return { file, state };
  });
}

/** What throws at a number that is NaN or infinite. */
function assertAllFinite(errorOf: (where: string) => Error): LookAt {
  return (name, values, start) => {
    const at = notFinite(values);
    if (at !== undefined) throw errorOf(`${name} is ${values[at]} at element ${start + at}`);
  };
}

/** Puts a training back to where a checkpoint was written. Errors: it belongs to another model or optimiser. */
export async function restore(
  { file, state }: Checkpoint,
  { model, optimizer, data }: Training,
): Promise<TrainingProgress> {
  const load = async (tensors: StoredTensors) => {
    const { places } = model.placesFor(withPrefix(tensors, "model."));
    places.push(...optimizer.placesFor({ ...state.optimizer, tensors: withPrefix(tensors, "optimizer.") }));
    await fill(places);
  };
  await openSafetensors(file, ({ tensors }) => naming(file, load(tensors)), deviceOf(model));
  data.loadState(state.data);
  setRandomState(state.random);
  return state.progress;
}

/** Puts what a file holds into tensors of the same shape and device. */
async function fill(places: readonly (readonly [Tensor, Loadable])[]): Promise<void> {
  for (const [place, stored] of places) {
    await stored.eachPart((part, axis, start) =>
      noGrad(() => {
        const target = part.shape.length === 0 ? place : place.narrow(axis, start, part.shape[axis]);
        target.copy_(part);
      }),
    );
  }
}

/** What an operation gives. Errors name the file. */
async function naming<T>(file: StoredFile, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Error && error.message.includes(file.path)) throw error;
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** A stored tensor by the type of the one that takes its place in memory. */
type Loadable = Pick<Tensor, "shape" | "dtype"> & Pick<StoredTensor, "eachPart">;

/** Those whose names begin so, by the rest of their names. */
function withPrefix(tensors: StoredTensors, prefix: string): Map<string, Loadable> {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(
    found.map(([name, { shape, dtype, eachPart }]) => [
      name.slice(prefix.length),
      { shape, dtype: NUMBER_TYPES[dtype].heldAs, eachPart },
    ]),
  );
}

/** Writes a model's weights alone, by PyTorch's names. */
export async function saveWeights(file: FileLike, model: Module): Promise<void> {
  await saveSafetensors(file, model.stateDict(), { format: "pt" }, { checksums: true });
}

/**
 * Reads a model's weights, from a file of them or from a checkpoint, straight into the model. Errors: the file is not as it was
 * written, or the weights belong to another model; then nothing is changed.
 */
export async function loadWeights(where: FileLike, model: Module): Promise<void> {
  const file = fileAt(where);
  const use = async ({ tensors, metadata, verify }: OpenSafetensors) => {
    const { places } = model.placesFor(withPrefix(tensors, metadata.format === FORMAT ? "model." : ""));
    await verify();
    await fill(places);
  };
  await openSafetensors(file, (open) => naming(file, use(open)), deviceOf(model));
}
