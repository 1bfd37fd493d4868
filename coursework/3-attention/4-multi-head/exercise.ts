import { tensor } from "@lectern/autograd";
import { matrices } from "../../../scripts/src/course/exercise.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["multiHeadAttention", "cachedAttention"],
  ...["MultiHeadAttention", "CrossAttention", "TransformerBlock", "TransformerEncoder", "TransformerDecoder"],
];

interface Layer {
  heads: number;
  x: number[][][];
  /** [3 width, width] */
  qkv: number[][];
  out: number[][];
}

function layerOf({ MultiHeadAttention }: Student, { heads, qkv, out }: Layer) {
  const layer = new MultiHeadAttention(out.length, heads);
  layer.loadStateDict({ "qkv.weight": tensor(qkv), "out.weight": tensor(out) });
  return layer;
}

export const exercises = {
  /** With the shape, since a wrong one may have the right numbers. */
  async split({ splitHeads }: Student, { x, heads }: { x: number[][][]; heads: number }) {
    const parts = splitHeads(tensor(x), heads);
    return { shape: [...parts.shape], values: Array.from(await parts.data()) };
  },

  /** heads: [batch, heads, time, size] */
  merge: ({ mergeHeads }: Student, { heads }: { heads: number[][][][] }) => matrices(mergeHeads(tensor(heads))),

  layer: (student: Student, given: Layer) => matrices(layerOf(student, given).forward(tensor(given.x))),

  /** What comes back to the matrix of queries, keys and values from sum(factors * outputs). */
  async gradient(student: Student, given: Layer & { factors: number[][][] }) {
    const layer = layerOf(student, given);
    layer.forward(tensor(given.x)).mul(tensor(given.factors)).sum().backward();
    return (await layer.qkv.weight.grad!.array()) as number[][];
  },
};
