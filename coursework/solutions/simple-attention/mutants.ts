import type { Mutants } from "../../../scripts/src/course/task.ts";

const SCORES = "const scores = x.matmul(x.T);";
const OUTPUTS = "return scores.softmax(-1).matmul(x);";

export const mutants: Mutants = {
  axis: [[OUTPUTS, "return scores.softmax(-2).matmul(x);"]],
  batch: [[OUTPUTS, "return scores.softmax(0).matmul(x);"]],
  noSoftmax: [[OUTPUTS, "return scores.matmul(x);"]],
  sums: [[OUTPUTS, "return scores.div(scores.sum(-1, { keepDim: true })).matmul(x);"]],
  features: [
    [SCORES, "const scores = x.T.matmul(x);"],
    [OUTPUTS, "return x.matmul(scores.softmax(-1));"],
  ],
  weightsOnly: [[OUTPUTS, "return scores.softmax(-1);"]],
  scaled: [[SCORES, "const scores = x.matmul(x.T).div(Math.sqrt(x.shape[2]));"]],
  detached: [[OUTPUTS, "return scores.detach().softmax(-1).matmul(x);"]],
};
