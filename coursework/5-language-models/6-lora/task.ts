import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { Adapted, exercises } from "./exercise.ts";

type Matrix = number[][];

const transposed = (x: Matrix): Matrix => x[0].map((_, j) => x.map((row) => row[j]));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => transposed(b).map((column) => row.reduce((sum, value, i) => sum + value * column[i], 0)));
const plus = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((value, j) => value + b[i][j]));
const times = (a: Matrix, factor: number): Matrix => a.map((row) => row.map((value) => value * factor));

/** What stands before the update: alpha / rank. */
const scaleOf = ({ alpha, down }: Adapted): number => alpha / down.length;

/** W + scale · B A */
const mergedWeight = (given: Adapted, scale = scaleOf(given)): Matrix =>
  plus(given.weight, times(product(given.up, given.down), scale));

/** x Wᵀ + b */
const linear = (x: Matrix, weight: Matrix, bias: readonly number[]): Matrix =>
  product(x, transposed(weight)).map((row) => row.map((value, j) => value + bias[j]));

type Asked = Adapted & { x: Matrix };

const output = (given: Asked, scale = scaleOf(given)): Matrix =>
  linear(given.x, mergedWeight(given, scale), given.bias);

function gradients(given: Asked & { dy: Matrix }, scale = scaleOf(given)): { down: Matrix; up: Matrix } {
  const { x, dy, down, up } = given;
  const squeezed = product(x, transposed(down));
  return {
    down: times(product(transposed(product(dy, up)), x), scale),
    up: times(product(transposed(dy), squeezed), scale),
  };
}

const merging = (given: Asked, scale = scaleOf(given)) => ({
  weight: mergedWeight(given, scale),
  y: output(given, scale),
  trained: given.weight.flat().length + given.bias.length,
  adaptedStill: output(given),
});

const [INPUTS, OUTPUTS] = [4, 3];

