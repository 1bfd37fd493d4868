import { DeviceLostError } from "@lectern/autograd";
import type { RunFolder } from "./run.ts";

/** What a training does when a loss, a gradient or a weight is not finite. */
export const ON_NAN = ["stop", "skip", "back"] as const;

/**
 * `stop` ends it with an error, `skip` leaves the step out, `back` goes on from the newest checkpoint at half the learning
 * rate. The parameters have not been moved by it.
 */
export type OnNaN = (typeof ON_NAN)[number];

/** So many steps may be left out one after the other, … */
export const MOST_SKIPPED = 10;
/** … and so often is gone back. */
export const MOST_BACK = 5;

/** A number of a training is not finite any more. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
  /** The step whose loss or gradient it is, where it is one of these. */
  readonly step: number | undefined;

  constructor(message: string, { step, cause }: { step?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.step = step;
  }
}

/** Errors: NaN or infinite. `otherwise` is what it may come from where the batch is gone by the time the number is read. */
export function assertFinite(what: string, value: number, step: number, lr: number, otherwise = ""): void {
  if (Number.isFinite(value)) return;
  throw new DivergedError(
    `Trainer: the ${what} is ${value} at step ${step}, with a learning rate of ${lr}: lower the learning rate, or lengthen the warm-up${otherwise}`,
    { step },
  );
}

/** The place of the first number that is NaN or infinite; undefined where all are finite. */
export function notFinite(values: ArrayLike<number>): number | undefined {
  for (let i = 0; i < values.length; i++) {
    // NaN for everything that is not finite.
    if (values[i] - values[i] !== 0) return i;
  }
  return undefined;
}

/** The error of a training that has diverged, with what goes on from its last checkpoint. */
export async function withRescue(error: DivergedError, run: RunFolder, lr: number): Promise<DivergedError> {
  const [newest] = await run.checkpoints();
  const rate = Number((lr / 2).toPrecision(3));
  if (newest === undefined) {
    const start = "there is no checkpoint yet to go back to";
    return new DivergedError(`${error.message}; ${start}: begin anew, for example with --lr ${rate} (lr: ${rate})`, {
      cause: error,
    });
  }
  return new DivergedError(
    `${error.message}; the last checkpoint is ${newest}: the same with --resume --lr ${rate} (resume: { lr: ${rate} }) goes on from there`,
    { cause: error },
  );
}

/** The error of a device that is gone, with what goes on from the last checkpoint. */
export async function withCheckpoint(error: DeviceLostError, run: RunFolder): Promise<DeviceLostError> {
  const [newest] = await run.checkpoints();
  if (newest === undefined) return error;
  return new DeviceLostError(
    `${error.message}; the last checkpoint is ${newest}: the same with --resume (resume: true) goes on from there, on this device or another`,
    { cause: error },
  );
}

/** Errors: an answer to NaN that is unknown, or cannot be given. */
export function assertOnNaN(
  { onNaN = "stop", out, clip }: { onNaN?: OnNaN; out?: unknown; clip?: number },
  hostMemory: boolean,
): void {
  if (!ON_NAN.includes(onNaN)) throw new RangeError(`Trainer: onNaN is "${onNaN}", there are ${ON_NAN.join(", ")}`);
  if (onNaN === "back" && out === undefined) throw new Error('Trainer: onNaN "back" needs checkpoints: give out');
  if (onNaN === "skip" && !hostMemory && clip === Number.POSITIVE_INFINITY) {
    throw new Error(
      'Trainer: onNaN "skip" needs clip on a device that has to be waited for: with Infinity nobody looks',
    );
  }
}
