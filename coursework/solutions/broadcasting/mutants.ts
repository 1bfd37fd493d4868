import type { Mutants } from "../../../scripts/src/course/task.ts";

const FRONT = "while (sum.rank > shape.length) sum = sum.sum(0);";
const ONES = "sum = sum.sum(axis, { keepDim: true });";
const GRADIENTS = "[sumTo(dy.mul(b), a.shape), sumTo(dy.mul(a), b.shape)]";

export const mutants: Mutants = {
  notSummed: [[GRADIENTS, "[dy.mul(b), dy.mul(a)]"]],
  keptAxes: [[FRONT, "for (let i = 0; i < dy.rank - shape.length; i++) sum = sum.sum(i, { keepDim: true });"]],
  droppedAxes: [[ONES, "sum = sum.sum(axis);"]],
  wrongAxis: [[FRONT, "while (sum.rank > shape.length) sum = sum.sum(-1);"]],
  mean: [
    [FRONT, "while (sum.rank > shape.length) sum = sum.mean(0);"],
    [ONES, "sum = sum.mean(axis, { keepDim: true });"],
  ],
  swapped: [[GRADIENTS, "[sumTo(dy.mul(a), a.shape), sumTo(dy.mul(b), b.shape)]"]],
  upstream: [[GRADIENTS, "[b.expand(dy.shape).clone(), sumTo(a.expand(dy.shape), b.shape)]"]],
};
