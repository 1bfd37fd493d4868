import { type ConvolutionOptions, conv1d, conv2d, type PerAxis, type Tensor } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { kaimingUniform_, uniform_ } from "./init.ts";
import { Module } from "./module.ts";
import { parameter } from "./parameter.ts";
import { space } from "./space.ts";

/** A convolution's stride and padding, and whether it has a bias. */
export interface ConvOptions extends ConvolutionOptions {
  /** Whether something learned is added to each channel; true unless said otherwise. */
  bias?: boolean;
}

/** What convolutions over one and over two axes share. Starts uniform within `1 / sqrt(fan in)`, as PyTorch does. */
abstract class Convolution extends Module {
  /** [outputs, inputs / groups, …size] */
  weight: Tensor;
  /** [outputs] */
  bias: Tensor | undefined;
  /** Stride, padding, dilation and groups. */
  readonly options: Readonly<ConvolutionOptions>;

  protected constructor(
    owner: string,
    axes: number,
    inputs: number,
    outputs: number,
    size: PerAxis,
    options: ConvOptions,
  ) {
    super();
    const { bias = true, ...rest } = options;
    const { groups = 1 } = rest;
    assertSizes(owner, { inputs, outputs, groups });
    const sizes = typeof size === "number" ? new Array<number>(axes).fill(size) : size;
    for (const n of sizes) assertSizes(owner, { size: n });
    if (sizes.length !== axes) throw new RangeError(`${owner}: the size is [${size}], it has ${axes} axes`);
    if (inputs % groups !== 0 || outputs % groups !== 0) {
      throw new RangeError(
        `${owner}: ${inputs} to ${outputs} channels cannot be shared out among ${groups} groups evenly`,
      );
    }
    this.options = rest;
    const shape = [outputs, inputs / groups, ...sizes];
    this.weight = parameter(kaimingUniform_(space(shape), { a: Math.sqrt(5) }));
    const bound = 1 / Math.sqrt(this.weight.size / outputs);
    if (bias) this.bias = parameter(uniform_(space([outputs]), -bound, bound));
  }

  abstract override forward(x: Tensor): Tensor;
}

/** Filters that slide along sequences. x: [batch, inputs, length] -> [batch, outputs, …]. */
export class Conv1d extends Convolution {
  constructor(inputs: number, outputs: number, size: number, options: ConvOptions = {}) {
    super("Conv1d", 1, inputs, outputs, size, options);
  }

  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/** Filters that slide over images (LeCun et al., 1989). x: [batch, inputs, height, width] -> [batch, outputs, …, …]. */
export class Conv2d extends Convolution {
  constructor(inputs: number, outputs: number, size: PerAxis, options: ConvOptions = {}) {
    super("Conv2d", 2, inputs, outputs, size, options);
  }

  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}
