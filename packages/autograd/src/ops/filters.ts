import type { FilterOptions } from "../device.ts";
import type { OpContext } from "../op.ts";
import { rowMajorStrides, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** How a convolution's filters move, a number for each spatial axis. */
export interface Movement {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

type Pair = readonly [height: number, width: number];

/** Settings of one axis as those of two, where the height is 1. */
export const pairOf = (values: readonly number[], height = 1): Pair =>
  values.length === 1 ? [height, values[0]] : [values[0], values[1]];

/** Where a gradient's places would be further apart than this, most of what is multiplied would be zeros. */
const WIDEST_STRIDE = 2;

/** What a device's `convolve` is given: images with their padding written out, and the same for gradients. */
export class Filters {
  readonly #batch: number;
  readonly #channels: number;
  readonly #outputs: number;
  readonly #image: Pair;
  readonly #padding: Pair;
  readonly #places: Pair;
  readonly options: FilterOptions;
  /** The output's spatial axes. */
  readonly places: Shape;

  constructor(x: Shape, weight: Shape, movement: Movement) {
    [this.#batch, this.#channels] = x;
    this.#outputs = weight[0];
    this.#image = pairOf(x.slice(2));
    this.#padding = pairOf(movement.padding, 0);
    const size = pairOf(weight.slice(2));
    const stride = pairOf(movement.stride);
    const dilation = pairOf(movement.dilation);
    const along = (axis: 0 | 1) => {
      const room = this.#image[axis] + 2 * this.#padding[axis] - (size[axis] - 1) * dilation[axis] - 1;
      return Math.floor(room / stride[axis]) + 1;
    };
    this.#places = [along(0), along(1)];
    this.places = x.length === 3 ? [this.#places[1]] : this.#places;
    this.options = { size, stride, dilation, reversed: false, columns: this.#places[1] };
  }

  /** Whether kernels can take such a convolution: one group, and no more padding than a filter sees. */
  static suit(x: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Movement): boolean {
    const sizes = weight.shape.slice(2);
    const isMild = sizes.every((n, axis) => padding[axis] <= (n - 1) * dilation[axis] && stride[axis] <= WIDEST_STRIDE);
    return groups === 1 && isMild && x.size > 0 && weight.size > 0;
  }

  /** [batch, channels, length] as images of height 1. */
  flat(ctx: OpContext, x: Tensor): Tensor {
    if (x.rank === 4) return x;
    const [batch, channels, length] = x.shape;
    const [first, second, last] = x.strides;
    return ctx.view(x, [batch, channels, 1, length], [first, second, length * last, last]);
  }

  /** x with its padding, each stride-th row and column together: [batch, channels, phases, height, width]. */
  images(ctx: OpContext, x: Tensor): Tensor {
    const { size, stride, dilation } = this.options;
    const phaseSize = ([0, 1] as const).map((axis) =>
      Math.ceil(((this.#places[axis] - 1) * stride[axis] + (size[axis] - 1) * dilation[axis] + 1) / stride[axis]),
    );
    const [height, width] = phaseSize.map((n, axis) => n * stride[axis]);
    const padded = padTo(ctx, this.flat(ctx, x), [height, width], this.#padding);
    const phases = stride[0] * stride[1];
    const shape = [this.#batch, this.#channels, phases, ...phaseSize];
    if (phases === 1) return ctx.view(padded, shape, rowMajorStrides(shape));
    const out = ctx.allocate(shape);
    const apart = [this.#batch, this.#channels, ...stride, ...phaseSize];
    const [image, channel] = padded.strides;
    const strides = [image, channel, width, 1, stride[0] * width, stride[1]];
    ctx.device.copy(ctx.view(out, apart, rowMajorStrides(apart)), ctx.view(padded, apart, strides));
    return out;
  }

  /** The gradient of x: that of the output, under filters from the last element to the first. */
  gradOfImages(ctx: OpContext, dx: Tensor, dy: Tensor, weight: Tensor): void {
    const { size, stride, dilation } = this.options;
    const reach = ([0, 1] as const).map((axis) => (size[axis] - 1) * dilation[axis]);
    const [height, width] = reach.map((n, axis) => this.#image[axis as 0 | 1] + n);
    const first: Pair = [reach[0] - this.#padding[0], reach[1] - this.#padding[1]];
    const spread = padTo(ctx, this.flat(ctx, dy), [height, width], first, stride);
    const shape = [this.#batch, this.#outputs, 1, height, width];
    const area = size[0] * size[1];
    const turned = ctx.dense(ctx.view(weight, [this.#channels, this.#outputs, area], [area, this.#channels * area, 1]));
    const options: FilterOptions = { size, stride: [1, 1], dilation, reversed: true, columns: this.#image[1] };
    ctx.device.convolve!(
      this.flat(ctx, dx),
      ctx.view(spread, shape, rowMajorStrides(shape)),
      turned,
      undefined,
      options,
    );
  }

  /** The output's gradient with rows as wide as those of the images, zeros at their ends. */
  wideRows(ctx: OpContext, dy: Tensor): Tensor {
    const { size, stride, dilation, columns } = this.options;
    const width = Math.ceil(((columns - 1) * stride[1] + (size[1] - 1) * dilation[1] + 1) / stride[1]);
    return padTo(ctx, this.flat(ctx, dy), [this.#places[0], width], [0, 0]);
  }
}

/** Images in larger ones of zeros, their first element at `first`, the others `stride` apart; what does not fit is left out. */
function padTo(ctx: OpContext, x: Tensor, [height, width]: Pair, first: Pair, stride: Pair = [1, 1]): Tensor {
  const [batch, channels, rows, columns] = x.shape;
  const fit = (n: number, room: number, step: number) => Math.min(n, Math.ceil(room / step));
  const kept = [fit(rows, height - first[0], stride[0]), fit(columns, width - first[1], stride[1])];
  if (rows === height && columns === width && first[0] === 0 && first[1] === 0) return ctx.dense(x);
  const out = ctx.allocate([batch, channels, height, width]);
  ctx.device.fill(out, 0);
  const shape = [batch, channels, ...kept];
  const [image, channel, row, column] = out.strides;
  const target = ctx.view(
    out,
    shape,
    [image, channel, row * stride[0], column * stride[1]],
    first[0] * width + first[1],
  );
  ctx.device.copy(target, ctx.view(x, shape, x.strides));
  return out;
}
