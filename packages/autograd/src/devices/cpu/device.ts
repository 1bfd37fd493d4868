import { type Device, Storage } from "../../device.ts";
import { type DType, isFloat, type TypedArray } from "../../dtypes.ts";
import { BYTES } from "./addresses.ts";
import { attendCached, attention, attentionGrad } from "./attention.ts";
import * as convolution from "./convolution.ts";
import { binary, copy, fill, unary, unaryGrad, where } from "./elementwise.ts";
import * as fused from "./fused.ts";
import { embed, embedGrad, gather, indexAdd, indexSelect, scatterAdd } from "./indexing.ts";
import { finish, finishedMemory } from "./jobs.ts";
import { machine } from "./machine.ts";
import { matmul } from "./matmul.ts";
import { adamW, adamWAll, sumOfSquares } from "./optimizer.ts";
import { dropout, normal, uniform } from "./random.ts";
import * as recurrent from "./recurrent.ts";
import { argReduce, cumsum, reduce, topk } from "./reductions.ts";
import {
  crossEntropy,
  crossEntropyGrad,
  layerNorm,
  layerNormGrad,
  logSoftmax,
  logSoftmaxGrad,
  normalize,
  softmax,
  softmaxGrad,
} from "./rows.ts";

function allocate(length: number, dtype: DType): Storage {
  const { memory } = machine();
  memory.onPressure ??= () => cpuDevice.reclaim?.();
  return new Storage(cpuDevice, dtype, length, memory.allocate(length * BYTES));
}

function release(storage: Storage): void {
  machine().memory.release(storage.handle as number);
}

/**
 * The whole memory, with elements of the storage's type; it has to be asked for anew after every allocation. What has been
 * queued on that storage is computed.
 */
function elements(storage: Storage): Float32Array | Int32Array {
  const { floats, ints } = finishedMemory({ storage });
  return isFloat(storage.dtype) ? floats : ints;
}

function upload(storage: Storage, values: ArrayLike<number>, start: number): void {
  elements(storage).set(values, (storage.handle as number) / BYTES + start);
}

function downloadSync(storage: Storage, start: number, length: number): TypedArray {
  const first = (storage.handle as number) / BYTES + start;
  // slice() of a view on shared memory gives an array with memory of its own.
  return elements(storage).slice(first, first + length);
}

/**
 * The fast device: WebAssembly SIMD kernels (packages/autograd/kernels) on one shared memory. A storage's handle is the
 * address of its first byte.
 */
export const cpuDevice: Device = {
  name: "cpu",
  hostMemory: true,
  capacity: () => machine().memory.limit,

  allocate,
  release,
  upload,
  download: async (storage, start, length) => downloadSync(storage, start, length),
  downloadSync,
  finish: () => finish(),

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
  normalize,
  crossEntropy,
  crossEntropyGrad,

  adamW,
  adamWAll,
  sumOfSquares,

  embed,
  embedGrad,
  attention,
  attentionGrad,
  attendCached,
  ...fused,
  ...convolution,
  ...recurrent,
};
