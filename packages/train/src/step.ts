import { type Device, scope, type Tensor } from "@lectern/autograd";
import { clipScale, gradNorm } from "./clip.ts";
import type { BatchSource } from "./data/batch.ts";
import type { Loss, Model } from "./model.ts";
import type { GradScale, Optimizer } from "./optimizers/optimizer.ts";

/** What a step needs to know. */
export interface StepSettings {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly device: Device;
  /** The longest gradient that is not shortened. */
  readonly clip: number;
  /** Batches whose gradients are averaged. */
  readonly accumulate: number;
}

export interface StepOutcome {
  /** Mean loss, one number, before the parameters moved. */
  readonly loss: Tensor;
  /** Length of the gradient before clipping; undefined where nothing is clipped. */
  readonly gradNorm: Tensor | undefined;
  readonly tokens: number;
}

/**
 * One step of training: batches, their loss, its gradient, clipping, and the optimiser. All its memory is given back at
 * its end. Nothing is read where that would mean waiting for the device. Errors: a loss that is no number, where that can
 * be seen at once; the parameters have not moved then.
 */
export function trainStep(settings: StepSettings, data: BatchSource, step: number): StepOutcome {
  const { model, optimizer, accumulate, device } = settings;
  return scope(() => {
    let total: Tensor | undefined;
    let tokens = 0;
    for (let i = 0; i < accumulate; i++) {
      const batch = data.next(device);
      const loss = settings.loss(model, batch).div(accumulate);
      loss.backward();
      total = total === undefined ? loss.detach() : total.add(loss.detach());
      tokens += batch.tokens;
    }
    const loss = total!;
    if (device.hostMemory) assertFinite("loss", loss.itemSync(), step, optimizer.lr);
    const { gradScale, norm } = clipped(settings, step);
    optimizer.step({ gradScale });
    optimizer.zeroGrad();
    return { loss, gradNorm: norm, tokens };
  });
}

/** What clips the gradients, for the optimiser. It is only looked at where that does not mean to wait for the device. */
function clipped({ optimizer, clip, device }: StepSettings, step: number): { gradScale: GradScale; norm?: Tensor } {
  if (clip === Number.POSITIVE_INFINITY) return { gradScale: 1 };
  const norm = gradNorm(optimizer.parameters);
  if (!device.hostMemory) return { gradScale: clipScale(norm, clip), norm };
  const length = norm.itemSync();
  assertFinite("gradient's length", length, step, optimizer.lr);
  return { gradScale: clipScale(length, clip), norm };
}

/** Errors: NaN or infinite. */
export function assertFinite(what: string, value: number, step: number, lr: number): void {
  if (Number.isFinite(value)) return;
  throw new Error(
    `Trainer: the ${what} is ${value} at step ${step}, with a learning rate of ${lr}: lower the learning rate, or lengthen the warm-up`,
  );
}
