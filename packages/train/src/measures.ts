import { isFloat, Tensor } from "@lectern/autograd";

/** A measure of one batch: summed up over all batches, sum by count is what is reported. */
export interface Measured {
  readonly sum: Tensor;
  readonly count: Tensor | number;
}

/**
 * How well outputs meet targets, by some measure: the sum over the targets that count, one element. A measure that counts
 * something else (rows, bytes) says what.
 */
export type Score = (outputs: Tensor, targets: Tensor) => Tensor | Measured;

/** A target that does not count, as `crossEntropy` has it. */
const IGNORED = -100;

/** How many targets count: classes other than -100, or all numbers of float targets. */
export function countOf(targets: Tensor): Tensor | number {
  return isFloat(targets.dtype) ? targets.size : targets.ne(IGNORED).float().sum();
}

/** A score with its count: the targets that count, unless it has one of its own. */
export function measured(score: Tensor | Measured, count: Tensor | number): Measured {
  return score instanceof Tensor ? { sum: score, count } : score;
}

/** The share of targets that are found most likely. outputs: [..., classes], targets: int32 [...]. */
export const accuracy: Score = (outputs, targets) => outputs.argmax(-1).eq(targets).float().sum();

/** The share of rows in which every target that counts is found most likely. outputs: [batch, time, classes], targets: int32 [batch, time]. */
export const exactMatch: Score = (outputs, targets) => {
  const counts = targets.ne(IGNORED);
  const wrong = outputs.argmax(-1).ne(targets).mul(counts).float().sum(-1);
  const asked = counts.float().sum(-1).gt(0).float();
  return { sum: wrong.eq(0).float().mul(asked).sum(), count: asked.sum() };
};

/** Squared distance, number by number. outputs and targets: float32 of one shape. */
export const squaredError: Score = (outputs, targets) => outputs.sub(targets).square().sum();

/** Distance, number by number. outputs and targets: float32 of one shape. */
export const absoluteError: Score = (outputs, targets) => outputs.sub(targets).abs().sum();
