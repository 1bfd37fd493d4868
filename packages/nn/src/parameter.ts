import { formatShape, keep, noGrad, type Tensor } from "@lectern/autograd";

/**
 * What a module learns and what it only remembers. In a module's field,
 *
 * - a **parameter** is a tensor that was declared one: by `parameter(…)`, or made with `{ requiresGrad: true }`;
 * - a **buffer** is a tensor that was declared one: by `buffer(…)`, or `registerBuffer`;
 * - any other tensor is the module's own affair: neither trained, saved nor moved.
 */

/**
 * Declares what is to be learnt (PyTorch's `nn.Parameter`): the values of a tensor, however they were computed, as a leaf
 * that gets gradients. With `requiresGrad: false` it is frozen: listed and saved, not trained.
 *
 *     this.weight = parameter(randn([outputs, inputs]).mul(0.02));
 *
 * Errors: a tensor that is not float32.
 */
export function parameter(values: Tensor, { requiresGrad = true }: { requiresGrad?: boolean } = {}): Tensor {
  const leaf = noGrad(() => (values.isLeaf ? values : values.detach()).contiguous());
  return leaf.requiresGrad_().requiresGrad_(requiresGrad);
}

/** Whether a buffer is saved. */
export interface BufferOptions {
  /** Whether it belongs into the state dict; true unless said otherwise. */
  persistent?: boolean;
}

const buffers = new WeakMap<Tensor, Required<BufferOptions>>();

/**
 * Declares what a module remembers without learning it: running statistics, tables, quantised weights. It moves with the
 * module and, unless `persistent` is false, is saved with it. Change it in place (`this.mean.copy_(…)`): another tensor in
 * the field is another tensor. Returns the tensor. Errors: one that requires a gradient.
 */
export function buffer(values: Tensor, { persistent = true }: BufferOptions = {}): Tensor {
  if (values.requiresGrad) {
    throw new Error(
      `buffer: this tensor ${formatShape(values.shape)} requires a gradient, a buffer gets none: detach() it`,
    );
  }
  buffers.set(values, { persistent });
  return keep(values);
}

/** How a tensor was declared a buffer; undefined where it was not. */
export function bufferOptions(values: Tensor): Required<BufferOptions> | undefined {
  return buffers.get(values);
}
