import { assertTensor } from "../check.ts";
import { INTEGER } from "../dtypes.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { softplus } from "./exponentials.ts";
import { where } from "./masking.ts";

/** How far predictions are from targets, by PyTorch's names; `crossEntropy` has a file of its own. */

/** What becomes of the elements' losses: their mean unless said otherwise; `none` gives each. */
export type Reduction = "mean" | "sum" | "none";

/** Whether a loss is the elements' mean, their sum, or stays one for each. */
export interface LossOptions {
  reduction?: Reduction;
}

function reduced(op: string, losses: Tensor, reduction: Reduction = "mean"): Tensor {
  if (reduction === "none") return losses;
  if (reduction === "sum") return losses.sum();
  if (reduction === "mean") return losses.mean();
  throw new RangeError(`${op}: reduction is "${reduction}", it is "mean", "sum" or "none"`);
}

/** Errors: shapes that differ, which broadcasting would silently make a table of; int32. */
function assertPair(op: string, prediction: Tensor, target: Tensor): void {
  assertTensor(op, prediction, "the prediction");
  assertTensor(op, target, "the target");
  if (!sameShape(prediction.shape, target.shape)) {
    throw new RangeError(
      `${op}: the prediction is ${formatShape(prediction.shape)}, the target ${formatShape(target.shape)}: ` +
        "they have to have one shape, squeeze() or unsqueeze() one of them",
    );
  }
  for (const x of [prediction, target]) assertFloat(op, x);
}

/** `(prediction - target)²` */
export function mseLoss(prediction: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  assertPair("mseLoss", prediction, target);
  return reduced("mseLoss", prediction.sub(target).square(), reduction);
}

/** `|prediction - target|` */
export function l1Loss(prediction: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  assertPair("l1Loss", prediction, target);
  return reduced("l1Loss", prediction.sub(target).abs(), reduction);
}

/** Options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** Where the parabola becomes a line; 1 unless said otherwise. */
  delta?: number;
}

/** A parabola, `d² / 2`, up to delta, and then its tangent, `delta (|d| - delta / 2)` (Huber, 1964). Errors: delta not above 0. */
export function huberLoss(prediction: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor {
  assertPair("huberLoss", prediction, target);
  if (!(delta > 0)) throw new RangeError(`huberLoss: delta is ${delta}, it has to be above 0`);
  const d = prediction.sub(target);
  const size = d.abs();
  const losses = where(size.le(delta), d.square().mul(0.5), size.sub(delta / 2).mul(delta));
  return reduced("huberLoss", losses, reduction);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** Where the parabola becomes a line; 1 unless said otherwise, 0 is `l1Loss`. */
  beta?: number;
}

/** `huberLoss` divided by its delta, which is called beta: a line of slope 1 (Girshick, 2015). Errors: beta below 0. */
export function smoothL1Loss(prediction: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  const { beta = 1, reduction } = options;
  assertPair("smoothL1Loss", prediction, target);
  if (!(beta >= 0)) throw new RangeError(`smoothL1Loss: beta is ${beta}, it has to be 0 or more`);
  if (beta === 0) return l1Loss(prediction, target, { reduction });
  return huberLoss(prediction, target, { delta: beta, reduction }).div(beta);
}

/** Options of `binaryCrossEntropy`, of probabilities. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** What each element counts; broadcast. */
  weight?: Tensor;
}

const weighted = (losses: Tensor, weight: Tensor | undefined) => (weight === undefined ? losses : losses.mul(weight));

/** `-t log(p) - (1 - t) log(1 - p)`, where no logarithm counts as less than -100, as in PyTorch. */
const ofProbabilities = defineOp("binaryCrossEntropy", {
  forward(ctx, p: Tensor, t: Tensor): Tensor {
    ctx.save(p, t);
    const [yes, no] = [p, p.neg().add(1)].map((x) => x.log().clamp(-100));
    return t.mul(yes).add(t.neg().add(1).mul(no)).neg();
  },
  // dp = (p - t) / (p (1 - p)),  dt = log(1 - p) - log(p)
  backward(ctx, dy): Gradient[] {
    const [p, t] = ctx.saved;
    const rest = p.neg().add(1);
    return [
      ctx.needs[0] ? dy.mul(p.sub(t)).div(p.mul(rest).clamp(1e-12)) : undefined,
      ctx.needs[1] ? dy.mul(rest.log().clamp(-100).sub(p.log().clamp(-100))) : undefined,
    ];
  },
});

