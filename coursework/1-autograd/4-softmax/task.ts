import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Softmax of one row. */
function softmax(row: readonly number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  return powers.map((power) => power / sum(powers));
}

const transposed = (x: readonly number[][]): number[][] => x[0].map((_, j) => x.map((row) => row[j]));

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open softmax.ts and write the function: exponentials of a row, each divided by their sum.",
    ru: "Откройте softmax.ts и напишите функцию: экспоненты строки, делённые на их сумму.",
  },
  mistakes: {
    axis: {
      en: "The sum goes over the wrong axis: columns sum to one, and rows have to. Sum along the last axis, -1.",
      ru: "Сумма взята не по той оси: единице равны суммы столбцов, а должны строк. Суммируйте по последней оси, -1.",
    },
    whole: {
      en: "All numbers were divided by one sum, that of the whole tensor. Each row has a sum of its own: sum(-1, { keepDim: true }).",
      ru: "Все числа поделены на одну общую сумму. У каждой строки своя: sum(-1, { keepDim: true }).",
    },
    overflow: {
      en: "Exponentials of large numbers are infinite, and infinity over infinity is NaN. Subtract the row's largest number first.",
      ru: "Экспонента большого числа равна бесконечности, а бесконечность на бесконечность даёт NaN. Сначала вычтите наибольшее число строки.",
    },
    notNormalised: {
      en: "These are the exponentials alone: divide them by their sum.",
      ru: "Это просто экспоненты: поделите их на сумму.",
    },
    detached: {
      en: "No gradient comes back to x: the values were taken out of the tensor on the way. Use tensors' methods alone.",
      ru: "До x градиент не доходит: по дороге значения вынуты из тензора. Пользуйтесь только методами тензоров.",
      error: /gradient|requires/i,
    },
  },
  tests: [
    {
      exercise: "rows",
      points: 4,
      says: { en: "softmax of each row", ru: "softmax каждой строки" },
      draw: (random) => ({ x: random.matrix(random.integer(2, 4), 5) }),
      expected: ({ x }) => x.map(softmax),
      mistakes: {
        // Whatever was taken from the numbers before: columns are what sums to one.
        axis: (_, y) => transposed(y).every((column) => Math.abs(sum(column) - 1) < 1e-4),
        whole: ({ x }) => {
          const all = softmax(x.flat());
          return x.map((row, i) => row.map((_, j) => all[i * row.length + j]));
        },
        notNormalised: ({ x }, y) =>
          x.every((row, i) => row.every((value, j) => Math.abs(Math.log(y[i][j] / y[i][0]) - value + row[0]) < 1e-4)),
      },
    },
    {
      exercise: "rows",
      points: 3,
      says: { en: "large numbers, up to a thousand", ru: "большие числа, до тысячи" },
      draw: (random) => ({ x: random.matrix(2, 4, 900, 1000) }),
      expected: ({ x }) => x.map(softmax),
      mistakes: { overflow: (_, y) => y.flat().some(Number.isNaN) },
    },
    {
      exercise: "gradient",
      points: 3,
      says: { en: "the gradient comes back to x", ru: "градиент доходит до x" },
      draw: (random) => ({ x: random.matrix(3, 4), weights: random.matrix(3, 4) }),
      // dx = y (w - sum(w y))
      expected: ({ x, weights }) =>
        x.map((row, i) => {
          const y = softmax(row);
          const mean = sum(y.map((value, j) => value * weights[i][j]));
          return y.map((value, j) => value * (weights[i][j] - mean));
        }),
    },
  ],
  hints: [
    { en: "x.exp() gives the exponentials.", ru: "x.exp() даёт экспоненты." },
    {
      en: "With { keepDim: true } a sum of [rows, n] along the last axis has the shape [rows, 1], and can be divided by.",
      ru: "С { keepDim: true } сумма [rows, n] по последней оси имеет форму [rows, 1], и на неё можно делить.",
    },
    {
      en: "const powers = x.sub(x.max(-1, { keepDim: true })).exp(); what is left is one division.",
      ru: "const powers = x.sub(x.max(-1, { keepDim: true })).exp(); осталось одно деление.",
    },
  ],
});
