import { describe, expect, it } from "vitest";
import {
  arange,
  concat,
  crossEntropy,
  type Device,
  device,
  dropout,
  embedding,
  eye,
  full,
  gradients,
  layerNorm,
  linear,
  multiHeadAttention,
  multinomial,
  oneHot,
  ones,
  randint,
  registerDevice,
  Storage,
  scaledDotProductAttention,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../src/index.ts";

setDefaultDevice("reference");

const int = (...values: number[]) => tensor(Int32Array.from(values));

/** What is tried, and the message a student gets. */
type Trial = [wrong: () => unknown, message: string];

const trials: Record<string, Trial[]> = {
  "shapes of arithmetic": [
    [() => zeros([2, 3]).add(zeros([4])), "add: shapes do not broadcast: [2, 3] and [4] (sizes 3 and 4, axis -1)"],
    [() => zeros([2, 3]).lt(zeros([3, 3])), "lt: shapes do not broadcast: [2, 3] and [3, 3] (sizes 2 and 3, axis -2)"],
    [() => where(int(1, 0), zeros([3]), 0), "where: shapes do not broadcast: [2] and [3]"],
    [() => zeros([3]).maskedFill(int(1, 0), 0), "where: shapes do not broadcast"],
  ],
  products: [
    [() => zeros([12, 64, 128]).matmul(zeros([64, 128])), "matmul: inner sizes differ: [12, 64, 128] x [64, 128]"],
    [() => zeros([2]).matmul(zeros([3])), "matmul: inner sizes differ: [2] x [3]"],
    [() => zeros([]).matmul(zeros([3])), "matmul: needs at least one axis on both sides: [] x [3]"],
    [
      () => zeros([2, 2, 3]).matmul(zeros([3, 3, 4])),
      "matmul: shapes do not broadcast: [2] and [3] (sizes 2 and 3, axis -1)",
    ],
    [() => int(1, 2).matmul(zeros([2])), "matmul: multiplies float32 tensors, got int32 x float32: use .float()"],
    [() => linear(zeros([2, 3]), zeros([4, 5])), "linear: inner sizes differ: x [2, 3], weight [4, 5]"],
    [() => linear(zeros([2, 3]), zeros([4, 3]), zeros([3])), "linear: the bias is [3], weight [4, 3]"],
  ],
  "kinds of numbers": [
    [() => zeros([2]).add(int(1, 2)), "add: dtypes differ: float32 [2] and int32 [2]: use .float() or .int()"],
    [() => int(1, 2).mul(0.5), "mul: an int32 tensor cannot hold 0.5: use .float() first"],
    [() => int(1, 2).gt(0.5), "gt: an int32 tensor cannot hold 0.5: use .float() first"],
    [() => int(1, 2).div(2), "div: divides float32 tensors: use .float()"],
    [() => int(1, 2).div_(2), "div: divides float32 tensors: use .float()"],
    [() => int(1, 2).pow(2), "pow: raises float32 tensors: use .float()"],
    [() => int(1, 2).exp(), "exp: works on float32, this tensor is int32: use .float()"],
    [() => int(1, 2).softmax(0), "softmax: works on float32, this tensor is int32: use .float()"],
    [() => int(1, 2).maskedFill(int(1, 0), -Infinity), "where: an int32 tensor cannot hold -Infinity"],
    [() => full([2], 1.5, { dtype: "int32" }), "full: an int32 tensor cannot hold 1.5"],
    [() => where(int(1), zeros([1]), int(1)), "where: dtypes differ: float32 and int32"],
    [() => where(ones([2]), 1, 0), "where: the condition is float32, it has to be int32, as a comparison gives it"],
    [() => concat([zeros([2]), int(1)]), "concat: float32 [2] and int32 [1] differ in more than axis 0"],
    [() => stack([zeros([1]), int(1)]), "stack: float32 [1] and int32 [1] differ"],
    [() => zeros([2]).add(undefined as unknown as number), "add: expects a tensor or a number, got undefined"],
    [() => layerNorm(int(1, 2)), "layerNorm: works on float32, this tensor is int32: use .float()"],
    [() => crossEntropy(int(1, 2), int(0).squeeze()), "crossEntropy: works on float32, this tensor is int32"],
    [() => dropout(int(1, 2), 0.5), "dropout: works on float32, this tensor is int32: use .float()"],
  ],
  axes: [
    [() => zeros([2, 3]).sum(2), "sum: axis 2 is outside -2 … 1 for a tensor of 2 axes"],
    [() => zeros([2, 3]).mean([0, -2]), "mean: an axis is named twice in [0,-2]"],
    [() => zeros([2, 3]).softmax(-3), "softmax: axis -3 is outside -2 … 1"],
    [() => zeros([2, 3]).transpose(0, 5), "transpose: axis 5 is outside"],
    [() => zeros([2, 3]).permute(0, 0), "permute: [0,0] is no order of the 2 axes of [2, 3]"],
    [() => zeros([2, 3]).unsqueeze(4), "unsqueeze: axis 4 is outside -3 … 2"],
    [() => zeros([2, 3]).squeeze(2), "squeeze: axis 2 is outside"],
    [() => zeros([2, 3]).flatten(1, 0), "flatten: axis 1 lies behind axis 0"],
    [() => zeros([]).cumsum(0), "cumsum: there is no axis 0: the tensor is a single number"],
    [() => zeros([2, 0]).max(1), "max: there is no element along axes [1] of [2, 0]"],
    [() => zeros([2, 0]).argmax(1), "argmax: there is no element along axes [1] of [2, 0]"],
    [() => zeros([0]).argmax(), "argmax: [0] has no elements"],
  ],
  "shapes and parts": [
    [() => zeros([2, 3]).reshape(4, 2), "reshape: 6 elements do not fill [4, 2]"],
    [() => zeros([2, 3]).reshape(-1, 4), "reshape: 6 elements do not fill [-1, 4]"],
    [() => zeros([2, 3]).reshape(-1, -1), "reshape: 6 elements do not fill [-1, -1]"],
    [() => zeros([2, 3]).expand(3, 3), "expand: [2, 3] does not expand to [3, 3]"],
    [() => zeros([2, 3]).expand(3), "expand: [2, 3] does not expand to [3]"],
    [() => zeros([3]).expand(-1, 3), "expand: [3] has no axis for every -1 of [-1, 3]"],
    [() => zeros([3]).slice(0, 0, 3, 0), "slice: the step is 0, it has to be 1 or more"],
    [() => zeros([3]).slice(0, 0.5), "slice: the bounds 0.5 and 3 have to be whole numbers"],
    [() => zeros([3]).slice(1), "slice: axis 1 is outside"],
    [() => zeros([3, 4]).select(0, 3), "select: there is no index 3 along axis 0 of [3, 4]"],
    [() => zeros([5]).split([2, 2]), "split: the sizes [2,2] do not add up to 5, axis 0 of [5]"],
    [() => zeros([5]).split([6, -1]), "split: the sizes [6,-1] do not add up"],
    [() => zeros([5]).split(0), "split: the size is 0, it has to be a whole number from 1"],
    [
      () => zeros([5]).split(undefined as unknown as number),
      "split: the size is undefined, it has to be a whole number from 1",
    ],
    [
      () => concat([zeros([2, 3]), zeros([3, 3])], 1),
      "concat: float32 [2, 3] and float32 [3, 3] differ in more than axis 1",
    ],
    [() => concat([]), "concat: needs at least one tensor"],
    [() => stack([]), "stack: needs at least one tensor"],
    [() => stack([zeros([2]), zeros([3])]), "stack: float32 [2] and float32 [3] differ"],
    [() => zeros([3]).tril(), "tril: needs a matrix, got [3]"],
  ],
  indices: [
    [() => zeros([2, 3]).indexSelect(0, int(2)), "indexSelect: index 2 is outside 0 … 1"],
    [() => zeros([2, 3]).indexSelect(0, int(-1)), "indexSelect: index -1 is outside 0 … 1"],
    [
      () => zeros([2, 3]).indexSelect(0, zeros([1])),
      "indexSelect: the index [1] is float32, it has to be int32: use .int()",
    ],
    [() => zeros([2, 3]).indexSelect(0, zeros([1, 1]).int()), "indexSelect: the index has one axis, this is [1, 1]"],
    [() => zeros([3]).gather(0, int(3)), "gather: index 3 is outside 0 … 2"],
    [() => zeros([2, 3]).gather(1, int(0, 1)), "gather: the index [2] and [2, 3] may differ along axis 1 alone"],
    [() => zeros([3]).scatterAdd(0, int(0, 1), ones([1])), "scatterAdd: index [2] and source [1] differ"],
    [() => zeros([3]).scatterAdd(0, int(5), ones([1])), "scatterAdd: index 5 is outside 0 … 2"],
    [() => embedding(zeros([5, 2]), int(1, 7)), "embedding: token 7 is outside the vocabulary 0 … 4"],
    [() => embedding(zeros([5]), int(1)), "embedding: the table is [vocabulary, width], got [5]"],
    [() => embedding(zeros([5, 2]), zeros([1])), "embedding: the index [1] is float32, it has to be int32"],
    [() => oneHot(int(0), 0), "oneHot: 0 classes cannot hold an index"],
    [() => zeros([3]).topk(4), "topk: k is 4, axis -1 of [3] has 3 elements"],
    [() => multinomial(ones([3]), 4), "multinomial: 4 draws without replacement from 3: [3]"],
  ],
  layers: [
    [() => layerNorm(zeros([2, 3]), ones([2])), "layerNorm: the weight is [2], x [2, 3]: it has to be [3]"],
    [() => layerNorm(zeros([2, 3]), undefined, ones([3])), "layerNorm: a bias needs a weight"],
    [() => layerNorm(zeros([])), "layerNorm: needs at least one axis, got []"],
    [() => dropout(zeros([2]), 1.5), "dropout: p is 1.5, a probability lies from 0 to 1"],
    [() => dropout(zeros([2]), Number.NaN), "dropout: p is NaN"],
    [
      () => crossEntropy(zeros([2, 3]), int(0, 1, 2)),
      "crossEntropy: targets need the shape of the logits without the last axis: logits [2, 3], targets [3]",
    ],
    [() => crossEntropy(zeros([2, 3]), zeros([2])), "crossEntropy: targets are int32 class indices, got float32"],
    [() => crossEntropy(zeros([2, 3]), int(0, 3)), "crossEntropy: target 3 of row 1 is outside 0 … 2"],
    [
      () => crossEntropy(zeros([2, 3]), int(0, 1), { weight: ones([2]) }),
      "crossEntropy: the class weights are [2], there are 3 classes",
    ],
    [
      () => crossEntropy(zeros([1, 2]), int(0), { weight: ones([2], { requiresGrad: true }) }),
      "crossEntropy: class weights get no gradient: detach() them",
    ],
    [
      () => crossEntropy(zeros([2, 3]), int(0, 1), { labelSmoothing: 2 }),
      "crossEntropy: label smoothing is 2, it lies from 0 to 1",
    ],
    [
      () => scaledDotProductAttention(zeros([2, 3, 4]), zeros([2, 3, 5]), zeros([2, 3, 5])),
      "scaledDotProductAttention: queries and keys differ in size: q [2, 3, 4], k [2, 3, 5], v [2, 3, 5]",
    ],
    [
      () => scaledDotProductAttention(zeros([2, 3, 4]), zeros([2, 3, 4]), zeros([2, 2, 4])),
      "scaledDotProductAttention: there has to be one value a key: q [2, 3, 4]",
    ],
    [
      () => scaledDotProductAttention(zeros([3]), zeros([3]), zeros([3])),
      "scaledDotProductAttention: needs [..., time, size]: q [3]",
    ],
    [
      () => scaledDotProductAttention(zeros([2, 3, 4]), zeros([2, 3, 4]), zeros([2, 3, 4]), { mask: zeros([2, 4]) }),
      "scaledDotProductAttention: the mask [2, 4] does not expand to one value a query and key, [2, 3, 3]",
    ],
    [
      () => multiHeadAttention(zeros([2, 3, 10]), 2),
      "multiHeadAttention: [2, 3, 10] is no [batch, time, 3 width] for 2 heads",
    ],
  ],
  creation: [
    [() => tensor([[1, 2], [3]]), "tensor: the nested arrays are ragged: 1 elements along axis 1 of [2, 2]"],
    [() => tensor([[1], 2]), "tensor: the nested arrays are ragged: a number along axis 1 of [2, 1]"],
    [() => tensor([1, [2]]), "tensor: the nested arrays are ragged: an array where [2] has a number"],
    [() => tensor([1, 2, 3], { shape: [2, 2] }), "tensor: 3 numbers do not fill [2, 2]"],
    [() => zeros([2, -1]), "zeros: [2, -1] is no shape: sizes are whole numbers from 0"],
    [() => ones([1.5]), "ones: [1.5] is no shape"],
    [() => eye(-1), "eye: [-1, -1] is no shape"],
    [() => arange(0, 3, 0), "arange: the step is 0"],
    [() => arange(Number.NaN), "arange: 0, NaN and 1 give no count of numbers"],
    [() => randint(3, 3, [2]), "randint: no whole number lies from 3 to below 3"],
  ],
  gradients: [
    [() => int(1).requiresGrad_(), "requiresGrad_: only float32 tensors have gradients"],
    [() => tensor(Int32Array.of(1), { requiresGrad: true }), "only float32 tensors have gradients"],
    [() => gradients(zeros([1]), [zeros([1])]), "gradients: nothing to differentiate"],
  ],
  reading: [
    [() => zeros([2]).itemSync(), "itemSync: needs one element, this tensor is [2]"],
    [() => zeros([0]).itemSync(), "itemSync: needs one element, this tensor is [0]"],
  ],
  devices: [
    [
      () => zeros([2]).add(zeros([3], { device: "cpu" })),
      "add: tensors are on different devices: reference [2] and cpu [3]: move one with t.to(device)",
    ],
    [() => zeros([2]).add_(zeros([2], { device: "cpu" })), "add_: tensors are on different devices: reference and cpu"],
    [() => device("tpu"), 'device: there is no "tpu": there are reference, cpu'],
    [() => zeros([2]).to("abacus"), 'device: there is no "abacus"'],
  ],
};

describe.each(Object.entries(trials))("wrong %s", (_, list) => {
  it.each(list.map(([wrong, message]) => ({ wrong, message })))("are refused: $message", ({ wrong, message }) => {
    expect(wrong).toThrow(message);
  });
});

describe("a device whose memory is not on the host", () => {
  const reference = device("reference");
  /** The reference, seen through a queue as a GPU is. */
  const far: Device = {
    ...reference,
    name: "far",
    hostMemory: false,
    allocate: (length, dtype) => new Storage(far, dtype, length, reference.allocate(length, dtype).handle),
    downloadSync: () => {
      throw new Error("never called");
    },
  };
  registerDevice(far);

  it("is read by awaiting alone, and says so", async () => {
    const x = tensor([1, 2], { device: "far" }).mul(2);
    for (const read of [() => x.dataSync(), () => x.arraySync(), () => x.sum().itemSync(), () => x.to("reference")]) {
      expect(read).toThrow("the memory of device far cannot be read at once: use await t.data()");
    }
    expect(await x.array()).toEqual([2, 4]);
    expect(await x.sum().item()).toBe(6);
  });

  it("takes part in everything else", async () => {
    const x: Tensor = tensor([1, 2], { device: "far", requiresGrad: true });
    x.square().sum().backward();
    expect(await x.grad!.array()).toEqual([2, 4]);
    expect(await tensor([3]).to("far").add(1).array()).toEqual([4]);
    await expect(x.item()).rejects.toThrow("item: needs one element, this tensor is [2]");
  });
});
