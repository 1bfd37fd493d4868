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

/** The module of one loss function. */
function lossModule<Options extends object>(
  loss: LossFunction<Options>,
): new (
  options?: Options,
) => LossModule<Options> {
  return class extends LossModule<Options> {
    constructor(options?: Options) {
      super(loss, options);
    }
  };
}

/** `(prediction - target)²` */
export class MSELoss extends lossModule<LossOptions>(mseLoss) {}
/** `|prediction - target|` */
export class L1Loss extends lossModule<LossOptions>(l1Loss) {}
/** A parabola up to delta, its tangent beyond (Huber, 1964). */
export class HuberLoss extends lossModule<HuberOptions>(huberLoss) {}
/** A parabola up to beta, a line of slope 1 beyond (Girshick, 2015). */
export class SmoothL1Loss extends lossModule<SmoothL1Options>(smoothL1Loss) {}
/** Cross entropy of probabilities against targets from 0 to 1. */
export class BCELoss extends lossModule<BinaryCrossEntropyOptions>(binaryCrossEntropy) {}
/** The same of logits, right for any of them. */
export class BCEWithLogitsLoss extends lossModule<BinaryLogitsOptions>(binaryCrossEntropyWithLogits) {}
/** Minus the log-probability [..., classes] of the target [...]. */
export class NLLLoss extends lossModule<NllOptions>(nllLoss) {}
/** The same of logits. */
export class CrossEntropyLoss extends lossModule<CrossEntropyOptions>(crossEntropy) {}
