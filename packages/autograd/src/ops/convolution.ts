import { assertOptions, assertTensor } from "../check.ts";
import { assertFloat, defineOp, type Gradient } from "../op.ts";
import { formatShape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pad } from "./arranging.ts";
import { Filters, type Movement } from "./filters.ts";
import { linear } from "./linear.ts";
import { unfold } from "./windows.ts";

/** One number for every spatial axis, or one for each. */
export type PerAxis = number | readonly number[];

/** How filters move over what they see. */
export interface ConvolutionOptions {
  /** How far the filters move on; 1 unless said otherwise. */
  stride?: PerAxis;
  /** Zeros on both sides; 0 unless said otherwise. */
  padding?: PerAxis;
  /** How far a filter's elements are from each other; 1 unless said otherwise. */
  dilation?: PerAxis;
  /** The channels in so many parts, each of which has filters of its own; 1 unless said otherwise. */
  groups?: number;
}

/** A setting for each spatial axis. Errors: no whole number from `low`, or as many as there are no axes. */
export function perAxis(op: string, name: string, value: PerAxis, axes: number, low = 1): readonly number[] {
  const list = typeof value === "number" ? new Array<number>(axes).fill(value) : value;
  if (list.length === axes && list.every((n) => Number.isInteger(n) && n >= low)) return list;
  const kind = `a whole number from ${low}`;
  throw new RangeError(`${op}: ${name} is ${[list]}, it has to be ${kind}${axes > 1 ? `, or ${axes} of them` : ""}`);
}

/** Errors: a window that is larger than what it moves over. */
export function assertWindowsFit(
  op: string,
  { shape }: Tensor,
  { size, padding, dilation }: Readonly<Record<"size" | "padding" | "dilation", readonly number[]>>,
): void {
  for (const [axis, n] of size.entries()) {
    const reach = (n - 1) * dilation[axis] + 1;
    if (reach <= shape[axis + 2] + 2 * padding[axis]) continue;
    const padded = [...shape.slice(0, 2), ...shape.slice(2).map((length, i) => length + 2 * padding[i])];
    throw new RangeError(
      `${op}: a window of ${reach} is larger than the input, ${formatShape(padded)} with its padding`,
    );
  }
}

/** Windows along every axis behind [batch, channels]: [batch, channels, …windows, …size]. */
export function spatialWindows(x: Tensor, size: PerAxis, stride: PerAxis, dilation: PerAxis, op: string): Tensor {
  const axes = x.rank - 2;
  const [sizes, steps, gaps] = [
    perAxis(op, "the size", size, axes),
    perAxis(op, "the stride", stride, axes),
    perAxis(op, "the dilation", dilation, axes),
  ];
  assertWindowsFit(op, x, { size: sizes, padding: new Array<number>(axes).fill(0), dilation: gaps });
  return sizes.reduce((y, n, axis) => unfold(y, axis + 2, n, steps[axis], gaps[axis]), x);
}

/** x with so many elements of a value before and behind every axis after [batch, channels]. */
export function spatialPadding(x: Tensor, padding: PerAxis, op: string, value = 0): Tensor {
  const widths = perAxis(op, "the padding", padding, x.rank - 2, 0);
  return widths.every((n) => n === 0)
    ? x
    : pad(
        x,
        [...widths].reverse().flatMap((n) => [n, n]),
        { value },
      );
}

