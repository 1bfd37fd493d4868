import { describe, expect, it } from "vitest";
import {
  concat,
  crossEntropy,
  dropout,
  embedding,
  full,
  layerNorm,
  linear,
  mseLoss,
  ones,
  randn,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../src/index.ts";

/** What JavaScript lets through, and TypeScript would not: every argument is of any kind. */
type Loose = Record<string, (...args: unknown[]) => unknown>;
const loosely = (x: Tensor) => x as unknown as Loose;
const made = { tensor, zeros, ones, full, randn } as unknown as Loose;
const called = {
  concat,
  crossEntropy,
  dropout,
  embedding,
  layerNorm,
  linear,
  mseLoss,
  stack,
  where,
} as unknown as Loose;

const x = loosely(ones([2, 3]));
const int = (...values: number[]) => tensor(Int32Array.from(values));

type Trial = [wrong: () => unknown, message: string];
const trials: Record<string, Trial[]> = {
  "in place of a tensor": [
    [() => x.matmul(3), "matmul: the other factor has to be a tensor, got the number 3: make it one with tensor(…)"],
    [
      () => x.matmul([[1]]),
      "matmul: the other factor has to be a tensor, got an array of 1: make it one with tensor(…)",
    ],
    [() => x.bmm(undefined), "bmm: the other factor has to be a tensor, got undefined"],
    [() => x.add("1"), 'add: expects a tensor or a number, got the string "1"'],
    [() => x.mul([1, 2, 3]), "mul: expects a tensor or a number, got an array of 3"],
    [() => x.lt({ value: 2 }), "lt: expects a tensor or a number, got an object { value }"],
    [() => x.remainder(true), "remainder: expects a tensor or a number, got"],
    [() => x.gather(0, [0, 1]), "gather: the index has to be a tensor, got an array of 2: make it one with tensor(…)"],
    [() => x.indexSelect(0, 1), "indexSelect: the index has to be a tensor, got the number 1"],
    [() => x.scatterAdd(0, zeros([2, 3]).int(), 1), "scatterAdd: the source has to be a tensor, got the number 1"],
    [() => x.maskedFill([true], 0), "where: the condition has to be a tensor, got an array of 1"],
    [() => x.copy_([1]), "copy_: the source has to be a tensor, got an array of 1"],
    [() => called.where(true, 1, 2), "where: the condition has to be a tensor, got the boolean true"],
    [() => called.where(int(1), "a", 2), 'where: expects a tensor or a number, got the string "a"'],
    [
      () => called.concat(ones([2]), ones([2])),
      "concat: expects an array of tensors, got a tensor [2]: concat([a, b], …)",
    ],
    [() => called.stack([ones([2]), 3]), "stack: element 1 has to be a tensor, got the number 3"],
    [() => called.linear(ones([2, 3]), [1]), "linear: the weight has to be a tensor, got an array of 1"],
    [() => called.embedding(ones([2, 3]), 1), "embedding: the index has to be a tensor, got the number 1"],
    [() => called.layerNorm([1, 2]), "layerNorm: expects a tensor, got an array of 2: make it one with tensor(…)"],
    [() => called.dropout(3, 0.5), "dropout: expects a tensor, got the number 3"],
    [() => called.crossEntropy(ones([1, 2]), [0]), "crossEntropy: the target has to be a tensor, got an array of 1"],
    [() => called.mseLoss(ones([1]), 1), "mseLoss: the target has to be a tensor, got the number 1"],
  ],
  "in place of an axis": [
    [
      () => x.sum({ dim: 0 }),
      "sum: an axis is a number, got an object { dim }: where PyTorch has sum(dim=0), write sum(0)",
    ],
    [() => x.mean({ keepDim: true }), "mean: an axis is a number, got an object { keepDim }"],
    [() => x.max("0"), 'max: an axis is a number, got the string "0"'],
    [
      () => x.softmax(),
      "softmax: an axis is a number, got undefined: where PyTorch has softmax(dim=0), write softmax(0)",
    ],
    [() => x.argmax({ dim: 1 }), "argmax: an axis is a number, got an object { dim }"],
    [() => x.cumsum(), "cumsum: an axis is a number, got undefined"],
    [() => x.transpose(), "transpose: an axis is a number, got undefined: name both, as transpose(0, 1)"],
    [() => x.unsqueeze(ones([1])), "unsqueeze: an axis is a number, got a tensor [1]"],
    [() => x.slice({ start: 1 }), "slice: an axis is a number, got an object { start }"],
    [() => x.norm([0, 1]), "norm: p is an array of 2, it has to be a number; axes come behind it"],
  ],
  "among the options": [
    [() => x.sum(0, true), "sum: the options are the boolean true: write them as { keepDim: … }"],
    [() => x.sum(0, { keepdim: true }), "sum: there is no option keepdim: there is keepDim"],
    [() => x.var(0, { unbiased: false }), "var: there is no option unbiased: there are keepDim, correction"],
    [() => x.topk(1, 0, { sorted: true }), "topk: there is no option sorted: there is largest"],
    [
      () => x.backward({ retain_graph: true }),
      "backward: there is no option retain_graph: there are retainGraph, createGraph",
    ],
    [
      () => made.zeros([2], { requires_grad: true }),
      "zeros: there is no option requires_grad: there are dtype, device",
    ],
    [() => made.randn(2, 3), "randn: the shape is the number 2, it has to be an array: randn([2])"],
    [() => made.zeros("3"), 'zeros: the shape is the string "3", it has to be an array'],
    [() => made.ones([2], { dtype: "float64" }), 'ones: tensors hold float32 and int32, not the string "float64"'],
    [
      () => called.crossEntropy(ones([1, 2]), int(0), { ignore_index: 0 }),
      "crossEntropy: there is no option ignore_index",
    ],
  ],
  "in place of numbers": [
    [
      () => made.tensor([true]),
      "tensor: element 0 is the boolean true, it has to be a number: write 1 for true and 0 for",
    ],
    [() => made.tensor([[1, "2"]]), 'tensor: element 1 is the string "2", it has to be a number: Number(…) makes'],
    [() => made.tensor([1, undefined]), "tensor: element 1 is undefined, it has to be a number"],
    [
      () => made.tensor([ones([2])]),
      "tensor: element 0 is a tensor [2], it has to be a number: stack([…]) puts tensors",
    ],
    [() => made.tensor("12"), 'tensor: the data is the string "12", it has to be a number: Number(…)'],
    [() => made.tensor(), "tensor: the data is undefined"],
    [() => made.tensor(new BigInt64Array(1)), "tensor: the data is a BigInt64Array, it has to be a number"],
    [() => made.tensor(ones([2])), "tensor: the data is a tensor [2] already: clone() copies one"],
    [() => made.full([2], "1"), 'full: the value is the string "1", it has to be a number'],
    [() => x.fill_(undefined), "fill_: the value is undefined, it has to be a number"],
    [() => x.clamp({ min: 0 }), "clamp: the lower bound is an object { min }, it has to be a number"],
    [() => x.leakyRelu({ slope: 1 }), "leakyRelu: the slope is an object { slope }, it has to be a number"],
    [() => x.gelu("erf"), 'gelu: the approximation is the string "erf", it is "none" or "tanh"'],
    [() => x.reshape("3,2"), 'reshape: expects numbers, or an array of them, got the string "3,2"'],
    [() => x.reshape({ shape: [6] }), "reshape: expects numbers, or an array of them, got an object { shape }"],
    [() => x.expand(2, "3"), 'expand: expects numbers, or an array of them, got the number 2, the string "3"'],
  ],
  "numbers for int32": [
    [() => tensor([1.5], { dtype: "int32" }), "tensor: an int32 tensor cannot hold 1.5: use .float() first"],
    [() => tensor([Number.NaN], { dtype: "int32" }), "tensor: an int32 tensor cannot hold NaN"],
    [() => tensor([3e9], { dtype: "int32" }), "tensor: an int32 tensor cannot hold 3000000000"],
    [() => tensor(Float64Array.of(0.5), { dtype: "int32" }), "tensor: an int32 tensor cannot hold 0.5"],
    [() => full([1], 3e9, { dtype: "int32" }), "full: an int32 tensor cannot hold 3000000000"],
    [() => int(1).add(Number.POSITIVE_INFINITY), "add: an int32 tensor cannot hold Infinity"],
    [() => int(1).fill_(1.5), "fill_: an int32 tensor cannot hold 1.5"],
  ],
};

describe.each(Object.entries(trials))("something else %s", (_, list) => {
  it.each(list.map(([wrong, message]) => ({ wrong, message })))("is refused: $message", ({ wrong, message }) => {
    expect(wrong).toThrow(message);
  });
});
