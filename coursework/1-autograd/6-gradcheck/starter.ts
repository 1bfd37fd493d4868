/** A function of several numbers. */
export type Scalar = (x: readonly number[]) => number;
/** A function's gradient, as somebody claims: one number for each number of x. */
export type Gradient = (x: readonly number[]) => readonly number[];

/**
 * The gradient of f at x, measured by central differences: (f(x + step e_i) - f(x - step e_i)) / (2 step) for each i, where
 * e_i moves the number i alone. x itself is left as it is.
 */
export function numericGradient(f: Scalar, x: readonly number[], step: number): number[] {
  throw new Error(`TODO: move each of ${x.length} numbers by ${step}; f(x) is ${f(x)}`);
}

/**
 * Where a claimed gradient is wrong at x: the index of the first number whose derivative is not what numericGradient (step
 * 1e-5) measures, -1 where all are right. A claim may be as far from what is measured as 1e-6 + 1e-4 * |measured|.
 */
export function firstWrong(f: Scalar, gradient: Gradient, x: readonly number[]): number {
  throw new Error(`TODO: compare ${gradient(x).length} numbers with numericGradient(f, x, 1e-5); f(x) is ${f(x)}`);
}
