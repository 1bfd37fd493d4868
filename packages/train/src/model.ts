import { crossEntropy, type Device, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { Batch } from "./data/batch.ts";

/**
 * What can be trained: a module from tokens, int32 [batch, time], and the mask where some are padding, to logits,
 * [batch, time, vocabulary] or [batch, classes].
 */
export interface Model extends Module {
  forward(inputs: Tensor, mask?: Tensor): Tensor;
}

/** From a model and a batch to the number that training makes small. */
export type Loss<M extends Module = Model> = (model: M, batch: Batch) => Tensor;

/** Mean cross entropy of the model's logits, in nats: what is trained by unless said otherwise. */
export function meanCrossEntropy(model: Model, { inputs, targets, mask }: Batch): Tensor {
  return crossEntropy(model.forward(inputs, mask), targets);
}

/** Where a model's parameters are. Errors: it has none. */
export function deviceOf(model: Module): Device {
  const [first] = model.parameters();
  if (first === undefined) throw new Error(`${model.constructor.name}: there are no parameters, so nothing to train`);
  return first.device;
}

/** The numbers of some tensors of one element, read at once. */
export async function readAll(tensors: readonly Tensor[]): Promise<number[]> {
  if (tensors.every((t) => t.device.hostMemory)) return tensors.map((t) => t.itemSync());
  return Promise.all(tensors.map((t) => t.item()));
}
