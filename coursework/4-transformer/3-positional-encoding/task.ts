import { mapped, plus } from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

interface Table {
  time: number;
  width: number;
  start: number;
}

const pairOf = (column: number): number => Math.floor(column / 2);
const isEven = (column: number): boolean => column % 2 === 0;

/** A table, right unless a part of the formula is given. */
const table =
  ({
    exponent = (column: number, width: number) => (2 * pairOf(column)) / width,
    base = 10_000,
    isSine = (column: number, _width: number) => isEven(column),
    first = (start: number) => start,
    angle = (position: number, period: number) => position / period,
  } = {}) =>
  ({ time, width, start }: Table): number[][] =>
    Array.from({ length: time }, (_, t) =>
      Array.from({ length: width }, (_, column) => {
        const turned = angle(first(start) + t, base ** exponent(column, width));
        return isSine(column, width) ? Math.sin(turned) : Math.cos(turned);
      }),
    );

const sinusoids = table();

const tableFor = (x: readonly number[][], start: number) => sinusoids({ time: x.length, width: x[0].length, start });

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open positional-encoding.ts and begin with sinusoids: a nested array of sines and cosines, by the formula, and tensor(…) of it.",
    ru: "Откройте positional-encoding.ts и начните с sinusoids: вложенный массив синусов и косинусов по формуле и tensor(…) от него.",
  },
  mistakes: {
    exchanged: {
      en: "Sine and cosine are exchanged: even columns, beginning with 0, are sines.",
      ru: "Синус и косинус перепутаны: в чётных столбцах, начиная с 0, стоят синусы.",
    },
    halves: {
      en: "All sines stand before all cosines. They have to take turns: columns 2i and 2i + 1 are the sine and the cosine of one angle.",
      ru: "Сначала идут все синусы, потом все косинусы. Они должны чередоваться: в столбцах 2i и 2i + 1 стоят синус и косинус одного угла.",
    },
    ownAngles: {
      en: "Each column has an angle of its own, with column / width for exponent. The two of a pair have one: 2i / width, where i is the number of the pair.",
      ru: "У каждого столбца свой угол: показатель взят как column / width. У пары он общий: 2i / width, где i — номер пары.",
    },
    doubled: {
      en: "The exponent is twice as large as it should be: in 2i / width, i is the number of the pair, and not of the column.",
      ru: "Показатель степени вдвое больше, чем нужно: в 2i / width буква i означает номер пары, а не столбца.",
    },
    halved: {
      en: "The exponent is half of what it should be: 2i / width, where i is the number of the pair; the 2 was left out.",
      ru: "Показатель степени вдвое меньше, чем нужно: должно быть 2i / width, где i — номер пары; потеряна двойка.",
    },
    noWidth: {
      en: "The exponent was not divided by the width: it is 2i / width.",
      ru: "Показатель степени не поделён на ширину: должно быть 2i / width.",
    },
    multiplied: {
      en: "The position was multiplied with 10000^(2i / width), and has to be divided by it.",
      ru: "Позиция умножена на 10000^(2i / width), а на него нужно делить.",
    },
    base: {
      en: "The waves are of another length: the base of the power is 10000.",
      ru: "Длины волн другие: основание степени равно 10000.",
    },
    fromOne: {
      en: "Positions are off by one: the first one is `start` itself, and 0 unless said otherwise.",
      ru: "Позиции сдвинуты на единицу: первая равна самому start, а если он не задан, то 0.",
    },
    noStart: {
      en: "The table always begins at position 0, whatever `start` is.",
      ru: "Таблица всегда начинается с позиции 0, каким бы ни был start.",
    },
    addNoStart: {
      en: "addPositions does not pass `start` on: sinusoids(time, width, start).",
      ru: "addPositions не передаёт start дальше: sinusoids(time, width, start).",
    },
    times: {
      en: "The positions were multiplied with the vectors. They are added.",
      ru: "Позиции умножены на векторы. Их нужно прибавлять.",
    },
    replaced: {
      en: "What comes out are the positions alone: they have to be added to x.",
      ru: "На выходе одни позиции: их нужно прибавить к x.",
    },
  },
  tests: [
    {
      exercise: "table",
      points: 5,
      says: { en: "the table from position 0 on", ru: "таблица с позиции 0" },
      draw: (random) => ({ time: random.integer(4, 8), width: 2 * random.integer(3, 6), start: 0 }),
      expected: sinusoids,
      mistakes: {
        exchanged: table({ isSine: (column) => !isEven(column) }),
        halves: table({
          exponent: (column, width) => (2 * (column % (width / 2))) / width,
          isSine: (column, width) => column < width / 2,
        }),
        ownAngles: table({ exponent: (column, width) => column / width }),
        doubled: (given, output) =>
          [pairOf, (column: number) => column].some((number) =>
            near(
              output,
              table({ exponent: (column, width) => ((number === pairOf ? 4 : 2) * number(column)) / width })(given),
            ),
          ),
        halved: table({ exponent: (column, width) => pairOf(column) / width }),
        noWidth: table({ exponent: (column) => 2 * pairOf(column) }),
        multiplied: table({ angle: (position, period) => position * period }),
        base: (given, output) => [1000, 100_000, 100, Math.E].some((base) => near(output, table({ base })(given))),
        fromOne: table({ first: (start) => start + 1 }),
      },
    },
    {
      exercise: "table",
      points: 2,
      says: { en: "the table from another position on", ru: "таблица с другой позиции" },
      draw: (random) => ({ time: random.integer(2, 4), width: 6, start: random.integer(1, 20) }),
      expected: sinusoids,
      mistakes: {
        noStart: table({ first: () => 0 }),
        fromOne: table({ first: (start) => start + 1 }),
      },
    },
    {
      exercise: "add",
      points: 2,
      says: {
        en: "addPositions, for each sequence of a batch",
        ru: "addPositions для каждой последовательности батча",
      },
      draw: (random) => ({ x: random.matrices(2, 3, 4), start: random.integer(1, 9) }),
      expected: ({ x, start }) => x.map((one) => plus(one, tableFor(one, start))),
      mistakes: {
        addNoStart: ({ x }) => x.map((one) => plus(one, tableFor(one, 0))),
        times: ({ x, start }) =>
          x.map((one) => {
            const positions = tableFor(one, start);
            return mapped(one, (value, t, column) => value * positions[t][column]);
          }),
        // With a batch, or of one sequence.
        replaced: ({ x, start }, output) => {
          const positions = tableFor(x[0], start).flat();
          return output.flat(2).every((value, i) => Math.abs(value - positions[i % positions.length]) < 1e-6);
        },
      },
    },
    {
      exercise: "fromZero",
      points: 1,
      says: { en: "addPositions from 0 on, with a gradient", ru: "addPositions с нуля и с градиентом" },
      draw: (random) => ({ x: random.matrices(2, 3, 4) }),
      expected: ({ x }) => ({
        outputs: x.map((one) => plus(one, tableFor(one, 0))),
        gradient: x.map((one) => mapped(one, () => 1)),
      }),
    },
  ],
  hints: [
    {
      en: "Array.from({ length: time }, (_, t) => Array.from({ length: width }, (_, column) => …)) is a nested array; tensor(…) takes it.",
      ru: "Array.from({ length: time }, (_, t) => Array.from({ length: width }, (_, column) => …)) — вложенный массив; tensor(…) его принимает.",
    },
    {
      en: "const angle = (start + t) / 10000 ** ((column - (column % 2)) / width); what is left is its sine or its cosine.",
      ru: "const angle = (start + t) / 10000 ** ((column - (column % 2)) / width); осталось взять синус или косинус.",
    },
    {
      en: "addPositions: const [, time, width] = x.shape; return x.add(sinusoids(time, width, start));",
      ru: "addPositions: const [, time, width] = x.shape; return x.add(sinusoids(time, width, start));",
    },
  ],
});

function near(a: readonly number[][], b: readonly number[][]): boolean {
  return a.length === b.length && a.every((row, i) => row.every((value, j) => Math.abs(value - b[i][j]) < 1e-6));
}
