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

/** A module of a loss function. Weights among the options are no buffers: make them on the model's device. */
function lossModule<Options extends object>(loss: LossFunction<Options>) {
  return class extends Module {
    readonly options: Options;

    constructor(options: Options = {} as Options) {
      super();
      this.options = options;
    }

    forward(prediction: Tensor, target: Tensor): Tensor {
      return loss(prediction, target, this.options);
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
