import { assertOptions, assertTensor } from "../check.ts";
import { tensor } from "../creation.ts";
import { INTEGER, isFloat } from "../dtypes.ts";
import { defineOp, type Gradient, type OpContext } from "../op.ts";
import { formatShape, rowMajorStrides } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { assertWindowsFit, type PerAxis, perAxis, spatialPadding, spatialWindows } from "./convolution.ts";
import { pairOf } from "./filters.ts";

/** How windows move over what they see. */
export interface PoolingOptions {
  /** How far the windows move on; their size unless said otherwise. */
  stride?: PerAxis;
  /** Elements on both sides that never win (max), or zeros (average); 0 unless said otherwise. */
  padding?: PerAxis;
}

/** How windows move, and how far apart their elements are. */
export interface MaxPoolingOptions extends PoolingOptions {
  /** How far a window's elements are from each other; 1 unless said otherwise. */
  dilation?: PerAxis;
}

/** How windows move, and whether padding counts. */
export interface AveragePoolingOptions extends PoolingOptions {
  /** Whether zeros of the padding count; true unless said otherwise. */
  countIncludePad?: boolean;
}

function assertInput(op: string, x: Tensor, axes: number): void {
  assertTensor(op, x, "the input");
  if (x.rank === axes + 2) return;
  const places = axes === 1 ? "length" : "height, width";
  throw new RangeError(`${op}: the input is ${formatShape(x.shape)}, it has to be [batch, channels, ${places}]`);
}

/** [batch, channels, …windows, elements] */
function windowsOf(op: string, x: Tensor, size: PerAxis, stride: PerAxis, dilation: PerAxis): Tensor {
  const windows = spatialWindows(x, size, stride, dilation, op);
  return windows.flatten(x.rank, -1);
}

/** How windows move, a number for each spatial axis. */
type Windows = Readonly<Record<"size" | "stride" | "padding" | "dilation", readonly number[]>>;

const composite = (x: Tensor, { size, stride, padding, dilation }: Windows): Tensor => {
  const op = nameOf(x);
  const padded = spatialPadding(x, padding, op, Number.NEGATIVE_INFINITY);
  const windows = windowsOf(op, padded, size, stride, dilation);
  // The first of equal ones gets the gradient, as in PyTorch; `max` would share it.
  return windows.gather(-1, windows.argmax(-1, { keepDim: true })).squeeze(-1);
};

const nameOf = (x: Tensor) => (x.rank === 3 ? "maxPool1d" : "maxPool2d");

/** [batch, channels, …] as planes; a sequence is one of height 1. */
const planesOf = (ctx: OpContext, x: Tensor): Tensor => {
  const shape = [x.shape[0] * x.shape[1], x.rank === 3 ? 1 : x.shape[2], x.shape[x.rank - 1]];
  return ctx.view(x, shape, rowMajorStrides(shape));
};

/** In one pass over the input, where the device has kernels for that. */
const maxPoolOp = defineOp("maxPool", {
  kernels: ["maxPool", "maxPoolGrad"],
  forward(ctx, x: Tensor, windows: Windows): Tensor {
    const { size, stride, padding, dilation } = windows;
    const places = size.map((n, axis) =>
      Math.floor((x.shape[axis + 2] + 2 * padding[axis] - (n - 1) * dilation[axis] - 1) / stride[axis] + 1),
    );
    const out = ctx.allocate([x.shape[0], x.shape[1], ...places]);
    const winners = ctx.allocate(out.shape, INTEGER);
    const options = {
      size: pairOf(size),
      stride: pairOf(stride),
      padding: pairOf(padding, 0),
      dilation: pairOf(dilation),
    };
    const input = planesOf(ctx, ctx.dense(x));
    ctx.device.maxPool!(planesOf(ctx, out), planesOf(ctx, winners), input, options);
    ctx.save(winners);
    return out;
  },
  backward(ctx, dy): Gradient[] {
    const [winners] = ctx.saved;
    const dx = ctx.allocate(ctx.shapes[0]);
    ctx.device.maxPoolGrad!(planesOf(ctx, dx), planesOf(ctx, ctx.dense(dy)), planesOf(ctx, winners));
    return [dx];
  },
  suits: (x) => isFloat(x.dtype) && x.size > 0,
  composite,
});

