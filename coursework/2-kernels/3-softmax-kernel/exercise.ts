import { openGpu, tensor } from "@lectern/autograd";
import { matrix, vector } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");
type Input = { x: number[][] };

export const closed = ["softmax", "logSoftmax", "logsumexp"];

export const exercises = {
  logSumExp: ({ logSumExp }: Student, { x }: Input) => vector(logSumExp(tensor(x))),
  softmax: ({ softmax }: Student, { x }: Input) => matrix(softmax(tensor(x))),

  /** The gradient of sum(weights * logSumExp(x)), a weight for each row. */
  async reducedGradient({ logSumExp }: Student, { x, weights }: Input & { weights: number[] }) {
    const variable = tensor(x, { requiresGrad: true });
    logSumExp(variable).mul(tensor(weights)).sum().backward();
    return matrix(variable.grad!);
  },

  /** The gradient of sum(weights * softmax(x)). */
  async gradient({ softmax }: Student, { x, weights }: Input & { weights: number[][] }) {
    const variable = tensor(x, { requiresGrad: true });
    softmax(variable).mul(tensor(weights)).sum().backward();
    return matrix(variable.grad!);
  },

  /** On gpu.js, which translates both kernels. */
  async translated({ softmax }: Student, { x }: Input) {
    // Here first, where an error is told in JavaScript's words.
    await softmax(tensor(x)).data();
    await openGpu({ backend: "webasm" });
    return matrix(softmax(tensor(x, { device: "gpu" })));
  },
};
