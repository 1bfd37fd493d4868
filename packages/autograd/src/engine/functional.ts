import type { Gradient } from "../op.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "./graph.ts";
import { recordingAs } from "./recording.ts";
import { type BackwardOptions, run } from "./sweep.ts";

/** How `gradients` goes back. */
export interface GradientsOptions extends BackwardOptions {
  /** Gradient of the output, of its shape; needed unless the output has one element. */
  seed?: Tensor;
  /** Give undefined for an input that the output does not depend on, in place of an error. */
  allowUnused?: boolean;
}

/**
 * The gradients of one output with respect to some tensors, without touching any `grad` (`torch.autograd.grad`).
 * Errors: an input that the output does not depend on, unless `allowUnused`.
 */
export function gradients(output: Tensor, inputs: readonly Tensor[], options: GradientsOptions = {}): Gradient[] {
  const { seed, allowUnused = false, retainGraph = false, createGraph = false } = options;
  const found = run([output], [seed], { retainGraph, createGraph, captured: inputs }, "gradients");
  found.forEach((gradient, i) => {
    if (gradient === undefined && !allowUnused) {
      throw new Error(`gradients: the output does not depend on input ${i}, ${formatShape(inputs[i].shape)}`);
    }
  });
  return found;
}

/** Whether a value was computed from a leaf that requires a gradient, other than the given one. */
function dependsOnOthers(value: Tensor, leaf: Tensor): boolean {
  if (value.node === undefined) return false;
  const nodes = topologicalOrder([value.node], () => true);
  return nodes.some(({ inputs }) => inputs.some((x) => x.isLeaf && x.requiresGrad && x !== leaf));
}

/**
 * The derivative of a function as a function: `grad(f)(x)` is df/dx at x, for an f from one tensor to one number.
 * `grad(grad(f))` is the second derivative. With `argument` another one than the first is differentiated. The
 * derivative can itself be differentiated by whatever required a gradient: x, or parameters that f uses.
 */
export function grad<Args extends readonly [Tensor, ...unknown[]]>(
  f: (...args: Args) => Tensor,
  { argument = 0 }: { argument?: number } = {},
): (...args: Args) => Tensor {
  return (...args) =>
    recordingAs(true, () => {
      const x = args[argument] as Tensor;
      const input = x.requiresGrad ? x.alias() : x.detach().requiresGrad_();
      const y = f(...(args.map((arg, i) => (i === argument ? input : arg)) as unknown as Args));
      const found = gradients(y, [input], { createGraph: true })[0]!;
      return x.requiresGrad || dependsOnOthers(found, input) ? found : found.detach();
    });
}
