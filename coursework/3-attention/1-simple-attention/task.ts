import {
  type Matrix,
  mapped,
  plus,
  product,
  softmaxColumns,
  softmaxGradient,
  softmaxRows,
  sum,
  transposed,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const scores = (x: Matrix): number[][] => product(x, transposed(x));

/** softmax(x xᵀ) x, for one sequence. */
const attention = (x: Matrix): number[][] => product(softmaxRows(scores(x)), x);

/** dx of sum(dy * attention(x)): x is looked at, asks, and is asked. */
function gradient(x: Matrix, dy: Matrix): number[][] {
  const weights = softmaxRows(scores(x));
  const dscores = softmaxGradient(weights, product(dy, transposed(x)));
  return plus(product(transposed(weights), dy), plus(product(dscores, x), product(transposed(dscores), x)));
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open simple-attention.ts and write the function: dot products of all pairs of vectors, softmax, weighted sum.",
    ru: "Откройте simple-attention.ts и напишите функцию: скалярные произведения всех пар векторов, softmax, взвешенная сумма.",
  },
  mistakes: {
    axis: {
      en: "Softmax goes along the wrong axis: the columns of the weights sum to one, and the rows have to. Take the last axis, -1.",
      ru: "Softmax взят не по той оси: единице равны суммы столбцов матрицы весов, а должны строк. Нужна последняя ось, -1.",
    },
    batch: {
      en: "Softmax goes along the batch, axis 0. It has to go along the last axis, over the positions of one sequence.",
      ru: "Softmax взят по оси батча, 0. Он должен идти по последней оси, то есть по позициям одной последовательности.",
    },
    noSoftmax: {
      en: "The dot products themselves were taken for weights. Softmax has to make weights of them, positive and with a sum of one.",
      ru: "Весами служат сами скалярные произведения. Сначала softmax должен сделать из них веса: положительные и с суммой, равной единице.",
    },
    sums: {
      en: "The dot products were divided by their sum. They may be negative, so take softmax: exponentials, divided by their sum.",
      ru: "Скалярные произведения поделены на свою сумму. Но они бывают отрицательными, поэтому нужен softmax: экспоненты, делённые на их сумму.",
    },
    features: {
      en: "The scores compare features with features, xᵀx of [width, width]. They have to compare positions: x xᵀ of [time, time].",
      ru: "Сравниваются признаки с признаками, xᵀx размера [width, width]. А нужно сравнивать позиции: x xᵀ размера [time, time].",
    },
    weightsOnly: {
      en: "These are the weights. One step is missing: multiply them by x.",
      ru: "Это веса. Не хватает последнего шага: умножьте их на x.",
    },
    scaled: {
      en: "The scores were divided by the square root of the width. That comes in the next task; here they are the dot products themselves.",
      ru: "Скалярные произведения поделены на корень из ширины. Это понадобится в следующей задаче, а здесь их берут как есть.",
    },
    detached: {
      en: "No gradient comes back through the weights: x was detached, or its values were taken out of the tensor, on the way.",
      ru: "Через веса градиент до x не доходит: по дороге вызван detach или значения вынуты из тензора.",
      error: /gradient|requires/i,
    },
  },
  tests: [
    {
      exercise: "outputs",
      points: 4,
      says: { en: "one sequence", ru: "одна последовательность" },
      draw: (random) => ({ x: random.matrices(1, random.integer(4, 6), 3) }),
      expected: ({ x }) => x.map(attention),
      mistakes: {
        axis: ({ x }) => x.map((one) => product(softmaxColumns(scores(one)), one)),
        batch: ({ x: [one] }) => [one.map(() => one[0].map((_, j) => sum(one.map((row) => row[j]))))],
        noSoftmax: ({ x }) => x.map((one) => product(scores(one), one)),
        sums: ({ x }) =>
          x.map((one) => {
            const rows = scores(one).map((row) => row.map((value) => value / sum(row)));
            return product(rows, one);
          }),
        features: ({ x }) => x.map((one) => product(one, softmaxRows(scores(transposed(one))))),
        weightsOnly: ({ x }) => x.map((one) => softmaxRows(scores(one))),
        scaled: ({ x }) =>
          x.map((one) => {
            const scale = Math.sqrt(one[0].length);
            return product(softmaxRows(mapped(scores(one), (value) => value / scale)), one);
          }),
      },
    },
    {
      exercise: "outputs",
      points: 3,
      says: {
        en: "several sequences, of which none sees another",
        ru: "несколько последовательностей, которые не видят друг друга",
      },
      draw: (random) => ({ x: random.matrices(random.integer(2, 4), 3, 2) }),
      expected: ({ x }) => x.map(attention),
    },
    {
      exercise: "gradient",
      points: 3,
      says: { en: "the gradient comes back to x", ru: "градиент доходит до x" },
      draw: (random) => ({ x: random.matrices(2, 3, 2), weights: random.matrices(2, 3, 2) }),
      expected: ({ x, weights }) => x.map((one, i) => gradient(one, weights[i])),
      mistakes: {
        detached: ({ x, weights }) => x.map((one, i) => product(transposed(softmaxRows(scores(one))), weights[i])),
      },
    },
  ],
  hints: [
    {
      en: "All dot products of the rows of x are one matrix product: x times x transposed.",
      ru: "Все скалярные произведения строк x получаются одним умножением: x на транспонированный x.",
    },
    {
      en: "x.matmul(x.T) is [batch, time, time]. Softmax along its last axis gives the weights.",
      ru: "x.matmul(x.T) имеет форму [batch, time, time]. Softmax по последней оси даёт веса.",
    },
    {
      en: "const weights = x.matmul(x.T).softmax(-1); what is left is the weighted sum of x, one more product.",
      ru: "const weights = x.matmul(x.T).softmax(-1); осталась взвешенная сумма x, то есть ещё одно умножение.",
    },
  ],
});
