import { type Device, noGrad, scope, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import { clipScale, gradNorm } from "./clip.ts";
import { type Batch, type BatchSource, sizeOf } from "./data/batch.ts";
import { assertFinite } from "./divergence.ts";
import type { Model } from "./model.ts";
import type { Objective } from "./objective.ts";
import type { GradScale, Optimizer } from "./optimizers/optimizer.ts";

/** What a step needs to know. */
export interface StepSettings<M extends Module = Model, B extends object = Batch> {
  readonly model: M;
  readonly optimizer: Optimizer;
  readonly objective: Objective<M, B>;
  readonly device: Device;
  /** The longest gradient that is not shortened. */
  readonly clip: number;
  /** Batches whose gradients are averaged. */
  readonly accumulate: number;
}

/** What the first half of a step found: the gradients are in the parameters. */
export interface Gradients {
  /** Mean loss, one number, before the parameters moved. */
  readonly loss: Tensor;
  /** How much was shown, and of what: 768 tokens. */
  readonly count: number;
  readonly unit: string;
}

/** What a step has found: the loss, and how long the gradient was. */
export interface StepOutcome extends Gradients {
  /** Length of the gradient before clipping; undefined where nothing is clipped. */
  readonly gradNorm: Tensor | undefined;
}

/**
 * One step of training: batches, their loss, its gradient, clipping, and the optimiser. All its memory is given back at
 * its end. Nothing is read where that would mean waiting for the device. Errors: a loss that is no number, where that can
 * be seen at once; the parameters have not moved then.
 */
export function trainStep<M extends Module, B extends object>(
  settings: StepSettings<M, B>,
  data: BatchSource<B>,
  step: number,
): StepOutcome {
  const gradients = computeGradients(settings, data, step);
  return { ...gradients, gradNorm: updateParameters(settings, step, gradients.loss) };
}

/** The first half of a step, after which whoever wants to look at the gradients, or average them over processes, can. */
export function computeGradients<M extends Module, B extends object>(
  settings: StepSettings<M, B>,
  data: BatchSource<B>,
  step: number,
): Gradients {
  const { model, optimizer, objective, accumulate, device } = settings;
  return scope(() => {
    let total: Tensor | undefined;
    const batches: B[] = [];
    for (let i = 0; i < accumulate; i++) {
      const batch = data.next(device);
      const loss = objective.loss(model, batch).div(accumulate);
      loss.backward();
      total = total === undefined ? loss.detach() : total.add(loss.detach());
      batches.push(batch);
    }
    const loss = total!;
    if (device.hostMemory) {
      const value = loss.itemSync();
      if (Number.isNaN(value)) assertTargets(objective, batches, step);
      assertFinite("loss", value, step, optimizer.lr);
    }
    const sizes = batches.map(sizeOf);
    return { loss, count: sizes.reduce((sum, { count }) => sum + count, 0), unit: sizes[0].unit };
  });
}

/**
 * The second half: clips the gradients, moves the parameters, and gives the gradients' memory back. Where the gradients are
 * not finite, or the loss that is given is not, nothing moves: that is an error at once where it can be seen at once, and elsewhere
 * one for whoever reads the loss. (On a device that has to be waited for, and with `clip: Infinity`, nobody looks.)
 */
export function updateParameters(
  settings: Pick<StepSettings<Module, object>, "optimizer" | "clip" | "device">,
  step: number,
  loss?: Tensor,
): Tensor | undefined {
  const { optimizer } = settings;
  return scope(() => {
    const { gradScale, norm } = clipped(settings, step, loss);
    optimizer.step({ gradScale });
    optimizer.zeroGrad();
    return norm;
  });
}

/** What clips the gradients, for the optimiser. It is only looked at where that does not mean to wait for the device. */
function clipped(
  { optimizer, clip, device }: Pick<StepSettings, "optimizer" | "clip" | "device">,
  step: number,
  loss: Tensor | undefined,
): { gradScale: GradScale; norm?: Tensor } {
  const clips = clip !== Number.POSITIVE_INFINITY;
  if (!clips && !device.hostMemory) return { gradScale: 1 };
  const norm = gradNorm(optimizer.parameters);
  if (!device.hostMemory) return { gradScale: clipScale(norm, clip, loss), norm };
  const length = norm.itemSync();
  assertFinite("gradient's length", length, step, optimizer.lr);
  if (!clips) return { gradScale: 1 };
  return { gradScale: clipScale(length, clip), norm };
}

/** Errors: none of a batch's targets counts. It is looked at where a loss is no number, so that it costs nothing. */
function assertTargets<M extends Module, B extends object>(
  objective: Objective<M, B>,
  batches: readonly B[],
  step: number,
): void {
  for (const batch of batches) {
    const count = noGrad(() => objective.count?.(batch));
    if (count === undefined || (typeof count === "number" ? count : count.itemSync()) > 0) continue;
    throw new Error(
      `Trainer: no target counts in this batch, of step ${step}: it has no loss (all its targets are -100, or it has none); leave it out`,
    );
  }
}
