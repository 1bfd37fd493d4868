import type { Tensor } from "@lectern/autograd";

/**
 * Two parameter groups, as GPT-2 and its successors are trained: matrices and embeddings decay, while biases and the
 * gains of layer norms, which have one axis, do not. What is frozen is in neither.
 */
export function decayMatrices(
  model: { parameters(): Iterable<Tensor> },
  weightDecay: number,
): { parameters: Tensor[]; weightDecay: number }[] {
  const parameters = [...model.parameters()].filter((p) => p.requiresGrad);
  const groups = [
    { parameters: parameters.filter((p) => p.rank >= 2), weightDecay },
    { parameters: parameters.filter((p) => p.rank < 2), weightDecay: 0 },
  ];
  return groups.filter((group) => group.parameters.length > 0);
}
