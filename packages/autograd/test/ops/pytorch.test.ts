import {
  concat,
  crossEntropy,
  device,
  embedding,
  gradients,
  layerNorm,
  linear,
  oneHot,
  scaledDotProductAttention,
  stack,
  type Tensor,
  tensor,
  where,
} from "../../src/index.ts";
import { describeAgreement } from "./torchCases.ts";

const weight = (x: Tensor) => tensor([0.5, 1.5, 2], { device: x.device });

/** One function of several tensors for each case: what `fixtures/make_ops.py` does in PyTorch. */
const ops: Record<string, (...inputs: Tensor[]) => Tensor> = {
  add: (a, b) => a.add(b),
  "add broadcast": (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  "sub broadcast": (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  "mul broadcast": (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  "div broadcast": (a, b) => a.div(b),
  pow: (a, b) => a.pow(b),
  "pow at zero": (a, b) => a.pow(b),
  "pow number": (x) => x.pow(3),
  "pow fraction": (x) => x.pow(-1.5),
  maximum: (a, b) => a.maximum(b),
  minimum: (a, b) => a.minimum(b),
  affine: (x) => x.mul(3).add(1).div(4).neg().add(2),
  eq: (a, b) => a.eq(b),
  ne: (a, b) => a.ne(b),
  lt: (a, b) => a.lt(b),
  le: (a, b) => a.le(b),
  gt: (a, b) => a.gt(b),
  ge: (a, b) => a.ge(b),

  exp: (x) => x.exp(),
  abs: (x) => x.abs(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
  leakyRelu: (x) => x.leakyRelu(0.2),
  gelu: (x) => x.gelu(),
  geluTanh: (x) => x.gelu("tanh"),
  silu: (x) => x.silu(),
  sign: (x) => x.sign(),
  floor: (x) => x.floor(),
  round: (x) => x.round(),
  clamp: (x) => x.clamp(-0.5, 1),
  "clamp low": (x) => x.clamp(0),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),

  where: (c, a, b) => where(c, a, b),
  maskedFill: (x, mask) => x.maskedFill(mask, -3),
  tril: (x) => x.tril(-1),
  triu: (x) => x.triu(1),

  sum: (x) => x.sum(),
  "sum 1": (x) => x.sum(1),
  "sum 0 2 keep": (x) => x.sum([0, 2], { keepDim: true }),
  "sum -1 -2": (x) => x.sum([-1, -2]),
  mean: (x) => x.mean(),
  "mean 1": (x) => x.mean(1),
  "mean 0 2 keep": (x) => x.mean([0, 2], { keepDim: true }),
  "mean -1 -2": (x) => x.mean([-1, -2]),
  var: (x) => x.var(),
  "var 1": (x) => x.var(1),
  "var 0 2 keep": (x) => x.var([0, 2], { keepDim: true }),
  "var -1 -2": (x) => x.var([-1, -2]),
  max: (x) => x.max(),
  "max 1": (x) => x.max(1),
  "max 0 2 keep": (x) => x.max([0, 2], { keepDim: true }),
  "max -1 -2": (x) => x.max([-1, -2]),
  min: (x) => x.min(),
  "min 1": (x) => x.min(1),
  "min 0 2 keep": (x) => x.min([0, 2], { keepDim: true }),
  "min -1 -2": (x) => x.min([-1, -2]),
  logSumExp: (x) => x.logSumExp(),
  "logSumExp 1": (x) => x.logSumExp(1),
  "logSumExp 0 2 keep": (x) => x.logSumExp([0, 2], { keepDim: true }),
  "logSumExp -1 -2": (x) => x.logSumExp([-1, -2]),
  "max of equals": (x) => x.max(-1),
  "std without correction": (x) => x.std(0, { correction: 0 }),
  argmax: (x) => x.argmax(1),
  "argmax of all": (x) => x.argmax(),
  argmin: (x) => x.argmin(0),
  cumsum: (x) => x.cumsum(1),
  "topk values": (x) => x.topk(2, 0).values,
  "topk indices": (x) => x.topk(3, -1, { largest: false }).indices,

  matmul: (a, b) => a.matmul(b),
  "matmul batched": (a, b) => a.matmul(b),
  "matmul broadcast": (a, b) => a.matmul(b),
  "matmul of a batch with a matrix": (a, b) => a.matmul(b),
  "matmul of vectors": (a, b) => a.matmul(b),
  "matmul of a vector with a matrix": (a, b) => a.matmul(b),
  "matmul of a batch with a vector": (a, b) => a.matmul(b),
  "matmul transposed": (a, b) => a.matmul(b.T),
  "matmul transposed left": (a, b) => a.T.matmul(b),
  linear: (x, w, b) => linear(x, w, b),

  reshape: (x) => x.T.reshape(4, -1),
  transpose: (x) => x.transpose(0, 2),
  permute: (x) => x.permute(2, 0, 1),
  expand: (x) => x.expand(2, -1, 3),
  slice: (x) => x.slice(1, 1, 5, 2),
  select: (x) => x.select(1, -1),
  concat: (a, b) => concat([a, b], 1),
  stack: (a, b) => stack([a, b], -1),
  split: (x) => x.split([1, 3], 1)[1],

  gather: (x, index) => x.gather(1, index),
  indexSelect: (x, index) => x.indexSelect(0, index),
  scatterAdd: (x, index, source) => x.scatterAdd(1, index, source),
  oneHot: (index) => oneHot(index, 4),
  embedding: (table, tokens) => embedding(table, tokens),

  softmax: (x) => x.softmax(-1),
  "softmax first axis": (x) => x.softmax(0),
  logSoftmax: (x) => x.logSoftmax(-1),
  layerNorm: (x, w, b) => layerNorm(x, w, b),
  "layerNorm plain": (x) => layerNorm(x, undefined, undefined, 0.1),

  attention: (q, k, v) => scaledDotProductAttention(q, k, v),
  "attention causal": (q, k, v) => scaledDotProductAttention(q, k, v, { causal: true }),
  "attention boolean mask": (q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask }),
  "attention additive mask": (q, k, v, mask) => scaledDotProductAttention(q, k, v, { mask }),
  "attention scale": (q, k, v) => scaledDotProductAttention(q, k, v, { scale: 0.25 }),

  "gradient penalty": (x, w1, b1, w2) => {
    const critic = linear(x, w1, b1).tanh().matmul(w2);
    const [slope] = gradients(critic.sum(), [x], { createGraph: true });
    return slope!.square().sum(-1).sqrt().sub(1).square().mean().add(critic.mean());
  },
  "second derivative of layerNorm and crossEntropy": (x, w, b, targets) => {
    const loss = crossEntropy(layerNorm(x, w, b), targets, { labelSmoothing: 0.1 });
    return gradients(loss, [x], { createGraph: true })[0]!.square().sum();
  },
  "second derivative of attention": (q, k, v) => {
    const y = scaledDotProductAttention(q, k, v, { causal: true }).square().sum();
    const slopes = gradients(y, [q, k, v], { createGraph: true });
    return slopes.map((slope) => slope!.square().sum()).reduce((a, b) => a.add(b));
  },
};

for (const reduction of ["mean", "sum", "none"] as const) {
  const name = `crossEntropy ${reduction}`;
  ops[name] = (x, targets) => crossEntropy(x, targets, { reduction });
  ops[`${name} ignore`] = (x, targets) => crossEntropy(x, targets, { reduction, ignoreIndex: 0 });
  ops[`${name} smooth`] = (x, targets) => crossEntropy(x, targets, { reduction, labelSmoothing: 0.2 });
  ops[`${name} weight`] = (x, targets) => crossEntropy(x, targets, { reduction, weight: weight(x) });
  ops[`${name} everything`] = (x, targets) =>
    crossEntropy(x, targets, { reduction, weight: weight(x), labelSmoothing: 0.1, ignoreIndex: 1 });
}

describeAgreement("ops.json", ops, [
  { device: device("reference"), tolerance: 1e-12 },
  { device: device("cpu"), tolerance: 2e-5 },
]);