/** Errors: values outside 0 … 1, where they can be looked at at once: usually logits, for which there is another loss. */
function assertProbabilities(p: Tensor): void {
  if (!p.device.hostMemory) return;
  const wrong = p.dataSync().find((value) => !(value >= 0 && value <= 1));
  if (wrong === undefined) return;
  throw new RangeError(
    `binaryCrossEntropy: a prediction is ${wrong}, probabilities lie from 0 to 1: use binaryCrossEntropyWithLogits, or sigmoid() first`,
  );
}

/** Cross entropy of probabilities against targets from 0 to 1. Errors: a prediction that is no probability. */
export function binaryCrossEntropy(
  prediction: Tensor,
  target: Tensor,
  { weight, reduction }: BinaryCrossEntropyOptions = {},
): Tensor {
  assertPair("binaryCrossEntropy", prediction, target);
  assertProbabilities(prediction);
  return reduced("binaryCrossEntropy", weighted(ofProbabilities(prediction, target), weight), reduction);
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryLogitsOptions extends BinaryCrossEntropyOptions {
  /** How many times as much a positive target counts; broadcast. */
  posWeight?: Tensor;
}

/** `binaryCrossEntropy` of `sigmoid(logits)`, without ever computing that: right for any logit. */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  { weight, posWeight, reduction }: BinaryLogitsOptions = {},
): Tensor {
  assertPair("binaryCrossEntropyWithLogits", logits, target);
  // -log(sigmoid(x)) = softplus(-x), and -log(1 - sigmoid(x)) = softplus(x)
  const yes = weighted(target, posWeight).mul(softplus(logits.neg()));
  const no = target.neg().add(1).mul(softplus(logits));
  return reduced("binaryCrossEntropyWithLogits", weighted(yes.add(no), weight), reduction);
}

/** Options of `nllLoss`. */
export interface NllOptions extends LossOptions {
  /** Rows with this target count for nothing; -100 unless said otherwise. */
  ignoreIndex?: number;
  /** What each class counts, [classes]. */
  weight?: Tensor;
}

/**
 * Negative log likelihood: minus what log-probabilities [..., classes] say of int32 targets [...]; the mean is over the
 * weights of the rows that count, 0 where none does. `crossEntropy` is this of `logSoftmax`.
 * Errors: shapes that do not fit, a target outside 0 … classes - 1.
 */
export function nllLoss(logProbabilities: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  const { ignoreIndex = -100, weight, reduction = "mean" } = options;
  assertTensor("nllLoss", target, "the target");
  const shapes = `log-probabilities ${formatShape(logProbabilities.shape)}, targets ${formatShape(target.shape)}`;
  if (logProbabilities.rank < 1 || !sameShape(logProbabilities.shape.slice(0, -1), target.shape)) {
    throw new RangeError(`nllLoss: targets need the shape of the log-probabilities without the last axis: ${shapes}`);
  }
  assertFloat("nllLoss", logProbabilities);
  if (target.dtype !== INTEGER) throw new TypeError(`nllLoss: targets are int32 class indices, got ${target.dtype}`);
  const ignored = target.eq(ignoreIndex);
  const index = target.maskedFill(ignored, 0);
  const picked = logProbabilities.gather(-1, index.unsqueeze(-1)).squeeze(-1).neg();
  const counts = ignored.eq(0).float();
  const shares =
    weight === undefined ? counts : weight.indexSelect(0, index.reshape(-1)).reshape(index.shape).mul(counts);
  const losses = where(ignored, 0, picked).mul(shares);
  if (reduction !== "mean") return reduced("nllLoss", losses, reduction);
  const total = shares.sum();
  return losses.sum().div(where(total.eq(0), 1, total));
}
