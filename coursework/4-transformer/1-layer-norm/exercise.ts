import { tensor } from "@lectern/autograd";
import { matrices, matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["layerNorm", "LayerNorm", "RMSNorm"];

interface Learned {
  weight: number[];
  bias: number[];
  eps: number;
}

function layerOf({ LayerNorm }: Student, { weight, bias, eps }: Learned) {
  const layer = new LayerNorm(weight.length, eps);
  layer.loadStateDict({ weight: tensor(weight), bias: tensor(bias) });
  return layer;
}

export const exercises = {
  /** A layer that has learned nothing yet. */
  fresh: ({ LayerNorm }: Student, { x, eps }: { x: number[][][]; eps: number }) =>
    matrices(new LayerNorm(x[0][0].length, eps).forward(tensor(x))),

  parameters: ({ LayerNorm }: Student, { width }: { width: number }) =>
    [...new LayerNorm(width).namedParameters()].map(([name, { shape }]) => `${name} [${shape}]`).sort(),

  learned: (student: Student, { x, ...learned }: Learned & { x: number[][] }) =>
    matrix(layerOf(student, learned).forward(tensor(x))),

  /** The gradient of sum(factors * outputs). */
  async gradient(student: Student, { x, factors, ...learned }: Learned & { x: number[][]; factors: number[][] }) {
    const variable = tensor(x, { requiresGrad: true });
    layerOf(student, learned).forward(variable).mul(tensor(factors)).sum().backward();
    return matrix(variable.grad!);
  },
};
