import { derivatives, type Matrix, mapped, sum, times, transposed } from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

type Row = readonly number[];

const mean = (x: Row): number => sum(x) / x.length;
const centred = (x: Row): number[] => x.map((value) => value - mean(x));
const squares = (x: Row): number => sum(centred(x).map((value) => value ** 2));
const variance = (x: Row): number => squares(x) / x.length;
const over = (x: Row, scale: number): number[] => x.map((value) => value / scale);

/** (x - mean) / √(variance + eps), of one vector. */
const normal = (x: Row, eps: number): number[] => over(centred(x), Math.sqrt(variance(x) + eps));

interface Fresh {
  x: number[][][];
  eps: number;
}

const eachRow =
  (normalise: (row: Row, eps: number) => number[]) =>
  ({ x, eps }: Fresh): number[][][] =>
    x.map((rows) => rows.map((row) => normalise(row, eps)));

/** All numbers together. */
function whole({ x, eps }: Fresh): number[][][] {
  const all = normal(x.flat(2), eps);
  const [time, width] = [x[0].length, x[0][0].length];
  return x.map((rows, b) => mapped(rows, (_, t, i) => all[(b * time + t) * width + i]));
}

interface Learned {
  x: number[][];
  weight: number[];
  bias: number[];
  eps: number;
}

const learned =
  (apply: (normal: number, weight: number, bias: number) => number) =>
  ({ x, weight, bias, eps }: Learned): number[][] =>
    x.map((row) => normal(row, eps).map((value, i) => apply(value, weight[i], bias[i])));

