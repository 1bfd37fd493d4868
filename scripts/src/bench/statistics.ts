/** The middle value; between the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** How many times as long the other took: the ratio of the medians, and the rounds' own ratios at least and at most. */
export function ratio(other: readonly number[], own: readonly number[]): Spread {
  const { min, max } = spread(other.map((ms, round) => ms / own[round]));
  return { median: median(other) / median(own), min, max };
}

export interface PowerLaw {
  readonly exponent: number;
  /** y at x = 1. */
  readonly factor: number;
  /** Share of the variance of log y that the law explains; 1 where every point lies on it. */
  readonly r2: number;
}

/**
 * The law `y = factor * x^exponent` nearest to some points: a straight line through their logarithms by least squares.
 * Errors: fewer than two different x, or a number that has no logarithm.
 */
export function fitPowerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  if (points.some(([x, y]) => !(x > 0 && y > 0))) throw new RangeError("fitPowerLaw: every x and y has to be above 0");
  const [xs, ys] = [0, 1].map((i) => points.map((point) => Math.log(point[i])));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const product = (a: readonly number[], a0: number, b: readonly number[], b0: number) =>
    a.reduce((sum, value, i) => sum + (value - a0) * (b[i] - b0), 0);
  const sxx = product(xs, x0, xs, x0);
  if (!(sxx > 0)) throw new RangeError("fitPowerLaw: a line needs two points with different x");
  const [sxy, syy] = [product(xs, x0, ys, y0), product(ys, y0, ys, y0)];
  const exponent = sxy / sxx;
  return { exponent, factor: Math.exp(y0 - exponent * x0), r2: syy === 0 ? 1 : sxy ** 2 / (sxx * syy) };
}
