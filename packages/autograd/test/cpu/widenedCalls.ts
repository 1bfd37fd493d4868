// Calls of kernels with loops that are to be widened. Run by itself it makes each until the engine has optimised it:
// widening.test.ts reads what the engine tells.
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { type Helpers, type Kernels, Operand, Problem, Slot } from "../../src/devices/cpu/generated/interface.mjs";
import { compileKernels, instantiate } from "../../src/devices/cpu/module.ts";

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
  AdamW: ({ kernels }, n) => kernels.adamW(0, n * n, X, Y, Z, W, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.999, 1, 1e-3, 1),
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true });
  const kernels = instantiate(compileKernels("widened").module, memory);
  kernels.setScratch(SCRATCH);
  // At once, and not some time later beside the program.
  setFlagsFromString("--wasm-sync-tier-up");
  const build = { kernels, numbers: new Float32Array(memory.buffer) };
  for (let i = 0; i < 60; i++) for (const call of Object.values(CALLS)) call(build, 192);
}
