export { AnomalyError, detectAnomaly } from "./anomaly.ts";
export * from "./creation.ts";
export type { Device, RandomKey, Strided } from "./device.ts";
export { DeviceLostError, Storage } from "./device.ts";
export { setBlas } from "./devices/cpu/blas.ts";
export { type CpuInfo, cpuInfo } from "./devices/cpu/info.ts";
export { getThreads, setThreads } from "./devices/cpu/machine.ts";
export type { MemoryStats } from "./devices/cpu/memory.ts";
export { defineKernel, type KernelDefinition, type Thread } from "./devices/gpu/defineKernel.ts";
export type { GpuInfo, GpuStats } from "./devices/gpu/device.ts";
export { gpuInfo, gpuStats, openGpu } from "./devices/gpu/open.ts";
export {
  defaultDevice,
  device,
  registerDevice,
  setDefaultDevice,
} from "./devices.ts";
export {
  bytesOf,
  type DType,
  FLOAT,
  INTEGER,
  isFloat,
  NUMBER_TYPES,
  type NumberTypeName,
  type TypedArray,
} from "./dtypes.ts";
export { type GradientsOptions, grad, gradients } from "./engine/functional.ts";
export type { GradientHook } from "./engine/graph.ts";
export { PartialGradient } from "./engine/partial.ts";
export { enableGrad, gradEnabled, noGrad } from "./engine/recording.ts";
export type { BackwardOptions } from "./engine/sweep.ts";
export { fusedEnabled, fusedKernels, setFused } from "./fused.ts";
export { gradcheck, gradgradcheck } from "./gradcheck.ts";
export { leavesOf } from "./leaves.ts";
export { keep, memoryUsage, resetPeakMemory, Scope, scope, settle } from "./lifetimes.ts";
export { defineOp, defineUpdate, type OpContext, type OpDefinition, type UpdateDefinition } from "./op.ts";
export { meshgrid, type PadOptions } from "./ops/arranging.ts";
export {
  type AttentionOptions,
  attentionWeights,
  causalMask,
  multiHeadAttention,
  scaledDotProductAttention,
} from "./ops/attention.ts";
export { cachedAttention } from "./ops/cachedAttention.ts";
export { type ConvolutionOptions, conv1d, conv2d, type PerAxis } from "./ops/convolution.ts";
export { type CrossEntropyOptions, crossEntropy } from "./ops/crossEntropy.ts";
export { dropout } from "./ops/dropout.ts";
export { einsum } from "./ops/einsum.ts";
export { embedding, embeddingWithPositions } from "./ops/embedding.ts";
export { oneHot } from "./ops/indexing.ts";
export { layerNorm } from "./ops/layerNorm.ts";
export { linear, linearGelu } from "./ops/linear.ts";
export * from "./ops/losses.ts";
export { where } from "./ops/masking.ts";
export { multinomial } from "./ops/multinomial.ts";
export { type AdamWOptions, type AdamWUpdate, adamW_, sumOfSquares } from "./ops/optimizer.ts";
export * from "./ops/pooling.ts";
export { type LSTMOptions, lstm } from "./ops/recurrent.ts";
export type { SortOptions } from "./ops/sorting.ts";
export { swiglu } from "./ops/swiglu.ts";
export { concat, stack } from "./ops/views.ts";
export { fold } from "./ops/windows.ts";
export { inUnits, OutOfMemory } from "./outOfMemory.ts";
export { nextTask } from "./platform.ts";
export { type Phase, type ProfileRow, profile } from "./profile.ts";
export { manualSeed, nextKey, random, randomState, setRandomState } from "./random.ts";
export { type OpReplacements, withOps } from "./replaced.ts";
export { formatShape, type Shape, sizeOf } from "./shape.ts";
export { type Axes, type KeepDim, type NestedArray, Tensor } from "./tensor.ts";
