import { assertOptions, assertTensor } from "../check.ts";
import { onesLike } from "../creation.ts";
import type { CrossEntropyOptions as KernelOptions } from "../device.ts";
import { INTEGER } from "../dtypes.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { maskedFill } from "./masking.ts";

/** Which rows count, and how surely a target is meant. */
export interface CrossEntropyOptions {
  /** Rows with this target count for nothing; -100 unless said otherwise. */
  ignoreIndex?: number;
  /** Share of the target that is spread evenly over all classes (Szegedy et al., 2016). */
  labelSmoothing?: number;
  /** What each class counts, [classes]. */
  weight?: Tensor;
  /** `mean` (over the weights of the rows that count) unless said otherwise; `none` gives each row's loss. */
  reduction?: "mean" | "sum" | "none";
}

interface Settings extends Omit<KernelOptions, "weight"> {
  reduction: "mean" | "sum" | "none";
}

/** The same in terms of other ops. */
function composite(logits: Tensor, targets: Tensor, settings: Settings, weight: Tensor | undefined): Tensor {
  const { ignoreIndex, smoothing, reduction } = settings;
  const classes = logits.shape[1];
  const ignored = targets.eq(ignoreIndex);
  const index = maskedFill(targets, ignored, 0);
  const costs = logits.logSoftmax(-1).neg();
  let losses = costs.gather(-1, index.unsqueeze(-1)).squeeze(-1);
  const scales = maskedFill(weight?.indexSelect(0, index) ?? onesLike(losses), ignored, 0);
  if (weight !== undefined) losses = losses.mul(scales);
  // Without smoothing a logit of -Infinity costs nothing.
  if (smoothing > 0) {
    const all = weight === undefined ? costs : costs.mul(weight);
    losses = losses.mul(1 - smoothing).add(all.sum(-1).mul(smoothing / classes));
  }
  losses = maskedFill(losses, ignored, 0);
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.sum() : losses.sum().div(scales.sum());
}

const crossEntropyOp = defineOp("crossEntropy", {
  forward(ctx, logits: Tensor, targets: Tensor, settings: Settings, weight: Tensor | undefined): Tensor {
    const { reduction } = settings;
    const rows = [logits.shape[0]];
    const input = ctx.dense(logits);
    const index = ctx.dense(targets);
    const losses = ctx.allocate(rows);
    const scales = ctx.allocate(rows);
    const lse = ctx.allocate(rows);
    ctx.device.crossEntropy(losses, scales, lse, input, index, { ...settings, weight });
    const needed = [input, index, lse, ...(weight === undefined ? [] : [weight])];
    if (reduction === "none") {
      ctx.save(...needed);
      return losses;
    }
    const total = ctx.allocate([]);
    ctx.device.reduce("sum", total, losses, { outer: 1, size: rows[0], inner: 1 });
    if (reduction === "sum") {
      ctx.save(...needed);
      return total;
    }
    const divisor = ctx.allocate([]);
    ctx.device.reduce("sum", divisor, scales, { outer: 1, size: rows[0], inner: 1 });
    const mean = ctx.allocate([]);
    ctx.device.binary("div", mean, total, divisor);
    ctx.save(...needed, divisor);
    return mean;
  },
  backward(ctx, dy, settings): Gradient[] {
    const [logits, targets, lse, ...rest] = ctx.saved;
    const weight = ctx.shapes.length === 3 ? rest.shift() : undefined;
    const [divisor] = rest;
    const perRow = divisor === undefined ? dy : dy.div(divisor);
    const dlosses = ctx.dense(perRow.expand(lse.shape));
    const dlogits = ctx.allocate(logits.shape);
    ctx.device.crossEntropyGrad(dlogits, dlosses, lse, logits, targets, { ...settings, weight });
    return [dlogits, undefined];
  },
  composite,
});

/**
 * Cross entropy of logits [rows, classes] against int32 classes [rows]; leading axes ([batch, time, classes] against
 * [batch, time]) are taken together. Errors: shapes that do not fit, a target outside 0 … classes - 1.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  assertTensor("crossEntropy", logits, "the logits");
  assertTensor("crossEntropy", targets, "the target");
  assertOptions("crossEntropy", options, ["ignoreIndex", "labelSmoothing", "weight", "reduction"]);
  const { ignoreIndex = -100, labelSmoothing = 0, weight, reduction = "mean" } = options;
  const shapes = `logits ${formatShape(logits.shape)}, targets ${formatShape(targets.shape)}`;
  if (logits.rank < 1 || formatShape(logits.shape.slice(0, -1)) !== formatShape(targets.shape)) {
    throw new RangeError(`crossEntropy: targets need the shape of the logits without the last axis: ${shapes}`);
  }
  assertFloat("crossEntropy", logits);
  if (targets.dtype !== INTEGER)
    throw new TypeError(`crossEntropy: targets are int32 class indices, got ${targets.dtype}`);
  const classes = logits.shape[logits.rank - 1];
  if (weight !== undefined && formatShape(weight.shape) !== `[${classes}]`) {
    throw new RangeError(
      `crossEntropy: the class weights are ${formatShape(weight.shape)}, there are ${classes} classes`,
    );
  }
  if (weight?.requiresGrad) throw new Error("crossEntropy: class weights get no gradient: detach() them");
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: label smoothing is ${labelSmoothing}, it lies from 0 to 1`);
  }
  const settings = { ignoreIndex, smoothing: labelSmoothing, reduction };
  const losses = crossEntropyOp(
    logits.reshape(targets.size, classes),
    targets.reshape(targets.size),
    settings,
    weight?.contiguous(),
  );
  return reduction === "none" ? losses.reshape(targets.shape) : losses;
}
