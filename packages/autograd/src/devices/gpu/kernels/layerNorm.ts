import type { Strided } from "../../../device.ts";
import type { Runtime } from "../runtime.ts";
import { boxOf, store } from "../store.ts";
import { LAYER_NORM, LAYER_NORM_GRAD, rowGroups } from "../wgsl/rows.ts";
import { map } from "./map.ts";
import { element, PLAIN, perLane, perPlace, reduceLanes } from "./reduce.ts";
import { asRows, full, perColumn, perRow, rowsOf } from "./rows.ts";

/** Ba, Kiros & Hinton, "Layer normalization" (2016). h is the normalised row: (x - mean) * rstd. */
const FORMULAS = {
  mean(sum: number, n: number) {
    return sum / n;
  },
  squaredDeviation(x: number, mean: number) {
    return (x - mean) * (x - mean);
  },
  rstd(squares: number, n: number, eps: number) {
    return 1 / Math.sqrt(squares / n + eps);
  },
  normalise(x: number, mean: number, rstd: number) {
    return (x - mean) * rstd;
  },
  normaliseScaled(x: number, mean: number, rstd: number, weight: number) {
    return (x - mean) * rstd * weight;
  },
  normaliseShifted(x: number, mean: number, rstd: number, bias: number) {
    return (x - mean) * rstd + bias;
  },
  layerNorm(x: number, mean: number, rstd: number, weight: number, bias: number) {
    return (x - mean) * rstd * weight + bias;
  },
  /** The terms of sum(g) and sum(g * h), with g = dy * weight. */
  gain(dy: number, weight: number) {
    return dy * weight;
  },
  gainTimesRow(dy: number, weight: number, x: number, mean: number, rstd: number) {
    return dy * weight * (x - mean) * rstd;
  },
  gradientTimesRow(dy: number, x: number, mean: number, rstd: number) {
    return dy * (x - mean) * rstd;
  },
  layerNormGrad(dy: number, weight: number, x: number, mean: number, rstd: number, g: number, gh: number, n: number) {
    return rstd * (dy * weight - (g + (x - mean) * rstd * gh) / n);
  },
  plainLayerNormGrad(dy: number, x: number, mean: number, rstd: number, g: number, gh: number, n: number) {
    return rstd * (dy - (g + (x - mean) * rstd * gh) / n);
  },
};

/** `[rows]` as a result. */
function column(x: Strided): Strided {
  const rows = x.shape.reduce((product, size) => product * size, 1);
  return { storage: x.storage, shape: [rows], strides: [1], offset: x.offset };
}

export function layerNorm(
  runtime: Runtime,
  out: Strided,
  mean: Strided,
  rstd: Strided,
  x: Strided,
  weight: Strided | undefined,
  bias: Strided | undefined,
  eps: number,
): void {
  const { rows, n } = rowsOf(x);
  if (rows * n === 0) return;
  if (runtime.fused) {
    const arrays = [boxOf(x), weight ? boxOf(weight) : runtime.zero, bias ? boxOf(bias) : runtime.zero];
    const places = [x.offset, weight?.offset ?? 0, bias?.offset ?? 0, weight ? 1 : 0, bias ? 1 : 0];
    const args = [...arrays, rows, n, ...places, eps];
    const [y, means, rstds] = runtime.launchWgsl(LAYER_NORM, rowGroups(rows), [rows * n, rows, rows], args);
    store(runtime, out, y);
    store(runtime, mean, means);
    store(runtime, rstd, rstds);
    return;
  }
  const lanes = { outer: rows, size: n, inner: 1 };
  const source = element(boxOf(x), x.offset);

  const sums = reduceLanes(runtime, PLAIN.sum, "sum", [source], lanes);
  map(runtime, { mean: FORMULAS.mean }, column(mean), [{ box: sums, offset: 0, strides: [1] }], n);
  const means = perLane(boxOf(mean), mean.offset);
  const squared = { squaredDeviation: FORMULAS.squaredDeviation };
  const squares = reduceLanes(runtime, squared, "sum", [source, means], lanes);
  map(runtime, { rstd: FORMULAS.rstd }, column(rstd), [{ box: squares, offset: 0, strides: [1] }], n, eps);
  runtime.free(sums, squares);

  const operands = [full(x), perRow(boxOf(mean), mean.offset), perRow(boxOf(rstd), rstd.offset)];
  const { normalise, normaliseScaled, normaliseShifted, layerNorm } = FORMULAS;
  if (weight) operands.push(perColumn(boxOf(weight), weight.offset));
  if (bias) operands.push(perColumn(boxOf(bias), bias.offset));
  const rowsOut = asRows(out);
  if (weight && bias) map(runtime, { layerNorm }, rowsOut, operands);
  else if (weight) map(runtime, { normaliseScaled }, rowsOut, operands);
  else if (bias) map(runtime, { normaliseShifted }, rowsOut, operands);
  else map(runtime, { normalise }, rowsOut, operands);
}

