import { tensor } from "@lectern/autograd";
import { matrices } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["attentionWeights", "scaledDotProductAttention", "multiHeadAttention", "cachedAttention"],
  ...["SelfAttention", "SingleHeadAttention", "MultiHeadAttention", "CrossAttention"],
];

interface Roles {
  queries: number[][][];
  keys: number[][][];
  values: number[][][];
}

export const exercises = {
  attend: ({ attend }: Student, { queries, keys, values }: Roles) =>
    matrices(attend(tensor(queries), tensor(keys), tensor(values))),

  /** The gradients of sum(weights * attend(queries, keys, values)). */
  async gradients({ attend }: Student, { queries, keys, values, weights }: Roles & { weights: number[][][] }) {
    const [q, k, v] = [queries, keys, values].map((x) => tensor(x, { requiresGrad: true }));
    attend(q, k, v).mul(tensor(weights)).sum().backward();
    return { queries: await matrices(q.grad!), keys: await matrices(k.grad!), values: await matrices(v.grad!) };
  },

  /** The layer with these matrices, each [width, width]. */
  layer(
    { Attention }: Student,
    {
      x,
      toQueries,
      toKeys,
      toValues,
    }: { x: number[][][]; toQueries: number[][]; toKeys: number[][]; toValues: number[][] },
  ) {
    const layer = new Attention(x[0][0].length);
    layer.loadStateDict({
      "toQueries.weight": tensor(toQueries),
      "toKeys.weight": tensor(toKeys),
      "toValues.weight": tensor(toValues),
    });
    return matrices(layer.forward(tensor(x)));
  },
};
