// What the cpu device calls. Every kernel that can be shared out among threads begins with `begin, end`: the units
// (elements, rows, tiles: its comment says which) that this call is to do. Addresses and steps are in bytes.

export { attention } from "./attention";
export { attentionGrad } from "./attentionGrad";
export { clearRows, divideRows, gradRows, keysSeen, weighRows } from "./attentionRows";
export { copy, transpose } from "./copy";
export { crossEntropy, crossEntropyGrad } from "./crossEntropy";
export { binaryFlat, binaryRows, fill, unary, unaryGrad, unaryInt, where } from "./elementwise";
export { biasGelu, biasGeluGrad, sumSquares } from "./fused";
export { embed, embedGrad, firstOutside, gather, indexAdd, indexSelect, scatterAdd } from "./indexing";
export { matmul, scratchAddress, scratchSize, setScratch } from "./matmul";
export { adamW, adamWAll } from "./optimizer";
export { dropout, normal, uniform } from "./random";
export { argReduce, cumsum, reduceColumns, reduceInt, reduceRows, sumStretches, topk } from "./reduce";
export { layerNorm, layerNormGrad, logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from "./rows";
export { linear } from "./thin";

/** First address behind the module's own constants. */
export function heapBase(): usize {
  return __heap_base;
}
