import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises, Input } from "./exercise.ts";

/** Row after row; `ofInner` leaves products out. */
function product({ a, b }: Input, ofInner: (k: number) => boolean = () => true): number[] {
  return a.flatMap((row) =>
    b[0].map((_, j) => row.reduce((sum, value, k) => sum + (ofInner(k) ? value * b[k][j] : 0), 0)),
  );
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < 1e-6);

/** Rows of the result that begin this far from one another. */
function withStride(input: Input, stride: number): number[] {
  const columns = input.b[0].length;
  const c = new Float64Array(input.a.length * columns);
  product(input).forEach((value, i) => {
    c[Math.floor(i / columns) * stride + (i % columns)] += value;
  });
  return [...c];
}

type Axes = readonly [rows: boolean, inner: boolean, columns: boolean];
const LOST: readonly Axes[] = [1, 2, 3, 4, 5, 6, 7].map((bits) => [(bits & 1) > 0, (bits & 2) > 0, (bits & 4) > 0]);

/** The product where the last, smaller tiles of some axes are left out. */
function withoutEdges(input: Input, [rows, inner, columns]: Axes): number[] {
  const { a, b, tile } = input;
  const width = b[0].length;
  const isIn = (lost: boolean, index: number, size: number) => !lost || index < wholeTiles(size, tile);
  return product(input, (k) => isIn(inner, k, b.length)).map((value, i) =>
    isIn(rows, Math.floor(i / width), a.length) && isIn(columns, i % width, width) ? value : 0,
  );
}

const transposed = (x: number[][]): number[][] => x[0].map((_, j) => x.map((row) => row[j]));
const wholeTiles = (size: number, tile: number): number => Math.floor(size / tile) * tile;

function draw(random: Draws, rows: number, inner: number, columns: number, tile: number): Input {
  return { a: random.matrix(rows, inner), b: random.matrix(inner, columns), tile };
}

/** Sizes that are multiples of the tile. */
function drawWhole(random: Draws): Input {
  const tile = random.integer(2, 3);
  const [rows, inner, columns] = random.shuffled([2, 3, 4]).map((count) => count * tile);
  return draw(random, rows, inner, columns, tile);
}

/** Sizes that are none. */
function drawRagged(random: Draws): Input {
  const tile = random.integer(3, 4);
  const [rows, inner, columns] = random.shuffled([1, 2, 3]).map((count) => count * tile + random.integer(1, tile - 1));
  return draw(random, rows, inner, columns, tile);
}