function maxPool(op: string, axes: number, x: Tensor, size: PerAxis, options: MaxPoolingOptions): Tensor {
  assertInput(op, x, axes);
  assertOptions(op, options, ["stride", "padding", "dilation"]);
  const { stride = size, padding = 0, dilation = 1 } = options;
  const windows = {
    size: perAxis(op, "the size", size, axes),
    stride: perAxis(op, "the stride", stride, axes),
    padding: perAxis(op, "the padding", padding, axes, 0),
    dilation: perAxis(op, "the dilation", dilation, axes),
  };
  assertWindowsFit(op, x, windows);
  return maxPoolOp(x, windows);
}

function averagePool(op: string, axes: number, x: Tensor, size: PerAxis, options: AveragePoolingOptions): Tensor {
  assertInput(op, x, axes);
  assertOptions(op, options, ["stride", "padding", "countIncludePad"]);
  const { stride = size, padding = 0, countIncludePad = true } = options;
  const sums = (y: Tensor) => windowsOf(op, spatialPadding(y, padding, op), size, stride, 1);
  if (countIncludePad) return sums(x).mean(-1);
  return sums(x)
    .sum(-1)
    .div(sums(x.filled(1)).sum(-1));
}

/** The mean over a part of an axis for each output, as a matrix [outputs, length]. */
function averaging(length: number, outputs: number, like: Tensor): Tensor {
  const values = new Float64Array(outputs * length);
  for (let i = 0; i < outputs; i++) {
    const [start, end] = [Math.floor((i * length) / outputs), Math.ceil(((i + 1) * length) / outputs)];
    values.fill(1 / (end - start), i * length + start, i * length + end);
  }
  return tensor(values, { shape: [outputs, length], dtype: like.dtype, device: like.device });
}

function adaptivePool(op: string, axes: number, x: Tensor, size: PerAxis): Tensor {
  assertInput(op, x, axes);
  const sizes = perAxis(op, "the output's size", size, axes);
  return sizes.reduce((y, n, axis) => {
    const at = axis + 2;
    if (n === 1) return y.mean(at, { keepDim: true });
    return y
      .transpose(at, -1)
      .matmul(averaging(x.shape[at], n, x).T)
      .transpose(at, -1);
  }, x);
}

/** The largest element of each window. x: [batch, channels, length] -> [batch, channels, windows]. */
export function maxPool1d(x: Tensor, size: PerAxis, options: MaxPoolingOptions = {}): Tensor {
  return maxPool("maxPool1d", 1, x, size, options);
}
/** The largest element of each window. x: [batch, channels, height, width] -> the same, smaller. */
export function maxPool2d(x: Tensor, size: PerAxis, options: MaxPoolingOptions = {}): Tensor {
  return maxPool("maxPool2d", 2, x, size, options);
}
/** The mean of each window. x: [batch, channels, length] -> [batch, channels, windows]. */
export function avgPool1d(x: Tensor, size: PerAxis, options: AveragePoolingOptions = {}): Tensor {
  return averagePool("avgPool1d", 1, x, size, options);
}
/** The mean of each window. x: [batch, channels, height, width] -> the same, smaller. */
export function avgPool2d(x: Tensor, size: PerAxis, options: AveragePoolingOptions = {}): Tensor {
  return averagePool("avgPool2d", 2, x, size, options);
}
/** Means of so many parts of equal size, as far as that goes. x: [batch, channels, length] -> [batch, channels, size]. */
export function adaptiveAvgPool1d(x: Tensor, size: PerAxis): Tensor {
  return adaptivePool("adaptiveAvgPool1d", 1, x, size);
}
/** Means of so many parts of equal size, as far as that goes. x: [batch, channels, height, width] -> the same, of that size. */
export function adaptiveAvgPool2d(x: Tensor, size: PerAxis): Tensor {
  return adaptivePool("adaptiveAvgPool2d", 2, x, size);
}
