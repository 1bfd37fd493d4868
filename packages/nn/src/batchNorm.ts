import { formatShape, INTEGER, noGrad, ones, scope, type Tensor, zeros } from "@lectern/autograd";
import { assertSizes } from "./check.ts";
import { Module } from "./module.ts";
import { buffer, parameter } from "./parameter.ts";

/** Options of batch normalisation. */
export interface BatchNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** How much of each batch the running statistics take over. */
  momentum?: number;
  /** Whether channels are scaled and shifted by what is learned; true unless said otherwise. */
  affine?: boolean;
}

/**
 * Batch normalisation (Ioffe and Szegedy, 2015): each channel is shifted to mean 0 and scaled to variance 1 over the batch and
 * all places. In evaluation the statistics are running averages of those in training, so that an example does not depend
 * on those beside it. Errors: channels of one value in training, which have no variance.
 */
abstract class BatchNorm extends Module {
  /** [channels] */
  weight: Tensor | undefined;
  /** [channels] */
  bias: Tensor | undefined;
  // Named as in PyTorch's state dicts.
  readonly running_mean: Tensor;
  readonly running_var: Tensor;
  readonly num_batches_tracked: Tensor;
  readonly eps: number;
  readonly momentum: number;

  constructor(channels: number, { eps = 1e-5, momentum = 0.1, affine = true }: BatchNormOptions = {}) {
    super();
    assertSizes(this.constructor.name, { channels });
    this.eps = eps;
    this.momentum = momentum;
    if (affine) {
      this.weight = parameter(ones([channels]));
      this.bias = parameter(zeros([channels]));
    }
    this.running_mean = buffer(zeros([channels]));
    this.running_var = buffer(ones([channels]));
    this.num_batches_tracked = buffer(zeros([], { dtype: INTEGER }));
  }

  /** Errors: an input of other axes than the layer's. */
  protected abstract assertInput(x: Tensor): void;

  forward(x: Tensor): Tensor {
    this.assertInput(x);
    const channels = this.running_mean.size;
    const perChannel = (t: Tensor) => t.reshape(channels, ...new Array<number>(x.rank - 2).fill(1));
    if (x.shape[1] !== channels) {
      throw new RangeError(
        `${this.constructor.name}: the input is ${formatShape(x.shape)}, axis 1 has to be ${channels}`,
      );
    }
    const [mean, variance] = this.training
      ? this.#statistics(x)
      : [this.running_mean, this.running_var].map(perChannel);
    const y = x.sub(mean).mul(variance.add(this.eps).rsqrt());
    return this.weight === undefined ? y : y.mul(perChannel(this.weight)).add(perChannel(this.bias!));
  }

  /** Mean and variance of a batch's channels, which the running ones follow. */
  #statistics(x: Tensor): Tensor[] {
    const count = x.size / x.shape[1];
    if (count < 2) {
      throw new RangeError(
        `${this.constructor.name}: in training each channel needs more than one value, the input is ${formatShape(x.shape)}`,
      );
    }
    const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    const mean = x.mean(axes, { keepDim: true });
    const variance = x.sub(mean).square().mean(axes, { keepDim: true });
    noGrad(() =>
      scope(() => {
        const { running_mean, running_var, momentum } = this;
        const follow = (running: Tensor, now: Tensor) =>
          running.mul_(1 - momentum).add_(now.detach().reshape(-1).mul(momentum));
        follow(running_mean, mean);
        follow(running_var, variance.detach().mul(count / (count - 1)));
        this.num_batches_tracked.add_(1);
      }),
    );
    return [mean, variance];
  }
}

/** Of vectors or sequences. x: [batch, channels] or [batch, channels, length] -> the same. */
export class BatchNorm1d extends BatchNorm {
  protected assertInput({ rank, shape }: Tensor): void {
    if (rank === 2 || rank === 3) return;
    throw new RangeError(
      `BatchNorm1d: the input is ${formatShape(shape)}, it has to be [batch, channels] or with a length`,
    );
  }
}

/** Of images. x: [batch, channels, height, width] -> the same. */
export class BatchNorm2d extends BatchNorm {
  protected assertInput({ rank, shape }: Tensor): void {
    if (rank === 4) return;
    throw new RangeError(
      `BatchNorm2d: the input is ${formatShape(shape)}, it has to be [batch, channels, height, width]`,
    );
  }
}