const layerNorm = learned((value, weight, bias) => value * weight + bias);

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open layer-norm.ts. In the constructor make the parameters weight (ones) and bias (zeros) and keep eps; in forward follow the formula.",
    ru: "Откройте layer-norm.ts. В конструкторе создайте параметры weight (единицы) и bias (нули) и запомните eps, в forward запишите формулу.",
  },
  mistakes: {
    zeroWeight: {
      en: "A fresh layer gives zeros alone: the weight has to begin as ones, and only the bias as zeros.",
      ru: "Новый слой выдаёт одни нули: веса сначала равны единицам, а нулям — только сдвиги.",
    },
    unbiased: {
      en: "The variance was divided by n - 1. Layer norm divides by n: var(-1, { correction: 0, keepDim: true }), or the mean of squares.",
      ru: "Дисперсия поделена на n - 1. Здесь делят на n: var(-1, { correction: 0, keepDim: true }) или среднее квадратов.",
    },
    epsOutside: {
      en: "eps was added behind the root. It belongs under it: √(variance + eps).",
      ru: "eps прибавлен после извлечения корня. Его место под корнем: √(variance + eps).",
    },
    noEps: {
      en: "eps is missing: it is added to the variance, so that a vector of equal numbers is not divided by zero.",
      ru: "Не хватает eps: его прибавляют к дисперсии, чтобы вектор из одинаковых чисел не пришлось делить на ноль.",
    },
    noRoot: {
      en: "The vector was divided by the variance. Divide by its root.",
      ru: "Вектор поделён на дисперсию. Делить нужно на корень из неё.",
    },
    noCentre: {
      en: "The mean was not taken away: what stands over the root is x - mean.",
      ru: "Не вычтено среднее: в числителе стоит x - mean.",
    },
    overTime: {
      en: "Means were taken along the positions of a sequence. Each position is normalised by itself, along the last axis, -1.",
      ru: "Средние взяты вдоль последовательности. Каждая позиция нормализуется сама по себе, по последней оси, -1.",
    },
    overBatch: {
      en: "Means were taken along the batch: that is batch norm. Each vector is normalised by itself, along the last axis, -1.",
      ru: "Средние взяты по батчу: это batch norm. Каждый вектор нормализуется сам по себе, по последней оси, -1.",
    },
    whole: {
      en: "All numbers were normalised together. Each vector has a mean and a variance of its own: the last axis, -1, with keepDim.",
      ru: "Все числа нормализованы вместе. У каждого вектора свои среднее и дисперсия: последняя ось, -1, и keepDim.",
    },
    notParameters: {
      en: "The model sees too few parameters: weight and bias have to be made by parameter(…), or they are neither trained nor saved.",
      ru: "Модель видит не все параметры: weight и bias нужно создавать через parameter(…), иначе они не обучаются и не сохраняются.",
    },
    noWeight: {
      en: "The weight is not used: multiply what is normalised with it.",
      ru: "Вес не использован: умножьте на него нормализованный вектор.",
    },
    noBias: {
      en: "The bias is not used: add it at the end.",
      ru: "Сдвиг не использован: прибавьте его в конце.",
    },
    biasFirst: {
      en: "The bias was added before the weight was multiplied. First scale, then shift.",
      ru: "Сдвиг прибавлен до умножения на вес. Сначала умножают, потом прибавляют.",
    },
  },
  tests: [
    {
      exercise: "fresh",
      points: 4,
      says: { en: "a fresh layer: mean 0, variance 1", ru: "новый слой: среднее 0, дисперсия 1" },
      draw: (random) => ({
        x: random.matrices(3, 4, random.integer(4, 6)),
        eps: random.uniform(0.2, 0.5),
      }),
      expected: eachRow(normal),
      mistakes: {
        zeroWeight: (_, output) => output.flat(2).every((value) => value === 0),
        unbiased: eachRow((row, eps) => over(centred(row), Math.sqrt(squares(row) / (row.length - 1) + eps))),
        epsOutside: eachRow((row, eps) => over(centred(row), Math.sqrt(variance(row)) + eps)),
        noEps: eachRow((row) => normal(row, 0)),
        noRoot: eachRow((row, eps) => over(centred(row), variance(row) + eps)),
        noCentre: eachRow((row, eps) => over(row, Math.sqrt(variance(row) + eps))),
        overTime: ({ x, eps }) => x.map((rows) => transposed(transposed(rows).map((column) => normal(column, eps)))),
        overBatch: ({ x, eps }) =>
          x.map((rows, b) =>
            mapped(rows, (_, t, i) => {
              const beside = x.map((other) => other[t][i]);
              return normal(beside, eps)[b];
            }),
          ),
        whole,
      },
    },
    {
      exercise: "fresh",
      points: 1,
      says: { en: "vectors whose numbers are all equal", ru: "векторы из одинаковых чисел" },
      times: 1,
      draw: (random) => ({
        x: [[random.uniform(1, 2), random.uniform(1, 2)].map((value) => [value, value, value])],
        eps: 1e-5,
      }),
      expected: ({ x }) => x.map((rows) => mapped(rows, () => 0)),
      mistakes: { noEps: (_, output) => output.flat(2).some((value) => !Number.isFinite(value)) },
    },
    {
      exercise: "parameters",
      points: 1,
      says: { en: "weight and bias are parameters", ru: "weight и bias — параметры" },
      draw: (random) => ({ width: random.integer(2, 9) }),
      expected: ({ width }) => [`bias [${width}]`, `weight [${width}]`],
      mistakes: { notParameters: (_, names) => names.length < 2 },
    },
    {
      exercise: "learned",
      points: 2,
      says: { en: "a layer with a weight and a bias", ru: "слой с весом и сдвигом" },
      // An eps too small to show, here and below: one that is forgotten has cost its points above.
      draw: (random) => ({ x: random.matrix(3, 4), weight: random.vector(4), bias: random.vector(4), eps: 1e-8 }),
      expected: layerNorm,
      mistakes: {
        noWeight: learned((value, _, bias) => value + bias),
        noBias: learned((value, weight) => value * weight),
        biasFirst: learned((value, weight, bias) => (value + bias) * weight),
      },
    },
    {
      exercise: "gradient",
      points: 2,
      says: {
        en: "the gradient comes back to x, through mean and variance too",
        ru: "градиент доходит до x, в том числе через среднее и дисперсию",
      },
      draw: (random) => ({
        ...{ x: random.matrix(2, 4), weight: random.vector(4), bias: random.vector(4), eps: 1e-8 },
        factors: random.matrix(2, 4),
      }),
      expected: ({ factors, ...given }) =>
        derivatives((x: Matrix) => {
          const rows = x.map((row) => [...row]);
          return sum(times(layerNorm({ ...given, x: rows }), factors).flat());
        }, given.x),
    },
  ],
  hints: [
    {
      en: "x.mean(-1, { keepDim: true }) is the mean of each vector, of a shape that can be taken from x.",
      ru: "x.mean(-1, { keepDim: true }) — среднее каждого вектора; его форма такова, что его можно вычесть из x.",
    },
    {
      en: "const centred = x.sub(x.mean(-1, { keepDim: true })); the variance is centred.square().mean(-1, { keepDim: true }).",
      ru: "const centred = x.sub(x.mean(-1, { keepDim: true })); дисперсия равна centred.square().mean(-1, { keepDim: true }).",
    },
    {
      en: "return centred.div(variance.add(this.eps).sqrt()).mul(this.weight).add(this.bias);",
      ru: "return centred.div(variance.add(this.eps).sqrt()).mul(this.weight).add(this.bias);",
    },
  ],
});
