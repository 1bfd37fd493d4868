import type { Mutants } from "../../../scripts/src/course/task.ts";

const SCORES = "queries.matmul(keys.T).div(Math.sqrt(size))";
const OUTPUTS = "return scores.softmax(-1).matmul(values);";
const LAYER = "attend(this.toQueries.forward(x), this.toKeys.forward(x), this.toValues.forward(x))";

export const mutants: Mutants = {
  noScale: [[SCORES, "queries.matmul(keys.T)"]],
  scaleBySize: [[SCORES, "queries.matmul(keys.T).div(size)"]],
  scaleByKeys: [["queries.shape[queries.rank - 1]", "keys.shape[keys.rank - 2]"]],
  multiplied: [[SCORES, "queries.matmul(keys.T).mul(Math.sqrt(size))"]],
  afterSoftmax: [
    [SCORES, "queries.matmul(keys.T)"],
    [OUTPUTS, "return scores.softmax(-1).div(Math.sqrt(size)).matmul(values);"],
  ],
  axis: [[OUTPUTS, "return scores.softmax(-2).matmul(values);"]],
  keysValues: [[LAYER, "attend(this.toQueries.forward(x), this.toValues.forward(x), this.toKeys.forward(x))"]],
  queriesKeys: [["queries.matmul(keys.T)", "keys.matmul(queries.T)"]],
  noValues: [[LAYER, "attend(this.toQueries.forward(x), this.toKeys.forward(x), x)"]],
};
