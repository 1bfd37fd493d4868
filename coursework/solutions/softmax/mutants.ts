import type { Mutants } from "../../../scripts/src/course/task.ts";

const DIVISION = "return powers.div(powers.sum(-1, { keepDim: true }));";

export const mutants: Mutants = {
  axis: [
    ["x.max(-1,", "x.max(0,"],
    [DIVISION, "return powers.div(powers.sum(0, { keepDim: true }));"],
  ],
  whole: [
    ["x.max(-1, { keepDim: true })", "x.max()"],
    [DIVISION, "return powers.div(powers.sum());"],
  ],
  overflow: [["x.sub(x.max(-1, { keepDim: true })).exp()", "x.exp()"]],
  notNormalised: [[DIVISION, "return powers;"]],
  detached: [[DIVISION, "return powers.div(powers.sum(-1, { keepDim: true })).detach();"]],
};
