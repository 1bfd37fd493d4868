export type Scalar = (x: readonly number[]) => number;
export type Gradient = (x: readonly number[]) => readonly number[];

/** The gradient of f at x, measured by central differences. */
export function numericGradient(f: Scalar, x: readonly number[], step: number): number[] {
  return x.map((value, i) => {
    const up = f(x.with(i, value + step));
    const down = f(x.with(i, value - step));
    return (up - down) / (2 * step);
  });
}

/** The index of the first number of a claimed gradient that is wrong at x; -1 where all are right. */
export function firstWrong(f: Scalar, gradient: Gradient, x: readonly number[]): number {
  const measured = numericGradient(f, x, 1e-5);
  return gradient(x).findIndex((claimed, i) => {
    const bound = 1e-6 + 1e-4 * Math.abs(measured[i]);
    return Math.abs(claimed - measured[i]) > bound;
  });
}