/** What the gradient is computed from. */
interface Normalised {
  readonly dy: Strided;
  readonly x: Strided;
  readonly mean: Strided;
  readonly rstd: Strided;
  readonly weight: Strided | undefined;
}

/** dx = rstd * (g - mean(g) - h * mean(g * h)), dweight = sum over rows of dy * h, dbias = sum over rows of dy. */
export function layerNormGrad(
  runtime: Runtime,
  dx: Strided | undefined,
  dweight: Strided | undefined,
  dbias: Strided | undefined,
  dy: Strided,
  x: Strided,
  mean: Strided,
  rstd: Strided,
  weight: Strided | undefined,
): void {
  const { rows, n } = rowsOf(x);
  if (n === 0) return;
  const parts = { dy, x, mean, rstd, weight };
  if (dx && rows > 0) (runtime.fused ? rowGradientAtOnce : rowGradient)(runtime, dx, parts);

  const columns = { outer: 1, size: rows, inner: n };
  const gradient = element(boxOf(dy), dy.offset);
  if (dweight) {
    const ofRow = [perPlace(boxOf(mean), mean.offset), perPlace(boxOf(rstd), rstd.offset)];
    const sources = [gradient, element(boxOf(x), x.offset), ...ofRow];
    const { gradientTimesRow } = FORMULAS;
    store(runtime, dweight, reduceLanes(runtime, { gradientTimesRow }, "sum", sources, columns));
  }
  if (dbias) store(runtime, dbias, reduceLanes(runtime, PLAIN.sum, "sum", [gradient], columns));
}

function rowGradientAtOnce(runtime: Runtime, dx: Strided, { dy, x, mean, rstd, weight }: Normalised): void {
  const { rows, n } = rowsOf(x);
  const arrays = [boxOf(dy), boxOf(x), boxOf(mean), boxOf(rstd), weight ? boxOf(weight) : runtime.zero];
  const places = [dy.offset, x.offset, mean.offset, rstd.offset, weight?.offset ?? 0, weight ? 1 : 0];
  const args = [...arrays, rows, n, ...places];
  store(runtime, dx, runtime.launchWgsl(LAYER_NORM_GRAD, rowGroups(rows), [rows * n], args)[0]);
}

function rowGradient(runtime: Runtime, dx: Strided, { dy, x, mean, rstd, weight }: Normalised): void {
  const { rows, n } = rowsOf(x);
  const lanes = { outer: rows, size: n, inner: 1 };
  const gradient = element(boxOf(dy), dy.offset);
  const row = [element(boxOf(x), x.offset), perLane(boxOf(mean), mean.offset), perLane(boxOf(rstd), rstd.offset)];
  const weights = weight && perPlace(boxOf(weight), weight.offset);
  const { gain, gainTimesRow, gradientTimesRow, layerNormGrad, plainLayerNormGrad } = FORMULAS;
  const g = weights
    ? reduceLanes(runtime, { gain }, "sum", [gradient, weights], lanes)
    : reduceLanes(runtime, PLAIN.sum, "sum", [gradient], lanes);
  const gh = weights
    ? reduceLanes(runtime, { gainTimesRow }, "sum", [gradient, weights, ...row], lanes)
    : reduceLanes(runtime, { gradientTimesRow }, "sum", [gradient, ...row], lanes);
  const ofRow = [perRow(boxOf(mean), mean.offset), perRow(boxOf(rstd), rstd.offset), perRow(g), perRow(gh)];
  if (weight) {
    const operands = [full(dy), perColumn(boxOf(weight), weight.offset), full(x), ...ofRow];
    map(runtime, { layerNormGrad }, asRows(dx), operands, n);
  } else map(runtime, { plainLayerNormGrad }, asRows(dx), [full(dy), full(x), ...ofRow], n);
  runtime.free(g, gh);
}
