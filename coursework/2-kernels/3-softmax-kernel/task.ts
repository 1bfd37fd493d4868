import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** log(sum(exp(x))) of one row. */
function logSumExp(row: readonly number[]): number {
  const largest = Math.max(...row);
  return largest + Math.log(sum(row.map((value) => Math.exp(value - largest))));
}

const softmax = (row: readonly number[]): number[] => row.map((value) => Math.exp(value - logSumExp(row)));
const transposed = (x: readonly number[][]): number[][] => x[0].map((_, j) => x.map((row) => row[j]));

interface Weighted {
  readonly x: number[][];
  readonly weights: number[][];
}

/** y (w - share * sum(w y)): with a share of 1 softmax's gradient. */
const gradient = ({ x, weights }: Weighted, share = 1): number[][] =>
  x.map((row, i) => {
    const y = softmax(row);
    const mean = sum(y.map((value, j) => value * weights[i][j]));
    return y.map((value, j) => value * (weights[i][j] - share * mean));
  });

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open softmax-kernel.ts and write the first kernel: the largest number of a row, then the sum of exp(x - largest), and of both the logarithm of the sum. Then the second.",
    ru: "Откройте softmax-kernel.ts и напишите первое ядро: наибольшее число строки, затем сумму exp(x - наибольшее), а из них логарифм суммы. Потом второе.",
  },
  mistakes: {
    overflow: {
      en: "exp of a large number is infinite. Find the row's largest number first, in a loop of its own, and take it from every exponent.",
      ru: "Экспонента большого числа бесконечна. Сначала отдельным циклом найдите наибольшее число строки и вычитайте его из каждого показателя.",
    },
    fromZero: {
      en: "Where all numbers are far below zero, the result is wrong: the largest one was sought from 0 on. Begin with the row's first number.",
      ru: "Если все числа намного меньше нуля, ответ неверен: поиск наибольшего начат с 0. Начинайте с первого числа строки.",
    },
    notAddedBack: {
      en: "The largest number was taken off and not put back: log(sum(exp(x))) = m + log(sum(exp(x - m))).",
      ru: "Наибольшее число вычтено, но не возвращено: log(sum(exp(x))) = m + log(sum(exp(x - m))).",
    },
    columns: {
      en: "Columns were summed: in x[row][k] the thread's own index is the row, and k runs along it.",
      ru: "Сложены столбцы: в x[row][k] номер потока — это строка, а k идёт вдоль неё.",
    },
    short: {
      en: "One number of the row is missing from the sum: k goes from 0 to n - 1, both included.",
      ru: "В сумме не хватает одного числа строки: k идёт от 0 до n - 1 включительно.",
    },
    notReduced: {
      en: "The gradient of lse was not summed over the row: one number of lse is used by all n elements of its row, so it gets the sum of what comes from them.",
      ru: "Градиент lse не просуммирован по строке: одно число lse использовано во всех n элементах строки и получает сумму того, что пришло от них.",
      error: /gradient rule gives .*input \[\d+\]/,
    },
    sign: {
      en: "The sign of lse's gradient is missing: in exp(x - lse) it stands with a minus.",
      ru: "Потерян знак у градиента lse: в exp(x - lse) оно стоит с минусом.",
    },
    oneWay: {
      en: "x reaches the result in two ways, by itself and through lse; the gradient of the second is missing (it is zero).",
      ru: "x попадает в результат двумя путями: сам и через lse. Градиент второго пути потерян (он нулевой).",
    },
    notTranslated: {
      en: "It is right in JavaScript, but gpu.js cannot translate it: no methods of arrays, no Math.max(...row), nothing from outside the kernel. Loops and variables will do.",
      ru: "На JavaScript всё верно, но gpu.js не может это перевести: никаких методов массивов, Math.max(...row) и имён снаружи ядра. Хватит циклов и переменных.",
      error: /gpu\.js|translat|kernel/i,
    },
  },
  tests: [
    {
      exercise: "logSumExp",
      points: 2,
      says: { en: "the logarithm of each row's sum", ru: "логарифм суммы каждой строки" },
      draw: (random) => ({ x: random.matrix(4, 4, 0, 3) }),
      expected: ({ x }) => x.map(logSumExp),
      mistakes: {
        notAddedBack: ({ x }) => x.map((row) => logSumExp(row) - Math.max(...row)),
        columns: ({ x }) => transposed(x).map(logSumExp),
        short: ({ x }, y) =>
          [x.map((row) => logSumExp(row.slice(1))), x.map((row) => logSumExp(row.slice(0, -1)))].some((values) =>
            values.every((value, i) => Math.abs(value - y[i]) < 1e-6),
          ),
      },
    },
    {
      exercise: "logSumExp",
      points: 2,
      says: { en: "numbers far from zero, on both sides", ru: "числа вдали от нуля в обе стороны" },
      draw: (random) => ({ x: [random.vector(3, 800, 900), random.vector(3, -900, -800)] }),
      expected: ({ x }) => x.map(logSumExp),
      mistakes: {
        overflow: (_, [large]) => !Number.isFinite(large),
        fromZero: ({ x }, [large, small]) => Math.abs(large - logSumExp(x[0])) < 1e-6 && !Number.isFinite(small),
      },
    },
    {
      exercise: "softmax",
      points: 1,
      says: { en: "softmax from both kernels", ru: "softmax из двух ядер" },
      draw: (random) => ({ x: random.matrix(random.integer(2, 3), 5) }),
      expected: ({ x }) => x.map(softmax),
    },
    {
      exercise: "reducedGradient",
      points: 1,
      says: { en: "the gradient of the first", ru: "градиент первого" },
      draw: (random) => ({ x: random.matrix(3, 4), weights: random.vector(3) }),
      expected: ({ x, weights }) => x.map((row, i) => softmax(row).map((value) => value * weights[i])),
    },
    {
      exercise: "gradient",
      points: 2,
      says: { en: "the gradient of both together", ru: "градиент обоих вместе" },
      draw: (random) => ({ x: random.matrix(3, 4), weights: random.matrix(3, 4) }),
      expected: (input) => gradient(input),
      mistakes: {
        sign: (input) => gradient(input, -1),
        oneWay: (input) => gradient(input, 0),
      },
    },
    {
      exercise: "translated",
      points: 2,
      says: { en: "both kernels can be translated for the GPU", ru: "оба ядра переводятся для видеокарты" },
      times: 1,
      draw: (random) => ({ x: random.matrix(3, 5) }),
      expected: ({ x }) => x.map(softmax),
      tolerance: 1e-3,
    },
  ],
  hints: [
    {
      en: "Two loops, one after the other. The first: let largest = x[this.thread.x][0], and from k = 1 on whatever is larger.",
      ru: "Два цикла один за другим. Первый: let largest = x[this.thread.x][0], а дальше с k = 1 берём всё, что больше.",
    },
    {
      en: "The second adds Math.exp(x[this.thread.x][k] - largest) up; the result is largest + Math.log(sum).",
      ru: "Второй складывает Math.exp(x[this.thread.x][k] - largest); результат равен largest + Math.log(sum).",
    },
    {
      en: "The derivative of logSumExp by x is softmax(x), which you have: softmax(x).mul(dy.unsqueeze(-1)).",
      ru: "Производная logSumExp по x — это softmax(x), и он у вас уже есть: softmax(x).mul(dy.unsqueeze(-1)).",
    },
    {
      en: "With flow = dy.mul(normalise(x, lse)) the second kernel's gradients are [flow, flow.sum(-1).neg()].",
      ru: "Если flow = dy.mul(normalise(x, lse)), градиенты второго ядра — [flow, flow.sum(-1).neg()].",
    },
  ],
});
