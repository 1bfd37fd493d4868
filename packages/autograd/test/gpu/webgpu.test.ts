import type { Case } from "../conformance/check.ts";
import { describeInBrowser } from "./inBrowser.ts";

describeInBrowser("WebGPU", { backend: "webgpu", fused: false });

/** The kernels that WebGPU's own language has besides gpu.js. */
const ROWS = ["softmax", "softmaxGrad", "layerNorm", "layerNormGrad"];
const FUSED = [...ROWS, "attention", "attentionGrad", "adamW", "sumOfSquares"];

describeInBrowser("WebGPU with fused kernels", {
  backend: "webgpu",
  fused: true,
  concerns: ({ kernel }: Case) => FUSED.includes(kernel),
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
