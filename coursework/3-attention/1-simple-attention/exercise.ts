import { tensor } from "@lectern/autograd";
import { matrices } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["attentionWeights", "scaledDotProductAttention", "multiHeadAttention", "cachedAttention"],
  ...["SelfAttention", "SingleHeadAttention", "MultiHeadAttention", "CrossAttention"],
];

export const exercises = {
  outputs: ({ attention }: Student, { x }: { x: number[][][] }) => matrices(attention(tensor(x))),

  /** The gradient of sum(weights * attention(x)). */
  async gradient({ attention }: Student, { x, weights }: { x: number[][][]; weights: number[][][] }) {
    const variable = tensor(x, { requiresGrad: true });
    attention(variable).mul(tensor(weights)).sum().backward();
    return matrices(variable.grad!);
  },
};
