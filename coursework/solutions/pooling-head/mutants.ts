import type { Mutants } from "../../../scripts/src/course/task.ts";

const MEAN = "return x.mul(seen).sum(1).div(seen.sum(1).clamp(1));";

export const mutants: Mutants = {
  countsPadding: [["if (paddingMask === undefined) return", "if (paddingMask !== null) return"]],
  dividesByTime: [[MEAN, "return x.mul(seen).mean(1);"]],
  sumsPadding: [["x.mul(seen).sum(1)", "x.sum(1)"]],
  onlySum: [["return x.mean(1);", "return x.sum(1);"]],
  dividesByBatch: [["seen.sum(1).clamp(1)", "seen.sum()"]],
  emptySequence: [["seen.sum(1).clamp(1)", "seen.sum(1)"]],
  firstToken: [["return x.mean(1);", "return x.select(1, 0);"]],
  noMask: [["this.pool(x, paddingMask)", "this.pool(x)"]],
};