function assertFits(op: string, x: Tensor, weight: Tensor, bias: Tensor | undefined, groups: number): void {
  const axes = op === "conv1d" ? 1 : 2;
  for (const [role, part] of [
    ["the input", x],
    ["the weight", weight],
  ] as const)
    assertTensor(op, part, role);
  assertFloat(op, x);
  const shapes = `input ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}`;
  const places = axes === 1 ? "length" : "height, width";
  if (x.rank !== axes + 2) {
    throw new RangeError(`${op}: the input has to be [batch, channels, ${places}]: ${shapes}`);
  }
  if (!Number.isInteger(groups) || groups < 1 || x.shape[1] % groups !== 0 || weight.shape[0] % groups !== 0) {
    throw new RangeError(`${op}: the channels cannot be shared out among ${groups} groups: ${shapes}`);
  }
  if (weight.rank !== axes + 2 || weight.shape[1] * groups !== x.shape[1]) {
    const wanted = `[outputs, ${x.shape[1] / groups}, …]`;
    throw new RangeError(
      `${op}: the weight has to be ${wanted} for ${x.shape[1]} channels in ${groups} groups: ${shapes}`,
    );
  }
  if (bias !== undefined && (bias.rank !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new RangeError(`${op}: the bias is ${formatShape(bias.shape)}, there are ${weight.shape[0]} outputs`);
  }
}

/** Every window as a row, every filter as a column: a convolution is a matrix product (Chellapilla et al., 2006). */
function composite(x: Tensor, weight: Tensor, settings: Movement, bias: Tensor | undefined): Tensor {
  const { stride, padding, dilation, groups } = settings;
  const op = nameOf(x);
  const axes = x.rank - 2;
  const [batch, channels] = x.shape;
  const outputs = weight.shape[0];
  const windows = spatialWindows(spatialPadding(x, padding, op), weight.shape.slice(2), stride, dilation, op);
  const places = windows.shape.slice(2, 2 + axes);
  const around = places.map((_, axis) => axis + 2);
  const size = sizeOf(weight.shape.slice(1));
  const rows = batch * sizeOf(places);
  // [batch, …places, channels, …size]
  const patches = windows.permute(0, ...around, 1, ...around.map((axis) => axis + axes));
  let y: Tensor;
  if (groups === 1)
    y = linear(patches.reshape(rows, channels * (size / weight.shape[1])), weight.reshape(outputs, size), bias);
  else {
    const filters = weight.reshape(groups, outputs / groups, size);
    y = patches.reshape(rows, groups, size).transpose(0, 1).matmul(filters.T).transpose(0, 1).reshape(rows, outputs);
    if (bias !== undefined) y = y.add(bias);
  }
  return y.reshape([batch, ...places, outputs]).permute(0, axes + 1, ...places.map((_, axis) => axis + 1));
}

const nameOf = (x: Tensor) => (x.rank === 3 ? "conv1d" : "conv2d");

/** Without ever writing the windows down, where the device has kernels for that. */
const convolutionOp = defineOp("convolution", {
  kernels: ["convolve", "convolveGrad"],
  forward(ctx, x: Tensor, weight: Tensor, settings: Movement, bias: Tensor | undefined): Tensor {
    const filters = new Filters(x.shape, weight.shape, settings);
    const images = filters.images(ctx, x);
    const out = ctx.allocate([x.shape[0], weight.shape[0], ...filters.places]);
    const dense = ctx.dense(weight);
    ctx.device.convolve!(filters.flat(ctx, out), images, dense, bias && ctx.dense(bias), filters.options);
    ctx.save(images, dense);
    return out;
  },
  backward(ctx, dy, settings): Gradient[] {
    const [images, weight] = ctx.saved;
    const filters = new Filters(ctx.shapes[0], ctx.shapes[1], settings);
    const [dx, dweight] = [0, 1].map((i) => (ctx.needs[i] ? ctx.allocate(ctx.shapes[i]) : undefined));
    if (dx !== undefined) filters.gradOfImages(ctx, dx, dy, weight);
    if (dweight !== undefined) ctx.device.convolveGrad!(dweight, filters.wideRows(ctx, dy), images, filters.options);
    const dbias = ctx.needs[2] ? dy.sum(dy.shape.map((_, axis) => axis).filter((axis) => axis !== 1)) : undefined;
    return [dx, dweight, dbias];
  },
  suits: (x, weight, settings) => Filters.suit(x, weight, settings),
  composite,
});

function convolution(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: ConvolutionOptions,
): Tensor {
  assertOptions(op, options, ["stride", "padding", "dilation", "groups"]);
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  assertFits(op, x, weight, bias, groups);
  const axes = x.rank - 2;
  const settings = {
    stride: perAxis(op, "the stride", stride, axes),
    padding: perAxis(op, "the padding", padding, axes, 0),
    dilation: perAxis(op, "the dilation", dilation, axes),
    groups,
  };
  assertWindowsFit(op, x, { ...settings, size: weight.shape.slice(2) });
  return convolutionOp(x, weight, settings, bias);
}

/**
 * Filters that slide along sequences (cross-correlation, as every framework has it). x: [batch, channels, length],
 * weight: [outputs, channels / groups, size], bias: [outputs] -> [batch, outputs, …]. Errors: sizes that do not fit.
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution("conv1d", x, weight, bias, options);
}

/**
 * Filters that slide over images (LeCun et al., 1989). x: [batch, channels, height, width], weight: [outputs,
 * channels / groups, height, width], bias: [outputs] -> [batch, outputs, …, …]. Errors: sizes that do not fit.
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution("conv2d", x, weight, bias, options);
}
