import type { AdamWOptions as KernelOptions } from "../device.ts";
import { defineOp, defineUpdate, type Gradient } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { stack } from "./views.ts";

/** What optimisers and clipping do with all parameters at once. */

/** A parameter with its gradient, the two running averages, and the number of its step, from 1. */
export interface AdamWUpdate {
  readonly p: Tensor;
  readonly grad: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  readonly step: number;
}

/** The numbers of AdamW's step: rate, averages, decay. */
export interface AdamWOptions extends Omit<KernelOptions, "step" | "gradScale"> {
  /** Gradients are multiplied with this before use. A tensor of one number where knowing it would mean to wait. */
  readonly gradScale: number | Tensor;
}

/**
 * One step of AdamW (Loshchilov & Hutter, 2019) on each parameter, in place on it and on its averages. Adam where
 * `weightDecay` is 0. Errors: gradients are being recorded.
 */
export const adamW_ = defineUpdate("adamW_", {
  kernels: ["adamWAll"],
  changes: (updates: readonly AdamWUpdate[], _options: AdamWOptions) => updates.flatMap(({ p, m, v }) => [p, m, v]),
  update: (device, updates, options) => device.adamWAll!(updates, options),
  composite(device, updates, options) {
    for (const { p, grad, m, v, step } of updates) device.adamW(p, grad, m, v, { ...options, step });
  },
});

/** The sum of the squares of all elements of all tensors, as a tensor of one number. */
export const sumOfSquares = defineOp("sumOfSquares", {
  kernels: ["sumOfSquares"],
  forward(ctx, tensors: readonly Tensor[]): Tensor {
    ctx.save(...tensors);
    const out = ctx.allocate([]);
    ctx.device.sumOfSquares!(
      out,
      tensors.map((x) => ctx.dense(x)),
    );
    return out;
  },
  // d sum(x²) = 2 x dx
  backward: (ctx, dy): Gradient[] => ctx.saved.map((x) => x.mul(dy).mul(2)),
  composite: (tensors) => stack(tensors.map((x) => x.square().sum())).sum(),
});
