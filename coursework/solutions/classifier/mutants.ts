import type { Mutants } from "../../../scripts/src/course/task.ts";

const BLOCKS = "Array.from({ length: layers }, () => new nn.TransformerBlock({ width, heads, causal: false }))";
const LOSS = "crossEntropy(this.forward(tokens, paddingMask), labels)";

export const mutants: Mutants = {
  sharedBlock: [[BLOCKS, "new Array(layers).fill(new nn.TransformerBlock({ width, heads, causal: false }))"]],
  causal: [["causal: false", "causal: true"]],
  noPositions: [["this.positions.forward(this.tokens.forward(tokens))", "this.tokens.forward(tokens)"]],
  firstBlock: [["of this.blocks)", "of this.blocks.slice(0, 1))"]],
  unmaskedBlocks: [["block.forward(x, { paddingMask })", "block.forward(x)"]],
  unmaskedPooling: [["this.pooling.forward(x, paddingMask)", "this.pooling.forward(x)"]],
  noNorm: [["    x = this.norm.forward(x);\n", ""]],
  softmaxFirst: [[LOSS, "crossEntropy(this.forward(tokens, paddingMask).softmax(-1), labels)"]],
  summed: [[LOSS, 'crossEntropy(this.forward(tokens, paddingMask), labels, { reduction: "sum" })']],
  lossWithoutMask: [[LOSS, "crossEntropy(this.forward(tokens), labels.mul(paddingMask.max()))"]],
};
