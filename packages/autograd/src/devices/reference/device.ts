import { type Device, Storage } from "../../device.ts";
import { type DType, isFloat, type TypedArray } from "../../dtypes.ts";
import { crossEntropy, crossEntropyGrad } from "./crossEntropy.ts";
import { memoryOf } from "./elements.ts";
import { binary, copy, fill, unary, unaryGrad, where } from "./elementwise.ts";
import { gather, indexAdd, indexSelect, scatterAdd } from "./indexing.ts";
import { layerNorm, layerNormGrad } from "./layerNorm.ts";
import { matmul } from "./matmul.ts";
import { adamW } from "./optim.ts";
import { dropout, normal, uniform } from "./random.ts";
import { argReduce, cumsum, reduce, topk } from "./reductions.ts";
import { logSoftmax, logSoftmaxGrad, softmax, softmaxGrad } from "./softmax.ts";

function allocate(length: number, dtype: DType): Storage {
  const memory = isFloat(dtype) ? new Float64Array(length) : new Int32Array(length);
  return new Storage(referenceDevice, dtype, length, memory);
}

function upload(storage: Storage, values: ArrayLike<number>, start: number): void {
  memoryOf(storage).set(values, start);
}

function downloadSync(storage: Storage, start: number, length: number): TypedArray {
  return memoryOf(storage).slice(start, start + length);
}

/**
 * The definition of every kernel, in its plainest form and in double precision. A storage's handle is
 * the array itself, a Float64Array or an Int32Array, which the garbage collector looks after.
 */
export const referenceDevice: Device = {
  name: "reference",
  hostMemory: true,

  allocate,
  release() {},
  upload,
  download: async (storage, start, length) => downloadSync(storage, start, length),
  downloadSync,

  copy,
  fill,
  unary,
  unaryGrad,
  binary,
  where,

  reduce,
  argReduce,
  cumsum,
  topk,

  matmul,

  gather,
  scatterAdd,
  indexSelect,
  indexAdd,

  uniform,
  normal,
  dropout,

  softmax,
  softmaxGrad,
  logSoftmax,
  logSoftmaxGrad,
  layerNorm,
  layerNormGrad,
  crossEntropy,
  crossEntropyGrad,

  adamW,
};
