import {
  type BinaryCrossEntropyOptions,
  type BinaryLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type HuberOptions,
  huberLoss,
  type LossOptions,
  l1Loss,
  mseLoss,
  type NllOptions,
  nllLoss,
  type SmoothL1Options,
  smoothL1Loss,
  type Tensor,
} from "@lectern/autograd";
import { Module } from "./module.ts";

/** Losses as modules, by PyTorch's names: each keeps its options, and calls the function of `@lectern/autograd`. */

type LossFunction<Options> = (prediction: Tensor, target: Tensor, options: Options) => Tensor;

/** A loss function with its options. Weights among them are no buffers: make them on the model's device. */
class LossModule<Options extends object> extends Module {
  readonly options: Options;
  readonly #loss: LossFunction<Options>;

  constructor(loss: LossFunction<Options>, options: Options = {} as Options) {
    super();
    this.#loss = loss;
    this.options = options;
  }

  forward(prediction: Tensor, target: Tensor): Tensor {
    return this.#loss(prediction, target, this.options);
  }
}

/** `(prediction - target)²` */
export class MSELoss extends LossModule<LossOptions> {
  constructor(options?: LossOptions) {
    super(mseLoss, options);
  }
}
/** `|prediction - target|` */
export class L1Loss extends LossModule<LossOptions> {
  constructor(options?: LossOptions) {
    super(l1Loss, options);
  }
}
/** A parabola up to delta, its tangent beyond (Huber, 1964). */
export class HuberLoss extends LossModule<HuberOptions> {
  constructor(options?: HuberOptions) {
    super(huberLoss, options);
  }
}
/** A parabola up to beta, a line of slope 1 beyond (Girshick, 2015). */
export class SmoothL1Loss extends LossModule<SmoothL1Options> {
  constructor(options?: SmoothL1Options) {
    super(smoothL1Loss, options);
  }
}
/** Cross entropy of probabilities against targets from 0 to 1. */
export class BCELoss extends LossModule<BinaryCrossEntropyOptions> {
  constructor(options?: BinaryCrossEntropyOptions) {
    super(binaryCrossEntropy, options);
  }
}
/** The same of logits, right for any of them. */
export class BCEWithLogitsLoss extends LossModule<BinaryLogitsOptions> {
  constructor(options?: BinaryLogitsOptions) {
    super(binaryCrossEntropyWithLogits, options);
  }
}
/** Minus the log-probability [..., classes] of the target [...]. */
export class NLLLoss extends LossModule<NllOptions> {
  constructor(options?: NllOptions) {
    super(nllLoss, options);
  }
}
/** The same of logits. */
export class CrossEntropyLoss extends LossModule<CrossEntropyOptions> {
  constructor(options?: CrossEntropyOptions) {
    super(crossEntropy, options);
  }
}
