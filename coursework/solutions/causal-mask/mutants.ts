import type { Mutants } from "../../../scripts/src/course/task.ts";

const WEIGHTS = "return scores.maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1);";

export const mutants: Mutants = {
  nan: [[WEIGHTS, "return scores.add(future.float().mul(Number.NEGATIVE_INFINITY)).softmax(-1);"]],
  self: [["triu(1)", "triu()"]],
  oneAhead: [["triu(1)", "triu(2)"]],
  past: [["triu(1)", "tril(-1)"]],
  open: [[WEIGHTS, "return future && scores.softmax(-1);"]],
  zeros: [["Number.NEGATIVE_INFINITY", "0"]],
  afterSoftmax: [[WEIGHTS, "return scores.softmax(-1).maskedFill(future, 0);"]],
  axis: [["softmax(-1)", "softmax(-2)"]],
  notLowEnough: [["Number.NEGATIVE_INFINITY", "-1000"]],
  whichHead: [["scores.shape[scores.rank - 1]", "scores.shape[0]"]],
};
