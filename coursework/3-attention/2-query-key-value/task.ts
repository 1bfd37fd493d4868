import {
  attend,
  linear,
  type Matrix,
  mapped,
  product,
  softmaxColumns,
  softmaxGradient,
  softmaxRows,
  transposed,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const times = (x: Matrix, factor: number): number[][] => mapped(x, (value) => value * factor);

/** q kᵀ / √size */
const scores = (q: Matrix, k: Matrix): number[][] => times(product(q, transposed(k)), 1 / Math.sqrt(q[0].length));

interface Roles {
  queries: number[][][];
  keys: number[][][];
  values: number[][][];
}

/** For each sequence of a batch. */
const each =
  (attention: (q: Matrix, k: Matrix, v: Matrix) => number[][]) =>
  ({ queries, keys, values }: Roles): number[][][] =>
    queries.map((q, i) => attention(q, keys[i], values[i]));

interface Layer {
  x: number[][][];
  toQueries: number[][];
  toKeys: number[][];
  toValues: number[][];
}

/** The layer, where its parts may be put together in another way. */
const layer =
  (attention: (q: Matrix, k: Matrix, v: Matrix, x: Matrix) => number[][]) =>
  ({ x, toQueries, toKeys, toValues }: Layer): number[][][] =>
    x.map((one) => attention(linear(one, toQueries), linear(one, toKeys), linear(one, toValues), one));

/** What comes back to queries, keys and values of one sequence. */
function gradients(q: Matrix, k: Matrix, v: Matrix, dy: Matrix) {
  const weights = softmaxRows(scores(q, k));
  const dscores = times(softmaxGradient(weights, product(dy, transposed(v))), 1 / Math.sqrt(q[0].length));
  return {
    queries: product(dscores, k),
    keys: product(transposed(dscores), q),
    values: product(transposed(weights), dy),
  };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open query-key-value.ts and write attend: softmax(queries keysᵀ / √size) values. Then call it in Attention.forward.",
    ru: "Откройте query-key-value.ts и напишите attend: softmax(queries keysᵀ / √size) values. Потом вызовите её в Attention.forward.",
  },
  mistakes: {
    noScale: {
      en: "The scale is missing: divide the dot products by the root of the queries' size before softmax.",
      ru: "Нет деления на корень: перед softmax скалярные произведения делят на корень из размера запроса.",
    },
    scaleBySize: {
      en: "The dot products were divided by the size d itself. Divide by its root, √d.",
      ru: "Скалярные произведения поделены на сам размер d. Делить нужно на корень из него, √d.",
    },
    scaleByKeys: {
      en: "The root is that of the number of keys. d is the size of a query: its last axis.",
      ru: "Корень взят из числа ключей. А d означает размер запроса, то есть его последней оси.",
    },
    multiplied: {
      en: "The dot products were multiplied with √d, which makes them larger still. Divide by it.",
      ru: "Скалярные произведения умножены на √d и стали ещё больше. На корень нужно делить.",
    },
    afterSoftmax: {
      en: "The weights were divided by √d after softmax, so they do not sum to one. Divide the scores, before softmax.",
      ru: "На √d поделены веса, уже после softmax, и их сумма не равна единице. Делить нужно до softmax.",
    },
    axis: {
      en: "Softmax goes over the queries. Each query divides its own attention among the keys: the last axis, -1.",
      ru: "Softmax взят по запросам. Каждый запрос делит своё внимание между ключами, поэтому нужна последняя ось, -1.",
    },
    keysValues: {
      en: "Keys and values are exchanged: scores come from queries and keys, and what is summed are the values.",
      ru: "Перепутаны ключи и значения: оценки получаются из запросов и ключей, а складываются значения.",
    },
    queriesKeys: {
      en: "Queries and keys are exchanged: row i of the scores has to be query i against all keys, queries keysᵀ.",
      ru: "Перепутаны запросы и ключи: в строке i должен стоять запрос i со всеми ключами, то есть queries keysᵀ.",
    },
    noValues: {
      en: "The weights were multiplied with x itself. Multiply them with the values, this.toValues.forward(x).",
      ru: "Веса умножены на сам x. Умножать нужно на значения, this.toValues.forward(x).",
    },
  },
  tests: [
    {
      exercise: "attend",
      points: 3,
      says: { en: "attend, with as many keys as queries", ru: "attend, когда запросов и ключей поровну" },
      draw(random) {
        const [batch, time, size] = [random.integer(1, 2), random.integer(4, 5), 3];
        const [queries, keys, values] = [0, 1, 2].map(() => random.matrices(batch, time, size));
        return { queries, keys, values };
      },
      expected: each((q, k, v) => attend(q, k, v)),
      mistakes: {
        noScale: each((q, k, v) => attend(q, k, v, { factor: 1 })),
        scaleBySize: each((q, k, v) => attend(q, k, v, { factor: 1 / q[0].length })),
        scaleByKeys: each((q, k, v) => attend(q, k, v, { factor: 1 / Math.sqrt(k.length) })),
        multiplied: each((q, k, v) => attend(q, k, v, { factor: Math.sqrt(q[0].length) })),
        afterSoftmax: each((q, k, v) => times(attend(q, k, v, { factor: 1 }), 1 / Math.sqrt(q[0].length))),
        axis: each((q, k, v) => product(softmaxColumns(scores(q, k)), v)),
        keysValues: each((q, k, v) => attend(q, v, k)),
        queriesKeys: each((q, k, v) => attend(k, q, v)),
      },
    },
    {
      exercise: "attend",
      points: 2,
      says: {
        en: "attend, with more keys than queries, or fewer",
        ru: "attend, когда ключей больше или меньше, чем запросов",
      },
      draw(random) {
        const keys = random.choice([2, 6]);
        return {
          queries: random.matrices(2, 4, 5),
          keys: random.matrices(2, keys, 5),
          values: random.matrices(2, keys, 5),
        };
      },
      expected: each((q, k, v) => attend(q, k, v)),
      mistakes: {
        scaleByKeys: each((q, k, v) => attend(q, k, v, { factor: 1 / Math.sqrt(k.length) })),
        axis: each((q, k, v) => product(softmaxColumns(scores(q, k)), v)),
      },
    },
    {
      exercise: "gradients",
      points: 2,
      says: { en: "gradients come back to all three", ru: "градиент доходит до всех трёх" },
      draw(random) {
        const [queries, keys, values, weights] = [0, 1, 2, 3].map(() => random.matrices(1, 4, 3));
        return { queries, keys, values, weights };
      },
      expected({ queries: [q], keys: [k], values: [v], weights: [dy] }) {
        const back = gradients(q, k, v, dy);
        return { queries: [back.queries], keys: [back.keys], values: [back.values] };
      },
    },
    {
      exercise: "layer",
      points: 3,
      says: { en: "the layer, with given matrices", ru: "слой с заданными матрицами" },
      draw(random) {
        const width = random.integer(3, 4);
        const [toQueries, toKeys, toValues] = [0, 1, 2].map(() => random.matrix(width, width, -1, 1));
        return { x: random.matrices(2, 5, width, -1, 1), toQueries, toKeys, toValues };
      },
      expected: layer((q, k, v) => attend(q, k, v)),
      mistakes: {
        noValues: layer((q, k, _, x) => attend(q, k, x)),
        keysValues: layer((q, k, v) => attend(q, v, k)),
        queriesKeys: layer((q, k, v) => attend(k, q, v)),
      },
    },
  ],
  hints: [
    {
      en: "attend is the attention of the last task with three tensors in the place of one; one factor is new.",
      ru: "attend — это внимание из прошлой задачи, только тензоров теперь три вместо одного, и добавился множитель.",
    },
    {
      en: "const size = queries.shape[queries.rank - 1]; the scores are queries.matmul(keys.T).div(Math.sqrt(size)).",
      ru: "const size = queries.shape[queries.rank - 1]; оценки равны queries.matmul(keys.T).div(Math.sqrt(size)).",
    },
    {
      en: "forward has one line: attend(this.toQueries.forward(x), …, …).",
      ru: "forward состоит из одной строки: attend(this.toQueries.forward(x), …, …).",
    },
  ],
});