/** A layer with an adapter whose scale is neither 1 nor alpha. */
function adapter(random: Draws): Asked {
  const rank = 2;
  return {
    weight: random.matrix(OUTPUTS, INPUTS),
    bias: random.vector(OUTPUTS),
    down: random.matrix(rank, INPUTS),
    up: random.matrix(OUTPUTS, rank),
    alpha: random.integer(3, 8),
    x: random.matrix(random.integer(2, 3), INPUTS),
  };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open lora.ts and write the constructor, forward and merged: a frozen layer, and beside it two small matrices.",
    ru: "Откройте lora.ts и напишите конструктор, forward и merged: замороженный слой и рядом две маленькие матрицы.",
  },
  mistakes: {
    bothRandom: {
      en: "A and B are both random: the layer changes before anything was learned. B begins with zeros.",
      ru: "Случайны обе матрицы, и слой меняется ещё до обучения. B начинается с нулей.",
    },
    bothZero: {
      en: "A and B are both zero: then the gradient of each is zero as well, and nothing is ever learned. A begins random.",
      ru: "Обе матрицы нулевые: тогда и градиенты обеих равны нулю, и ничего не выучится. A начинается случайной.",
    },
    notFrozen: {
      en: "The layer's own weight or bias is still trained: requiresGrad_(false) freezes a tensor.",
      ru: "Вес или смещение самого слоя всё ещё обучаются: тензор замораживает requiresGrad_(false).",
    },
    notParameters: {
      en: "A or B is not trained. Declare both: parameter(zeros([outputs, rank])).",
      ru: "A или B не обучается. Объявите обе параметрами: parameter(zeros([outputs, rank])).",
    },
    noScale: {
      en: "The update counts once. It has to count alpha / rank times.",
      ru: "Поправка взята с множителем 1, а нужен alpha / rank.",
    },
    alphaAlone: {
      en: "The update counts alpha times: divide by the rank.",
      ru: "Поправка умножена на alpha: поделите ещё на ранг.",
    },
    updateAlone: {
      en: "This is the update alone: the frozen layer's own output has to be added, super.forward(x).",
      ru: "Это одна поправка: прибавьте выход самого замороженного слоя, super.forward(x).",
    },
    detached: {
      en: "No gradient reaches A and B: the update was computed under noGrad, or from detached values.",
      ru: "До A и B не доходит градиент: поправка посчитана под noGrad или из отсоединённых значений.",
      error: /no gradient reaches|requires/i,
    },
    mergedWithoutScale: {
      en: "The merged weight lacks alpha / rank: W + alpha / rank · B A.",
      ru: "В слитом весе нет множителя alpha / rank: нужно W + alpha / rank · B A.",
    },
    mergedTwice: {
      en: "merged() changed the adapted layer's own weight, in which the update counts twice from then on. Write to the new layer's.",
      ru: "merged() изменил вес самого слоя, и теперь поправка в нём учтена дважды. Записывайте в вес нового слоя.",
    },
  },
  tests: [
    {
      exercise: "fresh",
      points: 2,
      says: { en: "at first nothing is changed", ru: "сначала ничего не меняется" },
      draw: (random) => {
        const { weight, bias, x, alpha } = adapter(random);
        return { weight, bias, x, alpha, rank: random.integer(1, 3) };
      },
      expected: ({ weight, bias, x }) => ({ down: "random", up: "zeros", y: linear(x, weight, bias) }),
      mistakes: {
        bothRandom: (_, { down, up }) => down === "random" && up === "random",
        bothZero: (_, { down, up }) => down === "zeros" && up === "zeros",
        updateAlone: (_, { y }) => y.flat().every((value) => value === 0),
      },
    },
    {
      exercise: "trained",
      points: 2,
      says: { en: "A and B are trained, and nothing else", ru: "обучаются только A и B" },
      draw: (random) => {
        const { weight, bias } = adapter(random);
        return { weight, bias, rank: random.integer(1, 3) };
      },
      expected: ({ rank }) => [`down [${rank}, ${INPUTS}]`, `up [${OUTPUTS}, ${rank}]`],
      mistakes: {
        notFrozen: (_, names) => names.some((name) => /^(weight|bias) /.test(name)),
        notParameters: (_, names) => names.length < 2,
      },
    },
    {
      exercise: "forward",
      points: 3,
      says: { en: "the update is added, alpha / rank times", ru: "поправка прибавлена с множителем alpha / rank" },
      draw: adapter,
      expected: (given) => output(given),
      mistakes: {
        noScale: (given) => output(given, 1),
        alphaAlone: (given) => output(given, given.alpha),
        updateAlone: (given) =>
          output({ ...given, weight: times(given.weight, 0), bias: given.bias.map(() => 0) }, scaleOf(given)),
      },
    },
    {
      exercise: "gradients",
      points: 1,
      says: { en: "the gradient reaches A and B", ru: "градиент доходит до A и B" },
      draw: (random) => {
        const given = adapter(random);
        return { ...given, dy: random.matrix(given.x.length, OUTPUTS) };
      },
      expected: (given) => gradients(given),
    },
    {
      exercise: "merged",
      points: 2,
      says: { en: "a plain layer with the merged weight", ru: "обычный слой со слитым весом" },
      draw: adapter,
      expected: (given) => merging(given),
      mistakes: {
        mergedWithoutScale: (given) => merging(given, 1),
        mergedTwice: (given, { adaptedStill }) => {
          const twice = output(given, 2 * scaleOf(given));
          return adaptedStill.every((row, i) => row.every((value, j) => Math.abs(value - twice[i][j]) < 1e-4));
        },
      },
    },
  ],
  hints: [
    {
      en: "weight.shape is [outputs, inputs]. A small random matrix: randn([rank, inputs]).mul(0.02).",
      ru: "weight.shape — это [outputs, inputs]. Небольшая случайная матрица: randn([rank, inputs]).mul(0.02).",
    },
    {
      en: "super.forward(x) is the frozen layer. The update: x.matmul(this.down.transpose(0, 1)), then the same with this.up.",
      ru: "super.forward(x) считает замороженный слой. Поправка: x.matmul(this.down.transpose(0, 1)), затем так же с this.up.",
    },
    {
      en: "merged: make a Linear of the same size, and under noGrad(() => …) let its weight copy_ this.weight.add(…). The bias likewise.",
      ru: "merged: создайте Linear того же размера и внутри noGrad(() => …) запишите в его вес через copy_ значение this.weight.add(…). Со смещением так же.",
    },
    {
      en: "The merged weight: this.weight.add(this.up.matmul(this.down).mul(this.scale)), with scale = alpha / rank kept by the constructor.",
      ru: "Слитый вес: this.weight.add(this.up.matmul(this.down).mul(this.scale)), где scale = alpha / rank запомнен в конструкторе.",
    },
  ],
});
