import type { Mutants } from "../../../scripts/src/course/task.ts";

const CENTRED = "x.sub(x.mean(-1, { keepDim: true }))";
const VARIANCE = "centred.square().mean(-1, { keepDim: true })";
const ROOT = "variance.add(this.eps).sqrt()";
const LEARNED = "normal.mul(this.weight).add(this.bias)";

/** Along other axes. */
const along = (axes: string): Mutants[string] => [
  [CENTRED, `x.sub(x.mean(${axes}, { keepDim: true }))`],
  [VARIANCE, `centred.square().mean(${axes}, { keepDim: true })`],
];

export const mutants: Mutants = {
  zeroWeight: [["parameter(ones([width]))", "parameter(zeros([width]))"]],
  unbiased: [[VARIANCE, "x.var(-1, { keepDim: true })"]],
  epsOutside: [[ROOT, "variance.sqrt().add(this.eps)"]],
  noEps: [[ROOT, "variance.sqrt()"]],
  noRoot: [[ROOT, "variance.add(this.eps)"]],
  noCentre: [["centred.div(", "x.div("]],
  overTime: along("-2"),
  overBatch: along("0"),
  whole: along("[0, 1, 2]"),
  notParameters: [["parameter(ones([width]))", "ones([width])"]],
  noWeight: [[LEARNED, "normal.add(this.bias)"]],
  noBias: [[LEARNED, "normal.mul(this.weight)"]],
  biasFirst: [[LEARNED, "normal.add(this.bias).mul(this.weight)"]],
};
