import { tensor } from "@lectern/autograd";
import { matrices, matrix } from "../../../scripts/src/course/exercise.ts";
import type { Cache } from "./starter.ts";

type Student = typeof import("./starter.ts");

export const closed = [
  ...["causalMask", "attentionWeights", "scaledDotProductAttention", "multiHeadAttention", "cachedAttention"],
  ...["SelfAttention", "SingleHeadAttention", "MultiHeadAttention", "CrossAttention", "KeyValueCache"],
  ...["TransformerBlock", "TransformerDecoder", "GPT"],
];

/** Of one sequence: [heads, positions, size]. */
interface Piece {
  keys: number[][][];
  values: number[][][];
}

interface Model {
  /** [time, width] */
  x: number[][];
  /** In how many positions at a time it is read. */
  pieces: number[];
  table: number[][];
  /** Each [width, width]. */
  toQueries: number[][];
  toKeys: number[][];
  toValues: number[][];
}

export const exercises = {
  /** Adds pieces one after the other. */
  async append({ append, lengthOf }: Student, { pieces }: { pieces: Piece[] }) {
    let cache: Cache | undefined;
    const lengths = [lengthOf(cache)];
    for (const { keys, values } of pieces) {
      cache = append(cache, tensor([keys]), tensor([values]));
      lengths.push(lengthOf(cache));
    }
    const { keys, values } = cache!;
    return { keys: await matrices(keys.select(0, 0)), values: await matrices(values.select(0, 0)), lengths };
  },

  /** queries: [heads, new, size] */
  attend({ attendCached }: Student, { queries, keys, values }: Piece & { queries: number[][][] }) {
    const cache = { keys: tensor([keys]), values: tensor([values]) };
    return matrices(attendCached(tensor([queries]), cache).select(0, 0));
  },

  /** x: [batch, new, width], with a cache of so many positions. */
  positions({ addPositions }: Student, { x, table, length }: { x: number[][][]; table: number[][]; length: number }) {
    const kept = () => tensor(Array.from({ length: 2 }, () => Array.from({ length }, () => [0])));
    const cache = length === 0 ? undefined : { keys: kept().unsqueeze(0), values: kept().unsqueeze(0) };
    return matrices(addPositions(tensor(x), tensor(table), cache));
  },

  /** A layer of one head that reads a sequence piece by piece: what it puts out for all of it. */
  async inPieces({ append, attendCached, addPositions }: Student, { x, pieces, table, ...weights }: Model) {
    const [q, k, v] = [weights.toQueries, weights.toKeys, weights.toValues].map((weight) => tensor(weight).T);
    let cache: Cache | undefined;
    const outputs: number[][] = [];
    for (const count of pieces) {
      const inputs = tensor([x.slice(outputs.length, outputs.length + count)]);
      const placed = addPositions(inputs, tensor(table), cache).unsqueeze(1);
      cache = append(cache, placed.matmul(k), placed.matmul(v));
      outputs.push(...(await matrix(attendCached(placed.matmul(q), cache).select(0, 0).select(0, 0))));
    }
    return outputs;
  },
};
