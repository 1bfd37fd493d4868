import {
  type AveragePoolingOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  type MaxPoolingOptions,
  maxPool1d,
  maxPool2d,
  type PerAxis,
  type Tensor,
} from "@lectern/autograd";
import { Module } from "./module.ts";

/** Pooling over windows, as layers of a convolutional network; over whole sequences: `pooling.ts`. */

type Pool<Options> = (x: Tensor, size: PerAxis, options: Options) => Tensor;

/** A window's size, and how it moves. */
class WindowPooling<Options extends object> extends Module {
  readonly size: PerAxis;
  readonly options: Options;
  readonly #pool: Pool<Options>;

  constructor(pool: Pool<Options>, size: PerAxis, options: Options = {} as Options) {
    super();
    this.#pool = pool;
    this.size = size;
    this.options = options;
  }

  forward(x: Tensor): Tensor {
    return this.#pool(x, this.size, this.options);
  }
}

/** The layer of one way of pooling. */
function pooling<Options extends object>(
  pool: Pool<Options>,
): new (
  size: PerAxis,
  options?: Options,
) => WindowPooling<Options> {
  return class extends WindowPooling<Options> {
    constructor(size: PerAxis, options?: Options) {
      super(pool, size, options);
    }
  };
}

/** The largest element of each window. x: [batch, channels, length] -> the same, shorter. */
export class MaxPool1d extends pooling<MaxPoolingOptions>(maxPool1d) {}
/** The largest element of each window. x: [batch, channels, height, width] -> the same, smaller. */
export class MaxPool2d extends pooling<MaxPoolingOptions>(maxPool2d) {}
/** The mean of each window. x: [batch, channels, length] -> the same, shorter. */
export class AvgPool1d extends pooling<AveragePoolingOptions>(avgPool1d) {}
/** The mean of each window. x: [batch, channels, height, width] -> the same, smaller. */
export class AvgPool2d extends pooling<AveragePoolingOptions>(avgPool2d) {}
/** Means, as many as asked for, whatever the length. x: [batch, channels, length] -> [batch, channels, size]. */
export class AdaptiveAvgPool1d extends pooling<object>(adaptiveAvgPool1d) {}
/** Means, as many as asked for, whatever the size; of size 1 it is global average pooling (Lin et al., 2013). */
export class AdaptiveAvgPool2d extends pooling<object>(adaptiveAvgPool2d) {}

/** All axes behind the first as one: between the images and the vectors of a network. [batch, …] -> [batch, size]. */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return x.flatten(1);
  }
}
