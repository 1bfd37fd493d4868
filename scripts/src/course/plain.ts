/** Matrices in plain numbers, for what tests expect: by the formula, and by nothing of the library. */
export type Matrix = readonly (readonly number[])[];

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const dot = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, i) => value * b[i]));

export const transposed = (x: Matrix): number[][] => x[0].map((_, j) => x.map((row) => row[j]));

/** a: [n, k], b: [k, m] -> [n, m] */
export function product(a: Matrix, b: Matrix): number[][] {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => dot(row, column)));
}

/** x Wᵀ, as a linear layer does it. x: [n, inputs], weight: [outputs, inputs] -> [n, outputs] */
export const linear = (x: Matrix, weight: Matrix): number[][] => product(x, transposed(weight));

/** Each number changed by itself. */
export const mapped = (x: Matrix, change: (value: number, row: number, column: number) => number): number[][] =>
  x.map((row, i) => row.map((value, j) => change(value, i, j)));

export const plus = (a: Matrix, b: Matrix): number[][] => mapped(a, (value, i, j) => value + b[i][j]);

export const times = (a: Matrix, b: Matrix): number[][] => mapped(a, (value, i, j) => value * b[i][j]);

/** Softmax of one row; zeros where all is minus infinity. */
export function softmax(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  if (largest === Number.NEGATIVE_INFINITY) return row.map(() => 0);
  const powers = row.map((value) => Math.exp(value - largest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** Softmax of each row. */
export const softmaxRows = (x: Matrix): number[][] => x.map(softmax);

/** Softmax of each column. */
export const softmaxColumns = (x: Matrix): number[][] => transposed(transposed(x).map(softmax));

/** What a gradient that comes to softmax's rows is in front of it: dx = y (dy - sum(dy y)). */
export function softmaxGradient(y: Matrix, dy: Matrix): number[][] {
  return y.map((row, i) => {
    const mean = dot(row, dy[i]);
    return row.map((value, j) => value * (dy[i][j] - mean));
  });
}

/** Whether a query sees a key. */
export type Seen = (query: number, key: number) => boolean;

/** A position sees itself and those before it. */
export const causal: Seen = (query, key) => key <= query;

/** softmax(q kᵀ factor) v, of the keys that are seen. The factor is 1 / √size unless said otherwise. */
export function attend(
  q: Matrix,
  k: Matrix,
  v: Matrix,
  { factor = 1 / Math.sqrt(q[0].length), seen = () => true }: { factor?: number; seen?: Seen } = {},
): number[][] {
  const scores = mapped(product(q, transposed(k)), (score, i, j) =>
    seen(i, j) ? score * factor : Number.NEGATIVE_INFINITY,
  );
  return product(softmaxRows(scores), v);
}

/** Attention in each head's own part of the width, side by side. */
export function attendInHeads(
  heads: number,
  q: Matrix,
  k: Matrix,
  v: Matrix,
  options?: Parameters<typeof attend>[3],
): number[][] {
  const size = q[0].length / heads;
  const found = Array.from({ length: heads }, (_, head) => {
    const [queries, keys, values] = [q, k, v].map((x) => x.map((row) => row.slice(head * size, (head + 1) * size)));
    return attend(queries, keys, values, options);
  });
  return q.map((_, i) => found.flatMap((rows) => rows[i]));
}

/** Layer norm of one row. */
export function layerNorm(
  x: readonly number[],
  weight: readonly number[],
  bias: readonly number[],
  eps = 1e-5,
): number[] {
  const mean = sum(x) / x.length;
  const variance = sum(x.map((value) => (value - mean) ** 2)) / x.length;
  return x.map((value, i) => (weight[i] * (value - mean)) / Math.sqrt(variance + eps) + bias[i]);
}

/** x Φ(x), by the series of the error function: erf(z) = 2/√π exp(-z²) Σ 2ⁿ z^(2n+1) / (1 · 3 · … · (2n+1)). */
export function gelu(x: number): number {
  const z = x / Math.SQRT2;
  if (Math.abs(z) > 6) return Math.max(0, x);
  let [term, series] = [z, z];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(series); n++) {
    term *= (2 * z * z) / (2 * n + 1);
    series += term;
  }
  return x * (0.5 + (series * Math.exp(-z * z)) / Math.sqrt(Math.PI));
}

/** What f changes by with each number of x, by central differences. */
export function derivatives(f: (x: Matrix) => number, x: Matrix, step = 1e-5): number[][] {
  return mapped(x, (_, row, column) => {
    const moved = (by: number) => f(mapped(x, (value, i, j) => (i === row && j === column ? value + by : value)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}
