import type { Mutants } from "../../../scripts/src/course/task.ts";

const SPLIT = "return x.reshape(batch, time, heads, width / heads).transpose(1, 2);";
const MERGE = "return x.transpose(1, 2).reshape(batch, time, heads * size);";
const ATTENTION = "scaledDotProductAttention(queries, keys, values, { causal: true })";

export const mutants: Mutants = {
  reshaped: [[SPLIT, "return x.reshape(batch, heads, time, width / heads);"]],
  notTransposed: [[SPLIT, "return x.reshape(batch, time, heads, width / heads);"]],
  interleaved: [[SPLIT, "return x.reshape(batch, time, width / heads, heads).permute(0, 3, 1, 2);"]],
  mergeReshaped: [[MERGE, "return x.reshape(batch, time, heads * size);"]],
  mergeInterleaved: [[MERGE, "return x.permute(0, 2, 3, 1).reshape(batch, time, heads * size);"]],
  noOut: [["this.out.forward(mergeHeads(found))", "mergeHeads(found)"]],
  open: [[ATTENTION, "scaledDotProductAttention(queries, keys, values)"]],
  oneHead: [["splitHeads(part, this.heads)", "splitHeads(part, 1)"]],
  scaleByWidth: [
    [ATTENTION, "scaledDotProductAttention(queries, keys, values, { causal: true, scale: 1 / Math.sqrt(x.shape[2]) })"],
  ],
  order: [["[queries, keys, values] =", "[keys, queries, values] ="]],
};
