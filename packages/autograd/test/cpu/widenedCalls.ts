// Calls of kernels with loops that are to be widened.
import {
  Binary,
  type Helpers,
  type Kernels,
  Operand,
  Problem,
  Slot,
  Unary,
  UnaryGrad,
} from "../../src/devices/cpu/generated/interface.mjs";

/** A build's kernels, and the memory that they work on. */
interface Build {
  readonly kernels: Kernels & Helpers;
  readonly numbers: Float32Array;
}

export const START = 2 ** 20;
export const SCRATCH = 12 * 2 ** 20;
const [X, Y, Z, W] = [0, 1, 2, 3].map((i) => START + i * 2 ** 20);
const AXES = 0; // No axes: the memory below the kernels' own holds zeros.
/** Where attention finds what it has to know. */
const PROBLEM = 1024;

/** Attention of n queries and keys in one head of 40: two times sixteen columns, and eight. */
function describe({ numbers }: Build, n: number): number {
  const [size, ints, at] = [40, new Int32Array(numbers.buffer), PROBLEM / 4];
  const fields = { heads: 1, queries: n, keys: n, size, causal: 1, block: 256, lse: W, mask: 0 };
  for (const [name, value] of Object.entries(fields)) ints[at + Problem[name as keyof typeof fields]] = value;
  numbers[at + Problem.scale] = 0.2;
  for (const [i, slot] of Object.values(Slot).entries()) {
    const operand = at + Problem.words + slot * Operand.words;
    ints[operand + Operand.address] = START + i * 2 ** 18;
    ints[operand + Operand.row] = size * 4;
  }
  return PROBLEM;
}

/** No row is more than the numbers there. */
const TARGETS = AXES;

/** One call for each of several ops. */
function each<Op extends number>(
  kind: string,
  ops: Readonly<Record<string, Op>>,
  call: (build: Build, n: number, op: Op) => void,
): Record<string, (build: Build, n: number) => void> {
  const all = Object.entries(ops).map(([name, op]) => [`the ${kind} ${name}`, (b: Build, n: number) => call(b, n, op)]);
  return Object.fromEntries(all);
}

/** By what they compute, in matrices of n x n; lengths with tails of every kind. */
export const CALLS: Record<string, (build: Build, n: number) => void> = {
  "a product": ({ kernels }, n) =>
    kernels.matmul(0, 1, n, n + 3, n, AXES, n, n + 3, Z, X, n * 4, 4, Y, (n + 3) * 4, 4, false),
  "a sum of products": ({ kernels }, n) =>
    kernels.matmul(0, 1, n, n + 3, n, AXES, n, n + 3, Z, X, n * 4, 4, Y, (n + 3) * 4, 4, true),
  "a product of transposed": ({ kernels }, n) =>
    kernels.matmul(0, 1, n, n, n, AXES, n, n, Z, X, 4, n * 4, Y, 4, n * 4, false),
  "a layer of one row": ({ kernels }, n) =>
    kernels.linear(0, Math.ceil(n / 16), 1, n, n, Z, X, n * 4, Y, n * 4, W, true),
  "bias and GELU": ({ kernels }, n) => kernels.biasGelu(0, n, n, Z, X, W, true),
  "the gradient of bias and GELU": ({ kernels }, n) => kernels.biasGeluGrad(0, 1, n, n, n, Z, W, X, Y),
  attention: (build, n) => build.kernels.attention(0, 1, describe(build, n)),
  "the gradient of attention": (build, n) => build.kernels.attentionGrad(0, 1, describe(build, n)),
  "layer norm": ({ kernels }, n) => kernels.layerNorm(0, n, n, Z, W, W + n * 4, X, Y, Y + n * 4, 1e-5),
  "the gradient of layer norm": ({ kernels }, n) =>
    kernels.layerNormGrad(0, 1, n, n, n, Z, W, W + n * 4, X, Y, X + n * 4, X + n * 8, Y),
  "the gradient of layer norm without a weight": ({ kernels }, n) =>
    kernels.layerNormGrad(0, 1, n, n, n, Z, W, W + n * 4, X, Y, X + n * 4, X + n * 8, 0),
  softmax: ({ kernels }, n) => kernels.softmax(0, n, n, Z, X),
  "the gradient of softmax": ({ kernels }, n) => kernels.softmaxGrad(0, n, n, Z, X, Y),
  "its logarithm": ({ kernels }, n) => kernels.logSoftmax(0, n, n, Z, X),
  "the gradient of its logarithm": ({ kernels }, n) => kernels.logSoftmaxGrad(0, n, n, Z, X, Y),
  "cross entropy": ({ kernels }, n) => kernels.crossEntropy(0, n, n, W, W + n * 4, W + n * 8, X, TARGETS, 0, -1, 0.1),
  "the gradient of cross entropy": ({ kernels }, n) =>
    kernels.crossEntropyGrad(0, n, n, Z, X, Y, X, TARGETS, 0, -1, 0.1),
  "a gated layer": ({ kernels }, n) => kernels.swiglu(0, n * n, Z, X, Y),
  "the gradient of a gated layer": ({ kernels }, n) => kernels.swigluGrad(0, n * n, Z, W, X, Y, X),
  ...each("function", Unary, ({ kernels }, n, op) => kernels.unary(0, n * n, op, Z, X, 0.3, 0.4)),
  ...each("gradient", UnaryGrad, ({ kernels }, n, op) => kernels.unaryGrad(0, n * n, op, Z, X, Y)),
  ...each("operation", Binary, ({ kernels }, n, op) => kernels.binaryFlat(0, n * n, false, op, Z, X, 4, Y, 4)),
  AdamW: ({ kernels }, n) => kernels.adamW(0, n * n, X, Y, Z, W, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.999, 1, 1e-3, 1),
};
