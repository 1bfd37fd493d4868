import { openGpu, type Tensor, tensor } from "@lectern/autograd";
import { matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");
type Factors = { a: number[][]; b: number[][] };

export const closed = ["matmul", "bmm", "linear", "einsum"];

export const exercises = {
  product: ({ matmul }: Student, { a, b }: Factors) => matrix(matmul(tensor(a), tensor(b))),

  /** The gradients of sum(weights * a b). */
  async gradients({ matmul }: Student, { a, b, weights }: Factors & { weights: number[][] }) {
    const [left, right] = [tensor(a, { requiresGrad: true }), tensor(b, { requiresGrad: true })];
    matmul(left, right).mul(tensor(weights)).sum().backward();
    return { a: await matrix(left.grad!), b: await matrix(right.grad!) };
  },

  /** On gpu.js, which translates the kernel. */
  async translated({ matmul }: Student, { a, b }: Factors) {
    // Here first, where an error is told in JavaScript's words.
    await matmul(tensor(a), tensor(b)).data();
    await openGpu({ backend: "webasm" });
    const there = (x: number[][]): Tensor => tensor(x, { device: "gpu" });
    return matrix(matmul(there(a), there(b)));
  },
};
