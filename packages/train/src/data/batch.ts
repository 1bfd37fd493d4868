import { type Device, defaultDevice, type Tensor, tensor } from "@lectern/autograd";

/** What a model is shown at once, and what it should say. */
export interface Batch {
  /** Tokens, int32 [batch, time]. */
  readonly inputs: Tensor;
  /** The tokens that follow, int32 [batch, time], or classes, int32 [batch]. -100 counts for nothing. */
  readonly targets: Tensor;
  /** 1 for a token, 0 for padding, int32 [batch, time]; undefined where nothing is padded. */
  readonly mask: Tensor | undefined;
  /** How many tokens there are, padding aside. */
  readonly tokens: number;
}

/** A batch before it is put on a device. */
export interface HostBatch {
  /** [rows, time] */
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  /** Whether there is a target for each token, [rows, time], or one for each row, [rows]. */
  readonly targetsPer: "token" | "row";
  readonly mask: Int32Array | undefined;
  readonly rows: number;
  readonly tokens: number;
}

export function batchOn(
  device: Device | undefined,
  { inputs, targets, targetsPer, mask, rows, tokens }: HostBatch,
): Batch {
  const on = device ?? defaultDevice();
  const shaped = (values: Int32Array) => tensor(values, { shape: [rows, values.length / rows], device: on });
  return {
    inputs: shaped(inputs),
    targets: targetsPer === "token" ? shaped(targets) : tensor(targets, { device: on }),
    mask: mask && shaped(mask),
    tokens,
  };
}

/** What a trainer draws its batches from: one after the other, without end. */
export interface BatchSource {
  /** How many batches show everything once. */
  readonly batchesPerEpoch: number;
  /** The next batch, on the device (the default one unless given). */
  next(device?: Device): Batch;
  /** Assembles batches ahead, while a device is still computing. */
  prefetch?(): void;
  /** Where the source stands, as JSON can hold it; `loadState` goes on from there with the same batches. */
  state(): SourceState;
  loadState(state: SourceState): void;
}

export interface SourceState {
  seed: string;
  /** How many batches have been drawn. */
  batches: number;
}

/** Batches that show everything once, in a fixed order: for validation. */
export interface BatchSequence {
  batches(device?: Device): Iterable<Batch>;
}
