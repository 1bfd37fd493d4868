import type { Mutants } from "../../../scripts/src/course/task.ts";

const APPEND = "return { keys: concat([cache.keys, keys], 2), values: concat([cache.values, values], 2) };";
const ROWS = "table.slice(0, start, start + x.shape[1])";

export const mutants: Mutants = {
  inFront: [[APPEND, "return { keys: concat([keys, cache.keys], 2), values: concat([values, cache.values], 2) };"]],
  onlyNew: [[APPEND, "return { keys, values };"]],
  exchanged: [
    ["return { keys, values };", "return { keys: values, values: keys };"],
    [APPEND, "return { keys: concat([cache.keys, values], 2), values: concat([cache.values, keys], 2) };"],
  ],
  heads: [["cache?.keys.shape[2]", "cache?.keys.shape[1]"]],
  wrongAxis: [[APPEND, "return { keys: concat([cache.keys, keys], 1), values: concat([cache.values, values], 1) };"]],
  noOffset: [["triu(length - count + 1)", "triu(1)"]],
  self: [["triu(length - count + 1)", "triu(length - count)"]],
  oneAhead: [["triu(length - count + 1)", "triu(length - count + 2)"]],
  open: [[".maskedFill(future, Number.NEGATIVE_INFINITY)", ""]],
  noScale: [[".div(Math.sqrt(size))", ".div(size / size)"]],
  axis: [["softmax(-1)", "softmax(-2)"]],
  fromZero: [["const start = lengthOf(cache);", "const start = 0;"]],
  oneLate: [["const start = lengthOf(cache);", "const start = lengthOf(cache) + 1;"]],
  sameRow: [[ROWS, "table.select(0, start)"]],
};
