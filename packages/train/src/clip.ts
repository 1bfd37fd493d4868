import { noGrad, scope, stack, type Tensor } from "@lectern/autograd";

/** The Euclidean length of all gradients taken as one vector, as a tensor of one number. */
export function gradNorm(parameters: Iterable<Tensor>): Tensor {
  return noGrad(() =>
    scope(() => {
      const squares: Tensor[] = [];
      for (const { grad } of parameters) if (grad !== undefined) squares.push(grad.detach().square().sum());
      if (squares.length === 0) throw new Error("gradNorm: no parameter has a gradient: call loss.backward() first");
      return stack(squares).sum().sqrt();
    }),
  );
}

/** What gradients of length `norm` are multiplied with to be no longer than `maxNorm` (Pascanu et al., 2013). */
export function clipScale(norm: number, maxNorm: number): number {
  assertAboveZero(maxNorm);
  return Math.min(1, maxNorm / (norm + 1e-6));
}

/**
 * Shortens all gradients by one factor, in place, so that together they are no longer than `maxNorm`. Gives their length
 * before. Nothing is read back, so a GPU need not be waited for; where a read costs nothing, it is cheaper to hand
 * `clipScale` to the optimiser's `step`.
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  assertAboveZero(maxNorm);
  const list = [...parameters];
  const norm = gradNorm(list);
  noGrad(() =>
    scope(() => {
      const scale = norm.add(1e-6).reciprocal().mul(maxNorm).clamp(0, 1);
      for (const { grad } of list) grad?.mul_(scale);
    }),
  );
  return norm;
}

function assertAboveZero(maxNorm: number): void {
  if (!(maxNorm > 0)) throw new RangeError(`clip: the largest norm is ${maxNorm}, it has to be above 0`);
}
