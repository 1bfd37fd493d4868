import { type Shape, sizeOf, type Tensor, zeros } from "@lectern/autograd";

/** How many numbers may still be asked for, while models are made that are filled from files; undefined otherwise. */
let left: number | undefined;

/**
 * Makes a model whose numbers come from elsewhere, a file for one: initialisers leave its tensors as they are, and nothing
 * random is drawn. With `most`, so many numbers at most are asked for, for a file's settings may be anything.
 * Errors: the model has more.
 */
export function withoutInitialising<T>(make: () => T, { most = Number.POSITIVE_INFINITY }: { most?: number } = {}): T {
  const before = left;
  left = most;
  try {
    return make();
  } finally {
    left = before;
  }
}

/** Whether initialisers have something to do. */
export const isInitialising = (): boolean => left === undefined;

/** A tensor for an initialiser to fill: zeros until then. Errors: there are to be no more (`withoutInitialising`). */
export function space(shape: Shape): Tensor {
  if (left !== undefined) {
    left -= sizeOf(shape);
    if (left < 0) throw new Error("its sizes are those of a model with more numbers than its weights are");
  }
  return zeros(shape);
}
