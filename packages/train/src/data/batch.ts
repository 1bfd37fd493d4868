import { type Device, defaultDevice, type Tensor, tensor } from "@lectern/autograd";

/** What a batch may say of its size, for speeds and for means over batches of different sizes. */
export interface BatchSize {
  /** How much it shows: tokens (padding aside), images, …; the rows of its first tensor unless given. */
  readonly count?: number;
  /** What is counted, in the plural; "examples" unless given. */
  readonly unit?: string;
}

/**
 * What a model is shown at once, and what it should say: tensors by name. These are the names that models of tokens and
 * the objectives of this package go by. Data of another kind have names of their own: `{ images, labels }`.
 */
export interface Batch extends BatchSize {
  /** What `model.forward` takes: tokens, int32 [batch, time]; or images, series, …, float32 [batch, …]. */
  readonly inputs: Tensor;
  /** The tokens that follow, int32 [batch, time], classes, int32 [batch], or values, float32. A class of -100 counts for nothing. */
  readonly targets: Tensor;
  /** 1 for a token, 0 for padding, int32 [batch, time]; undefined where nothing is padded. */
  readonly mask?: Tensor | undefined;
}

/** Values on the host that become one tensor: float32 or int32, as their array is. */
export interface HostTensor {
  readonly data: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** A batch of tokens before it is put on a device: `inputs` and `mask` [rows, time]. */
export interface HostTokens {
  readonly inputs: HostTensor;
  readonly targets: HostTensor;
  readonly mask: HostTensor | undefined;
  readonly count: number;
  readonly unit: string;
}

/** What a batch on the host becomes on a device: a tensor for each array, the rest as it is. */
export type OnDevice<H> = {
  readonly [Name in keyof H]: H[Name] extends HostTensor
    ? Tensor
    : H[Name] extends HostTensor | undefined
      ? Tensor | undefined
      : H[Name];
};

/** Puts a batch on a device, the default one unless given. */
export function batchOn<H extends object>(device: Device | undefined, host: H): OnDevice<H> {
  const on = device ?? defaultDevice();
  const entries = Object.entries(host).map(([name, value]) => [
    name,
    isHostTensor(value) ? tensor(value.data, { shape: [...value.shape], device: on }) : value,
  ]);
  return Object.fromEntries(entries) as OnDevice<H>;
}

function isHostTensor(value: unknown): value is HostTensor {
  return typeof value === "object" && value !== null && "data" in value && "shape" in value;
}

/** How much a batch shows, and of what. */
export function sizeOf(batch: BatchSize): Required<BatchSize> {
  const { count = rowsOf(batch), unit = "examples" } = batch;
  return { count, unit };
}

function rowsOf(batch: object): number {
  const first = Object.values(batch).find((value) => Array.isArray(value?.shape)) as Tensor | undefined;
  return first?.shape[0] ?? 1;
}

/** What a trainer draws its batches from: one after the other, without end. */
export interface BatchSource<B extends object = Batch> {
  /** How many batches show everything once. */
  readonly batchesPerEpoch: number;
  /** The next batch, on the device (the default one unless given). */
  next(device?: Device): B;
  /** The most that a batch has, rows of so many tokens each; left out where nobody knows. For an estimate of the memory. */
  readonly largest?: { readonly rows: number; readonly time: number };
  /** Assembles batches ahead, while a device is still computing. */
  prefetch?(): void;
  /** Where the source stands, as JSON can hold it; `loadState` goes on from there with the same batches. */
  state(): SourceState;
  loadState(state: SourceState): void;
  /**
   * What the data are, as JSON can hold it: their name, how they are prepared, a fingerprint. It is written into the run, and
   * a run is only gone on with where it is the same.
   */
  describe?(): Readonly<Record<string, unknown>>;
}

/** Where a source of batches stands: enough to go on with it. */
export interface SourceState {
  seed: string;
  /** How many batches have been drawn. */
  batches: number;
}

/** Batches that show everything once, in a fixed order: for validation. */
export interface BatchSequence<B extends object = Batch> {
  batches(device?: Device): Iterable<B>;
}
