import { crossEntropy, type Device, type Tensor } from "@lectern/autograd";
import type { Module } from "@lectern/nn";
import type { Batch } from "./data/batch.ts";

/**
 * A model as cross entropy trains it: a module from inputs (tokens, int32 [batch, time], and the mask where some are
 * padding; or whatever its batches have) to logits, [batch, time, vocabulary] or [batch, classes].
 */
export interface Model extends Module {
  forward(inputs: Tensor, mask?: Tensor): Tensor;
}

/** A model that knows itself what is made small: it is trained by that, with batches of any kind. */
export interface ModelWithLoss<B extends object> extends Module {
  /** One element: the mean over the batch. */
  loss(batch: B): Tensor;
}

/** The batches that a model is trained with: those its own `loss` takes. */
export type BatchOf<M> = M extends { loss(batch: infer B extends object): Tensor } ? B : Batch;

/** From a model and a batch to the number that training makes small. */
export type Loss<M extends Module = Model, B extends object = Batch> = (model: M, batch: B) => Tensor;

/** Mean cross entropy of the model's logits, in nats. */
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
