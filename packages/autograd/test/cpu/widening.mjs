// Runs the kernels that are to be widened until the engine has optimised them. widening.test.ts reads what the engine tells.
import { setFlagsFromString } from "node:v8";
import { compileKernels, instantiate } from "../../src/devices/cpu/module.ts";

const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true });
const kernels = instantiate(compileKernels("widened").module, memory);
const [X, Y, Z, W] = [1, 2, 3, 4].map((i) => i * 2 ** 20);
kernels.setScratch(12 * 2 ** 20);
// At once, and not some time later beside the program.
setFlagsFromString("--wasm-sync-tier-up");
const n = 192;
for (let i = 0; i < 60; i++) {
  for (const add of [false, true]) kernels.matmul(0, 1, n, n, n, 0, n, n, Z, X, n * 4, 4, Y, n * 4, 4, add);
  kernels.biasGelu(0, n, n, Z, X, W, true);
  kernels.biasGeluGrad(0, 1, n, n, n, Z, W, X, Y);
  kernels.adamW(0, n * n, X, Y, Z, W, 0.9, 0.1, 0.99, 0.01, 1e-8, 0.999, 1, 1e-3, 1);
}
