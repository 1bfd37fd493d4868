import type { Mutants } from "../../../scripts/src/course/task.ts";

const VALUE = "return total.div(wanted.sum()).neg();";
const SCALE = "const scale = dy.div(wanted.sum());";

export const mutants: Mutants = {
  sum: [[VALUE, "return total.neg();"]],
  allElements: [[VALUE, "return logSoftmax.mul(wanted).mean().neg();"]],
  sign: [[VALUE, "return total.div(wanted.sum());"]],
  overflow: [["shifted.sub(shifted.exp().sum(-1, { keepDim: true }).log())", "logits.softmax(-1).log()"]],
  noOneHot: [[".mul(counted).sub(wanted)", ".mul(counted)"]],
  gradientSum: [[SCALE, "const scale = dy;"]],
  upstream: [[SCALE, "const scale = dy.mul(0).add(1).div(wanted.sum());"]],
  padding: [[VALUE, "return total.div(logits.shape[0]).neg();"]],
  paddingGradient: [[".mul(counted).sub(wanted)", ".sub(wanted)"]],
  composed: [
    [
      "export const crossEntropy =",
      `export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const shifted = logits.sub(logits.max(-1, { keepDim: true }).detach());
  const wanted = oneHot(targets, logits.shape[1]);
  const log = shifted.sub(shifted.exp().sum(-1, { keepDim: true }).log());
  return log.mul(wanted).sum().div(wanted.sum()).neg();
}
export const ruled =`,
    ],
  ],
};
