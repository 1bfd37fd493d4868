import { noGrad, scope, sumOfSquares, type Tensor } from "@lectern/autograd";

/** The Euclidean length of all gradients taken as one vector, as a tensor of one number. */
export function gradNorm(parameters: Iterable<Tensor>): Tensor {
  const gradients = Array.from(parameters, ({ grad }) => grad).filter((grad) => grad !== undefined);
  if (gradients.length === 0) throw new Error("gradNorm: no parameter has a gradient: call loss.backward() first");
  return noGrad(() => scope(() => sumOfSquares(gradients).sqrt()));
}

/**
 * What gradients of length `norm` are multiplied with to be no longer than `maxNorm` (Pascanu et al., 2013). Hand it to the
 * optimiser's `step`. As a tensor it stays on its device, so that a GPU need not be waited for; gradients that are not finite,
 * or come from such a loss, have no scale above 0 there, and with such a one an optimiser moves nothing.
 */
export function clipScale(norm: number, maxNorm: number): number;
export function clipScale(norm: Tensor, maxNorm: number, loss?: Tensor): Tensor;
export function clipScale(norm: number | Tensor, maxNorm: number, loss?: Tensor): number | Tensor {
  assertAboveZero(maxNorm);
  if (typeof norm === "number") return Math.min(1, maxNorm / (norm + 1e-6));
  // 0 times a loss that is not finite is no number.
  const most = () => loss?.mul(0).add(maxNorm) ?? norm.filled(maxNorm);
  return noGrad(() => most().div(norm.add(1e-6)).clamp(0, 1));
}

/**
 * Shortens all gradients by one factor, in place, so that together they are no longer than `maxNorm`. Gives their length
 * before. Nothing is read back. Where the optimiser comes next it is cheaper to hand `clipScale` to its `step`.
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  assertAboveZero(maxNorm);
  const list = [...parameters];
  const norm = gradNorm(list);
  noGrad(() =>
    scope(() => {
      const scale = clipScale(norm, maxNorm);
      for (const { grad } of list) grad?.mul_(scale);
    }),
  );
  return norm;
}

function assertAboveZero(maxNorm: number): void {
  if (!(maxNorm > 0)) throw new RangeError(`clip: the largest norm is ${maxNorm}, it has to be above 0`);
}
