import type { Mutants } from "../../../scripts/src/course/task.ts";

const EXPONENT = "((column - (column % 2)) / width)";
const IS_SINE = "column % 2 === 0 ?";
const ADDED = "x.add(sinusoids(time, width, start))";

export const mutants: Mutants = {
  exchanged: [[IS_SINE, "column % 2 !== 0 ?"]],
  halves: [
    [EXPONENT, "((2 * (column % (width / 2))) / width)"],
    [IS_SINE, "column < width / 2 ?"],
  ],
  ownAngles: [[EXPONENT, "(column / width)"]],
  doubled: [[EXPONENT, "((2 * column) / width)"]],
  halved: [[EXPONENT, "(Math.floor(column / 2) / width)"]],
  noWidth: [[EXPONENT, "(column - (column % 2))"]],
  multiplied: [["(start + t) / 10000", "(start + t) * 10000"]],
  base: [["10000 **", "1000 **"]],
  fromOne: [["(start + t)", "(start + t + 1)"]],
  noStart: [["(start + t)", "t"]],
  addNoStart: [[ADDED, "x.add(sinusoids(time, width))"]],
  times: [[ADDED, "x.mul(sinusoids(time, width, start))"]],
  replaced: [[ADDED, "sinusoids(time, width, start)"]],
};
