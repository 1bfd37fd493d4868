import {
  type Axes,
  concat,
  crossEntropy,
  type KeepDim,
  layerNorm,
  scaledDotProductAttention,
  stack,
  type Tensor,
  tensor,
  where,
} from "../../src/index.ts";

/** Settings of an op, as the fixture has them. */
type Setting = number | boolean | string | null | number[];

type Op = (tensors: Tensor[], settings: Setting[]) => Tensor;

const INFINITIES: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, nan: Number.NaN };

/** A number, or a word in its place, as JSON has no infinities. */
export const numberOf = (value: number | string): number => (typeof value === "string" ? INFINITIES[value] : value);

/** Methods of one tensor that take nothing. */
const PLAIN = [
  ...(["exp", "log", "sqrt", "rsqrt", "reciprocal", "neg", "square", "abs", "sign", "floor", "round", "ceil"] as const),
  ...(["trunc", "sin", "cos", "tanh", "sigmoid", "relu", "silu", "erf", "softplus", "elu", "atan", "gelu"] as const),
  ...(["flatten", "squeeze"] as const),
];
/** Those that take an axis. */
const ALONG = ["softmax", "logSoftmax", "cumsum", "cumprod", "unsqueeze", "flip"] as const;
/** Those that take axes, or none, and whether to keep them. */
const REDUCING = ["sum", "mean", "max", "min", "logSumExp"] as const;
const TWO = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "matmul"] as const;

function attention(causal: boolean): Op {
  return ([q, k, v]) => {
    // [batch…, time, size] as [batch, heads, time, size], which the fused kernels take.
    const rows = (x: Tensor) => x.reshape(-1, 1, ...x.shape.slice(-2));
    return scaledDotProductAttention(rows(q), rows(k), rows(v), { causal }).reshape(q.shape);
  };
}

const constant = (values: Setting, like: Tensor) =>
  tensor(Int32Array.from(values as number[]), { device: like.device });

const keep = (on: Setting): KeepDim => ({ keepDim: on as boolean });
const axesOf = (axes: Setting) => (axes ?? undefined) as Axes | undefined;

/** What each op of make_programs.py is here. */
export const ops: Readonly<Record<string, Op>> = {
  ...Object.fromEntries(PLAIN.map((name): [string, Op] => [name, ([x]) => x[name]()])),
  ...Object.fromEntries(ALONG.map((name): [string, Op] => [name, ([x], [axis]) => x[name](axis as number)])),
  ...Object.fromEntries(
    REDUCING.map((name): [string, Op] => [name, ([x], [axes, keepDim]) => x[name](axesOf(axes), keep(keepDim))]),
  ),
  ...Object.fromEntries(TWO.map((name): [string, Op] => [name, ([a, b]) => a[name](b)])),
  var: ([x], [axes, keepDim, correction]) =>
    x.var(axesOf(axes), { ...keep(keepDim), correction: correction as number }),
  std: ([x], [axes, keepDim, correction]) =>
    x.std(axesOf(axes), { ...keep(keepDim), correction: correction as number }),
  norm: ([x], [axes, keepDim]) => x.norm(2, axesOf(axes), keep(keepDim)),
  leakyRelu: ([x], [slope]) => x.leakyRelu(slope as number),
  geluTanh: ([x]) => x.gelu("tanh"),
  clamp: ([x], [low, high]) => x.clamp(low as number, high as number),
  powNumber: ([x], [exponent]) => x.pow(exponent as number),
  addNumber: ([x], [b]) => x.add(b as number),
  mulNumber: ([x], [b]) => x.mul(b as number),
  divNumber: ([x], [b]) => x.div(b as number),
  maximumNumber: ([x], [b]) => x.maximum(b as number),
  reshape: ([x], [shape]) => x.reshape(shape as number[]),
  expand: ([x], [shape]) => x.expand(shape as number[]),
  transpose: ([x], [a, b]) => x.transpose(a as number, b as number),
  slice: ([x], settings) => x.slice(...(settings as [number, number, number, number])),
  select: ([x], [axis, index]) => x.select(axis as number, index as number),
  tril: ([x], [diagonal]) => x.tril(diagonal as number),
  triu: ([x], [diagonal]) => x.triu(diagonal as number),
  indexSelect: ([x], [axis, index]) => x.indexSelect(axis as number, constant(index, x)),
  topk: ([x], [k, axis, largest]) => x.topk(k as number, axis as number, { largest: largest as boolean }).values,
  sort: ([x], [axis]) => x.sort(axis as number).values,
  roll: ([x], [shift, axis]) => x.roll(shift as number, axis as number),
  pad: ([x], [widths]) => x.pad(widths as number[]),
  tile: ([x], [counts]) => x.tile(counts as number[]),
  maskNegative: ([x], [value]) => x.maskedFill(x.lt(0), numberOf(value as number | string)),
  whereRoot: ([x]) => where(x.gt(0), x.sqrt(), x),
  crossEntropy: ([x], [targets, labelSmoothing, reduction]) =>
    crossEntropy(x, constant(targets, x), {
      labelSmoothing: labelSmoothing as number,
      reduction: reduction as "mean" | "sum" | "none",
    }),
  layerNorm: ([x]) => layerNorm(x),
  concat: ([a, b]) => concat([a, b]),
  stack: ([a, b]) => stack([a, b], -1),
  whereGreater: ([a, b]) => where(a.gt(b), a, b),
  productOfTransposed: ([a, b]) => a.matmul(b.T),
  attention: attention(false),
  causalAttention: attention(true),
  lerp: ([a, b, c]) => a.add(b.sub(a).mul(c)),
};
