import { tensor } from "@lectern/autograd";
import { matrices, matrix } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["causalMask", "attentionWeights", "scaledDotProductAttention", "multiHeadAttention", "cachedAttention"],
  ...["SelfAttention", "SingleHeadAttention", "MultiHeadAttention", "CrossAttention"],
];

export const exercises = {
  weights: ({ causalWeights }: Student, { scores }: { scores: number[][] }) => matrix(causalWeights(tensor(scores))),

  /** scores: for each head, given as [2, heads, time, time], a batch of the same twice */
  heads: ({ causalWeights }: Student, { scores }: { scores: number[][][] }) =>
    matrices(causalWeights(tensor([scores, scores])).select(0, 1)),

  /** The gradient of sum(factors * causalWeights(scores)). */
  async gradient({ causalWeights }: Student, { scores, factors }: { scores: number[][]; factors: number[][] }) {
    const variable = tensor(scores, { requiresGrad: true });
    causalWeights(variable).mul(tensor(factors)).sum().backward();
    return matrix(variable.grad!);
  },
};