/** Each number of a is loaded once for each tile of columns of b, each of b once for each tile of rows of a. */
const loads = ({ a, b, tile }: Input) => ({
  a: a.length * b.length * Math.ceil(b[0].length / tile),
  b: b.length * b[0].length * Math.ceil(a.length / tile),
});

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open matmul-tiled.ts and write the function: three loops over tiles, and in the innermost copy a tile of a and one of b, then multiply them.",
    ru: "Откройте matmul-tiled.ts и напишите функцию: три цикла по блокам, а внутри скопируйте блок a и блок b и перемножьте их.",
  },
  mistakes: {
    overwritten: {
      en: "Only the last tiles of the sum are left: an element of the result is a sum over all tiles along inner, so add to it.",
      ru: "В сумме остались только последние блоки: элемент результата складывается по всем блокам вдоль inner, прибавляйте к нему.",
    },
    firstTile: {
      en: "Only the first tiles of the sum are there: there has to be a third loop, over the tiles along inner.",
      ru: "В сумме есть только первые блоки: нужен третий цикл, по блокам вдоль inner.",
    },
    edges: {
      en: "What does not fill a whole tile was left out. The last tile of each axis may be smaller: Math.min(tile, size - start).",
      ru: "Потеряно то, чего не хватает на целый блок. Последний блок по каждой оси может быть меньше: Math.min(tile, size - start).",
    },
    beyond: {
      en: "Something was loaded from beyond the matrix: the last tile of each axis may be smaller, Math.min(tile, size - start).",
      ru: "Загрузка вышла за край матрицы: последний блок по каждой оси может быть меньше, Math.min(tile, size - start).",
      error: /no element \[/,
    },
    columnMajor: {
      en: "The result lies column after column. Row after row, the element [i, j] is at i * columns + j.",
      ru: "Результат уложен по столбцам. При укладке по строкам элемент [i, j] лежит на месте i * columns + j.",
    },
    stride: {
      en: "Rows of the result lie over one another: from one row to the next it is the result's number of columns, b.columns.",
      ru: "Строки результата наложились одна на другую: шаг от строки к строке равен числу столбцов результата, b.columns.",
    },
    untiled: {
      en: "The result is right, but each product loaded both of its numbers. Copy the two tiles first, and take the numbers of the products from the copies.",
      ru: "Результат верный, но каждое умножение загружает оба своих числа. Сначала скопируйте два блока, а числа для умножений берите из копий.",
    },
    whole: {
      en: "A whole matrix was copied. Fast memory is small: it has room for a tile of each.",
      ru: "Матрица скопирована целиком. Быстрая память мала: в ней есть место для одного блока каждой.",
    },
  },
  tests: [
    {
      exercise: "product",
      points: 3,
      says: { en: "the product, of whole tiles", ru: "произведение из целых блоков" },
      draw: drawWhole,
      expected: (input) => product(input),
      mistakes: {
        overwritten: (input) => product(input, (k) => k >= input.b.length - input.tile),
        firstTile: (input) => product(input, (k) => k < input.tile),
        columnMajor: ({ a, b, tile }) => product({ a: transposed(b), b: transposed(a), tile }),
        stride: (input, c) =>
          [input.tile, input.a.length, input.b.length].some((stride) => isSame(c, withStride(input, stride))),
      },
    },
    {
      exercise: "product",
      points: 3,
      says: { en: "and with smaller tiles at the edges", ru: "и с блоками поменьше по краям" },
      draw: drawRagged,
      expected: (input) => product(input),
      tolerance: 1e-6,
      mistakes: {
        edges: (input, c) => LOST.some((lost) => isSame(c, withoutEdges(input, lost))),
      },
    },
    {
      exercise: "loads",
      points: 4,
      says: { en: "each number is loaded once for a tile", ru: "каждое число загружается один раз на блок" },
      draw: drawRagged,
      expected: loads,
      // Who keeps a tile while others go by needs fewer.
      accepts: (measured, { a, b }, expected) =>
        measured.a <= expected.a &&
        measured.b <= expected.b &&
        measured.a + measured.b > a.length * b.length + b.length * b[0].length,
      mistakes: {
        untiled: ({ a, b }) => ({ a: a.length * b.length * b[0].length, b: a.length * b.length * b[0].length }),
        whole: ({ a, b }) => ({ a: a.length * b.length, b: b.length * b[0].length }),
      },
    },
  ],
  hints: [
    {
      en: "The outer loops go in steps: for (let top = 0; top < a.rows; top += tile), the same for left over the columns of b, and for start over inner.",
      ru: "Внешние циклы идут шагами: for (let top = 0; top < a.rows; top += tile), так же left по столбцам b и start вдоль inner.",
    },
    {
      en: "Inside: const height = Math.min(tile, a.rows - top), and width and depth alike. Copy height x depth numbers of a and depth x width numbers of b.",
      ru: "Внутри: const height = Math.min(tile, a.rows - top), так же width и depth. Скопируйте height x depth чисел из a и depth x width чисел из b.",
    },
    {
      en: "Then three small loops: c[(top + i) * b.columns + left + j] += tileOfA[i * tile + k] * tileOfB[k * tile + j].",
      ru: "Потом три маленьких цикла: c[(top + i) * b.columns + left + j] += tileOfA[i * tile + k] * tileOfB[k * tile + j].",
    },
  ],
});
