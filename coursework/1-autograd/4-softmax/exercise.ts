import { tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = ["softmax", "logSoftmax", "logsumexp"];

export const exercises = {
  rows: ({ softmax }: Student, { x }: { x: number[][] }) => matrix(softmax(tensor(x))),

  /** The gradient of sum(weights * softmax(x)). */
  async gradient({ softmax }: Student, { x, weights }: { x: number[][]; weights: number[][] }) {
    const variable = tensor(x, { requiresGrad: true });
    softmax(variable).mul(tensor(weights)).sum().backward();
    return matrix(variable.grad!);
  },
};
