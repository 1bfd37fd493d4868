import type { Mutants } from "../../../scripts/src/course/task.ts";

const RESULT = "return largest + Math.log(sum);";
const TERM = "Math.exp(x[this.thread.x][k] - largest)";
const GRADIENTS = "return [flow, flow.sum(-1).neg()];";

export const mutants: Mutants = {
  overflow: [
    [TERM, "Math.exp(x[this.thread.x][k])"],
    [RESULT, "return Math.log(sum);"],
  ],
  fromZero: [
    ["let largest = x[this.thread.x][0];", "let largest = 0;"],
    ["let k = 1;", "let k = 0;"],
  ],
  notAddedBack: [[RESULT, "return Math.log(sum);"]],
  columns: [
    ["let largest = x[this.thread.x][0];", "let largest = x[0][this.thread.x];"],
    [
      "if (x[this.thread.x][k] > largest) largest = x[this.thread.x][k];",
      "if (x[k][this.thread.x] > largest) largest = x[k][this.thread.x];",
    ],
    [TERM, "Math.exp(x[k][this.thread.x] - largest)"],
  ],
  short: [["for (let k = 0; k < n; k++)", "for (let k = 0; k < n - 1; k++)"]],
  notReduced: [[GRADIENTS, "return [flow, flow.neg()];"]],
  sign: [[GRADIENTS, "return [flow, flow.sum(-1)];"]],
  oneWay: [[GRADIENTS, "return [flow, flow.sum(-1).mul(0)];"]],
  notTranslated: [[TERM, "Math.exp([...x[this.thread.x]].at(k)! - largest)"]],
};
