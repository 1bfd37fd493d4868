import type { Case } from "../conformance/check.ts";
import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("WebGPU", { backend: "webgpu", fused: false });

/**
 * The kernels that WebGPU's own language has besides gpu.js. Chromium's software adapter takes a second to compile each of
 * those for attention, so of their cases those are run that have most in them: hidden keys, causal, more than a tile, …
 */
const ATTENTION = ["causal, keys hidden here and there", "causal, hidden keys", "scores far apart, causal"];
const ROWS = ["softmax", "softmaxGrad", "layerNorm", "layerNormGrad", "adamW", "sumOfSquares"];

describeInBrowser("WebGPU with fused kernels", {
  backend: "webgpu",
  fused: true,
  concerns: ({ kernel, name }: Case) =>
    ROWS.includes(kernel) ||
    (kernel === "attention" && name === ATTENTION[0]) ||
    (kernel === "attentionGrad" && ATTENTION.slice(1).includes(name)),
});

/** The products that a student reads: WebGPU itself uses the tiled one. */
const products = ({ kernel }: Case) => kernel === "matmul";

describeInBrowser("WebGPU with four elements of a product a thread", {
  backend: "webgpu",
  product: "blocked",
  fused: false,
  concerns: products,
});

describeInBrowser("WebGPU with one element of a product a thread", {
  backend: "webgpu",
  product: "plain",
  fused: false,
  concerns: products,
});
