import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

type Matrix = number[][];
interface Factors {
  readonly a: Matrix;
  readonly b: Matrix;
}

const transposed = (x: Matrix): Matrix => x[0].map((_, j) => x.map((row) => row[j]));

/** Rows of a with columns of b; `from` and `to` leave products out. */
const product = (a: Matrix, b: Matrix, from = 0, to = b.length): Matrix =>
  a.map((row) => b[0].map((_, j) => row.slice(from, to).reduce((sum, value, k) => sum + value * b[from + k][j], 0)));

function drawSquare(random: Draws): Factors {
  const n = random.integer(3, 4);
  return { a: random.matrix(n, n), b: random.matrix(n, n) };
}

function drawOblong(random: Draws): Factors {
  const [rows, inner, columns] = random.shuffled([2, 3, 5]);
  return { a: random.matrix(rows, inner), b: random.matrix(inner, columns) };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open matmul-kernel.ts and write `shape` and `kernel`: one element of the product, the sum over a row of a and a column of b. Then `backward`.",
    ru: "Откройте matmul-kernel.ts и напишите `shape` и `kernel`: один элемент произведения, сумму по строке a и столбцу b. Затем `backward`.",
  },
  mistakes: {
    elementwise: {
      en: "This is the product element by element. An element of a matrix product is a sum over a whole row of a and a whole column of b.",
      ru: "Это поэлементное произведение. Элемент произведения матриц — сумма по целой строке a и целому столбцу b.",
    },
    exchanged: {
      en: "The result is transposed: x counts along the last axis, the columns, and y counts rows.",
      ru: "Результат транспонирован: x идёт по последней оси, то есть по столбцам, а y по строкам.",
    },
    rowsOfB: {
      en: "Rows of a met rows of b. In b the index of the sum is the first one: b[k][this.thread.x].",
      ru: "Строки a умножены на строки b. В b индекс суммирования стоит первым: b[k][this.thread.x].",
    },
    lastAlone: {
      en: "Only the last product is left: add up with +=.",
      ru: "Осталось только последнее произведение: складывайте через +=.",
    },
    short: {
      en: "The sum is one product short: k goes from 0 to inner - 1, both included.",
      ru: "В сумме не хватает одного произведения: k идёт от 0 до inner - 1 включительно.",
    },
    shape: {
      en: "The result's shape is another: it has as many rows as a and as many columns as b.",
      ru: "У результата не та форма: строк в нём столько, сколько у a, а столбцов столько, сколько у b.",
    },
    notTransposed: {
      en: "A gradient was multiplied with the factor as it is. The other factor is transposed: dy bᵀ and aᵀ dy.",
      ru: "Градиент умножен на сам множитель. Второй множитель надо транспонировать: dy bᵀ и aᵀ dy.",
      error: /gradient rule gives|reading '\d+'/,
    },
    notTranslated: {
      en: "It is right in JavaScript, but gpu.js cannot translate it: no methods of arrays, no arrow functions, nothing from outside the kernel. A for loop and a variable will do.",
      ru: "На JavaScript всё верно, но gpu.js не может это перевести: никаких методов массивов, стрелочных функций и имён снаружи ядра. Хватит цикла for и одной переменной.",
      error: /gpu\.js|translat|kernel/i,
    },
  },
  tests: [
    {
      exercise: "product",
      points: 2,
      says: { en: "the product of square matrices", ru: "произведение квадратных матриц" },
      draw: drawSquare,
      expected: ({ a, b }) => product(a, b),
      mistakes: {
        elementwise: ({ a, b }) => a.map((row, i) => row.map((value, j) => value * b[i][j])),
        exchanged: ({ a, b }) => transposed(product(a, b)),
        rowsOfB: ({ a, b }) => product(a, transposed(b)),
        lastAlone: ({ a, b }) => product(a, b, b.length - 1),
        short: ({ a, b }, y) =>
          [product(a, b, 1), product(a, b, 0, b.length - 1)].some((sum) =>
            sum.every((row, i) => row.every((value, j) => Math.abs(value - y[i]?.[j]) < 1e-6)),
          ),
      },
    },
    {
      exercise: "product",
      points: 2,
      says: { en: "and of others", ru: "и прямоугольных" },
      draw: drawOblong,
      expected: ({ a, b }) => product(a, b),
      mistakes: { shape: ({ a, b }, y) => y.length !== a.length || y[0].length !== b[0].length },
    },
    {
      exercise: "gradients",
      points: 3,
      says: { en: "the gradients of both factors", ru: "градиенты обоих множителей" },
      times: 4,
      draw: (random) => {
        const factors = random.choice([drawSquare, drawOblong])(random);
        return { ...factors, weights: random.matrix(factors.a.length, factors.b[0].length) };
      },
      // da = dy bᵀ, db = aᵀ dy
      expected: ({ a, b, weights }) => ({ a: product(weights, transposed(b)), b: product(transposed(a), weights) }),
      mistakes: {
        notTransposed: ({ a, b, weights }, gradients) =>
          a.length === b.length &&
          [product(weights, b), product(a, weights)].some((wrong, i) =>
            wrong.every((row, y) =>
              row.every((value, x) => Math.abs(value - [gradients.a, gradients.b][i][y]?.[x]) < 1e-6),
            ),
          ),
      },
    },
    {
      exercise: "translated",
      points: 3,
      says: { en: "the kernel can be translated for the GPU", ru: "ядро переводится для видеокарты" },
      times: 1,
      draw: drawOblong,
      expected: ({ a, b }) => product(a, b),
      tolerance: 1e-3,
    },
  ],
  hints: [
    {
      en: "The thread knows which element is its own: this.thread.y is the row, this.thread.x the column. So all that is left is one sum.",
      ru: "Поток знает свой элемент: this.thread.y — строка, this.thread.x — столбец. Остаётся одна сумма.",
    },
    {
      en: "let sum = 0; for (let k = 0; k < inner; k++) sum += …; return sum;",
      ru: "let sum = 0; for (let k = 0; k < inner; k++) sum += …; return sum;",
    },
    {
      en: "The product under the sum is a[this.thread.y][k] * b[k][this.thread.x].",
      ru: "Под суммой стоит a[this.thread.y][k] * b[k][this.thread.x].",
    },
    {
      en: "backward: [matmul(dy, b.T), matmul(a.T, dy)]. The shapes leave no other choice.",
      ru: "backward: [matmul(dy, b.T), matmul(a.T, dy)]. Формы другого варианта и не оставляют.",
    },
  ],
});
