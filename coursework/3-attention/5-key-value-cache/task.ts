import {
  attend,
  causal,
  linear,
  type Matrix,
  mapped,
  plus,
  product,
  type Seen,
  softmaxColumns,
  transposed,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

interface Piece {
  keys: number[][][];
  values: number[][][];
}

/** What is kept of each head's rows, by how a piece's rows come to those before. */
const keptBy =
  (join: (before: Matrix, added: Matrix) => Matrix) =>
  (pieces: readonly number[][][][]): number[][][] =>
    pieces[0].map((_, head) =>
      pieces
        .map((piece) => piece[head] as Matrix)
        .reduce((before, added) => join(before, added))
        .map((row) => [...row]),
    );

const behind = keptBy((before, added) => [...before, ...added]);
const inFront = keptBy((before, added) => [...added, ...before]);
const instead = keptBy((_, added) => added);

const keysOf = ({ pieces }: { pieces: Piece[] }) => pieces.map(({ keys }) => keys);
const valuesOf = ({ pieces }: { pieces: Piece[] }) => pieces.map(({ values }) => values);

/** 0, and the length after each piece. */
function lengths({ pieces }: { pieces: Piece[] }): number[] {
  const all = [0];
  for (const { keys } of pieces) all.push(all[all.length - 1] + keys[0].length);
  return all;
}

interface Attended extends Piece {
  queries: number[][][];
}

/** Query i stands at position i + length - new. */
const offset = (q: Matrix, k: Matrix): number => k.length - q.length;

const inHeads =
  (head: (q: Matrix, k: Matrix, v: Matrix) => number[][]) =>
  ({ queries, keys, values }: Attended): number[][][] =>
    queries.map((q, h) => head(q, keys[h], values[h]));

const seeing = (seen: (by: number) => Seen) => inHeads((q, k, v) => attend(q, k, v, { seen: seen(offset(q, k)) }));

/** Softmax over the queries, of the keys that each sees. */
function overQueries(q: Matrix, k: Matrix, v: Matrix): number[][] {
  const by = offset(q, k);
  const scores = mapped(product(q, transposed(k)), (score, i, j) =>
    j <= i + by ? score / Math.sqrt(q[0].length) : Number.NEGATIVE_INFINITY,
  );
  return product(softmaxColumns(scores), v);
}

interface Placed {
  x: number[][][];
  table: number[][];
  length: number;
}

/** Adds to row t of each sequence a row of the table. */
const placed =
  (rowAt: (t: number, length: number) => number) =>
  ({ x, table, length }: Placed): number[][][] =>
    x.map((one) =>
      plus(
        one,
        one.map((_, t) => table[rowAt(t, length)]),
      ),
    );

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open key-value-cache.ts and begin with append: at first a cache of what is given, then new keys and values behind the old ones.",
    ru: "Откройте key-value-cache.ts и начните с append: сначала кэш состоит из того, что дано, потом новое дописывается в конец.",
  },
  mistakes: {
    inFront: {
      en: "New keys and values were put in front of those that are kept. They belong behind them: concat([cache.keys, keys], 2).",
      ru: "Новые ключи и значения поставлены перед прежними. Их место в конце: concat([cache.keys, keys], 2).",
    },
    onlyNew: {
      en: "Only the newest keys and values are there; those from before are lost. Put the new ones behind them.",
      ru: "Остались только последние ключи и значения, прежние потеряны. Новые нужно дописывать к ним.",
    },
    exchanged: {
      en: "Keys lie where the values belong, and values where the keys do.",
      ru: "Ключи лежат на месте значений, а значения — на месте ключей.",
    },
    heads: {
      en: "The length is that of another axis: positions are axis 2 of [batch, heads, length, size].",
      ru: "Длина взята по другой оси: позиции — это ось 2 в [batch, heads, length, size].",
    },
    wrongAxis: {
      en: "Tensors were put behind each other along the wrong axis: positions are axis 2 of [batch, heads, length, size].",
      ru: "Тензоры соединены не по той оси: позиции — это ось 2 в [batch, heads, length, size].",
      error: /^concat:.*differ in more than axis/,
    },
    noOffset: {
      en: "The mask begins at position 0: query i sees the keys j ≤ i. But it stands at position i + (length - new), and sees as far as that.",
      ru: "Маска отсчитана от позиции 0: запрос i видит ключи j ≤ i. Но стоит он на позиции i + (length - new) и видит всё до неё включительно.",
    },
    self: {
      en: "The mask is off by one: a query does not see its own position. Hide j > i + (length - new), and nothing else.",
      ru: "Маска сдвинута на единицу: запрос не видит собственную позицию. Скрывать нужно только j > i + (length - new).",
    },
    oneAhead: {
      en: "The mask is off by one: a query sees the position behind its own. Hide all j > i + (length - new).",
      ru: "Маска сдвинута на единицу: запрос видит следующую за своей позицию. Скрывайте все j > i + (length - new).",
    },
    open: {
      en: "There is no mask. Several tokens may come at once, as a prompt does, and then the first of them must not see the others.",
      ru: "Маски нет. Токенов может прийти сразу несколько, как в начале текста, и тогда первый из них не должен видеть остальных.",
    },
    noScale: {
      en: "The scale is missing: divide the scores by the root of a query's size.",
      ru: "Нет деления на корень из размера запроса.",
    },
    axis: {
      en: "Softmax goes over the queries. It has to go over the keys: the last axis, -1.",
      ru: "Softmax взят по запросам. Нужно по ключам: последняя ось, -1.",
    },
    fromZero: {
      en: "Positions begin at 0 with each step, so that every new token takes itself for the first of the text. Begin at the cache's length.",
      ru: "На каждом шаге позиции отсчитываются от 0, и всякий новый токен считает себя первым в тексте. Начинайте с длины кэша.",
    },
    oneLate: {
      en: "Positions are off by one. If 7 positions are kept, they are 0 to 6, and the next one is 7: the length itself.",
      ru: "Позиции сдвинуты на единицу. Если хранится 7 позиций, это 0–6, и следующая — 7, то есть сама длина.",
    },
    sameRow: {
      en: "All new tokens got the same position. The first stands at the cache's length, the next one behind it, and so on.",
      ru: "Все новые токены получили одну и ту же позицию. Первый стоит на позиции, равной длине кэша, второй — на следующей и так далее.",
    },
  },
  tests: [
    {
      exercise: "append",
      points: 3,
      says: { en: "append and lengthOf: pieces, one behind the other", ru: "append и lengthOf: куски друг за другом" },
      draw(random) {
        const counts = [random.integer(2, 3), 1, 1];
        return {
          pieces: counts.map((count) => ({ keys: random.matrices(3, count, 2), values: random.matrices(3, count, 2) })),
        };
      },
      expected: (given) => ({ keys: behind(keysOf(given)), values: behind(valuesOf(given)), lengths: lengths(given) }),
      mistakes: {
        inFront: (given, { keys }) => same(keys, inFront(keysOf(given))),
        onlyNew: (given, { keys }) => same(keys, instead(keysOf(given))),
        exchanged: (given, { keys, values }) =>
          same(keys, behind(valuesOf(given))) || same(values, behind(keysOf(given))),
        heads: (given, output) =>
          same(output.keys, behind(keysOf(given))) && !same([[output.lengths]], [[lengths(given)]]),
      },
    },
    {
      exercise: "attend",
      points: 4,
      says: {
        en: "attendCached: new queries see everything up to themselves",
        ru: "attendCached: новые запросы видят всё вплоть до себя",
      },
      draw(random) {
        const [count, length] = [3, random.integer(5, 7)];
        return {
          queries: random.matrices(2, count, 3),
          keys: random.matrices(2, length, 3),
          values: random.matrices(2, length, 3),
        };
      },
      expected: seeing((by) => (i, j) => j <= i + by),
      mistakes: {
        noOffset: seeing(() => causal),
        self: seeing((by) => (i, j) => j < i + by),
        oneAhead: seeing((by) => (i, j) => j <= i + by + 1),
        open: seeing(() => () => true),
        noScale: inHeads((q, k, v) => attend(q, k, v, { factor: 1, seen: (i, j) => j <= i + offset(q, k) })),
        axis: inHeads(overQueries),
      },
    },
    {
      exercise: "positions",
      points: 3,
      says: {
        en: "addPositions: positions go on where the cache ends",
        ru: "addPositions: нумерация продолжается с конца кэша",
      },
      times: 4,
      draw(random) {
        const length = random.integer(1, 4);
        return { x: random.matrices(2, random.integer(2, 3), 4), table: random.matrix(8, 4), length };
      },
      expected: placed((t, length) => length + t),
      mistakes: {
        fromZero: placed((t) => t),
        oneLate: placed((t, length) => length + t + 1),
        sameRow: placed((_, length) => length),
      },
    },
    {
      exercise: "inPieces",
      points: 2,
      says: {
        en: "read piece by piece, a text gives what it gives as a whole",
        ru: "прочитанный по частям текст даёт то же, что и целиком",
      },
      draw(random) {
        const pieces = [random.integer(2, 3), 1, 2, 1];
        const [toQueries, toKeys, toValues] = [0, 1, 2].map(() => random.matrix(3, 3, -1, 1));
        const time = pieces.reduce((a, b) => a + b);
        return {
          x: random.matrix(time, 3, -1, 1),
          pieces,
          table: random.matrix(8, 3, -1, 1),
          toQueries,
          toKeys,
          toValues,
        };
      },
      expected({ x, table, toQueries, toKeys, toValues }) {
        const all = plus(x, table);
        return attend(linear(all, toQueries), linear(all, toKeys), linear(all, toValues), { seen: causal });
      },
    },
  ],
  hints: [
    {
      en: "append: if cache is undefined, { keys, values } is the cache. lengthOf: cache?.keys.shape[2] ?? 0.",
      ru: "append: если cache равен undefined, то кэш — это { keys, values }. lengthOf: cache?.keys.shape[2] ?? 0.",
    },
    {
      en: "addPositions: const start = lengthOf(cache); the rows are table.slice(0, start, start + x.shape[1]).",
      ru: "addPositions: const start = lengthOf(cache); нужные строки: table.slice(0, start, start + x.shape[1]).",
    },
    {
      en: 'The mask of attendCached is [count, length] with ones from the diagonal length - count + 1 on: ones([count, length], { dtype: "int32", device: queries.device }).triu(length - count + 1).',
      ru: 'Маска в attendCached имеет форму [count, length], и единицы в ней начинаются с диагонали length - count + 1: ones([count, length], { dtype: "int32", device: queries.device }).triu(length - count + 1).',
    },
    {
      en: "What is left of attendCached: queries.matmul(cache.keys.T).div(Math.sqrt(size)).maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1).matmul(cache.values).",
      ru: "Остальное в attendCached: queries.matmul(cache.keys.T).div(Math.sqrt(size)).maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1).matmul(cache.values).",
    },
  ],
});

function same(a: number[][][], b: number[][][]): boolean {
  const [one, other] = [a.flat(2), b.flat(2)];
  return one.length === other.length && one.every((value, i) => Math.abs(value - other[i]) < 1e-9);
}
