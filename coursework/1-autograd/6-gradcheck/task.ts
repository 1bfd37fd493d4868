import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import { type Claim, type exercises, functions, type Measured, type Name } from "./exercise.ts";

/** (f(x + up e_i) - f(x - down e_i)) / by, for each i. */
function differences(name: Name, x: readonly number[], up: number, down: number, by: number): number[] {
  const f = functions[name].value;
  return x.map((value, i) => (f(x.with(i, value + up)) - f(x.with(i, value - down))) / by);
}

/** The same with every number rounded to what a Float32Array holds. */
function rounded({ name, x, step }: Measured): number[] {
  const f = functions[name].value;
  const at = (i: number, value: number) => f(x.with(i, value).map(Math.fround));
  return x.map((value, i) => (at(i, value + step) - at(i, value - step)) / (2 * step));
}

/** With numbers that stay moved down by one step. */
function leftMoved({ name, x, step }: Measured): number[] {
  const point = [...x];
  return x.map((value, i) => {
    const [difference] = [differences(name, point, step, step, 2 * step)[i]];
    point[i] = value - step;
    return difference;
  });
}

const measured = ({ name, x }: Claim): number[] => differences(name, x, 1e-5, 1e-5, 2e-5);
const claimed = ({ name, x, errors }: Claim): number[] =>
  functions[name].gradient(x).map((right, i) => right + errors[i]);

/** The first number that a comparison finds wrong. */
function first(claim: Claim, isWrong: (claimed: number, measured: number) => boolean): number {
  const numbers = measured(claim);
  return claimed(claim).findIndex((value, i) => isWrong(value, numbers[i]));
}

const bound = (value: number): number => 1e-6 + 1e-4 * Math.abs(value);
const firstWrong = (claim: Claim): number => first(claim, (a, b) => Math.abs(a - b) > bound(b));

const SIZE = 6;
const nothing = (): number[] => new Array<number>(SIZE).fill(0);

/** A claim with three errors, none in the first place: downwards, upwards, and downwards again. */
function drawWrong(random: Draws): Claim {
  const errors = nothing();
  const places = random.shuffled([1, 2, 3, 4, 5]).slice(0, 3);
  for (const [i, at] of places.sort().entries()) errors[at] = random.choice([1, 0.1, 0.01]) * (i === 1 ? 1 : -1);
  return { name: random.choice(["cubes", "waves"]), x: random.vector(SIZE, 0.5, 1.5), errors };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open gradcheck.ts and write `numericGradient` first: move one number up and down by a step, and see how f changes. Then `firstWrong`.",
    ru: "Откройте gradcheck.ts и начните с `numericGradient`: сдвиньте одно число на шаг вверх и вниз и посмотрите, как меняется f. Затем `firstWrong`.",
  },
  mistakes: {
    forward: {
      en: "This is a difference to one side, (f(x + h) - f(x)) / h, whose error shrinks like h alone. To both sides it shrinks like h².",
      ru: "Это односторонняя разность (f(x + h) - f(x)) / h, её ошибка убывает лишь как h. У двусторонней она убывает как h².",
    },
    half: {
      en: "All derivatives are twice as large as they should be: from x - h to x + h it is 2h, so divide by 2h.",
      ru: "Все производные вдвое больше, чем надо: от x - h до x + h расстояние 2h, делить надо на 2h.",
    },
    moved: {
      en: "A number that was moved was not put back: the next derivatives are measured at another point, and the caller's x is changed. Work on a copy for each number.",
      ru: "Сдвинутое число не вернулось на место: следующие производные измерены в другой точке, а у вызвавшего испорчен x. Берите для каждого числа свежую копию.",
    },
    float32: {
      en: "The numbers were rounded to 32 bits on the way, and a step of 1e-5 drowns in that. Use plain arrays, or Float64Array.",
      ru: "По дороге числа округлились до 32 бит, и шаг 1e-5 в этом тонет. Берите обычные массивы или Float64Array.",
    },
    signed: {
      en: "An error downwards was not seen: compare the absolute value of the difference, Math.abs(claimed - measured).",
      ru: "Ошибка в меньшую сторону не замечена: сравнивать надо модуль разности, Math.abs(claimed - measured).",
    },
    onlyFirst: {
      en: "Only the first number was compared. A gradient may be wrong in any place.",
      ru: "Сравнивается только первое число. Ошибка в градиенте может быть в любом месте.",
    },
    last: {
      en: "This is the last number that is wrong; the first one is asked for.",
      ru: "Это последнее неверное число, а спрашивают первое.",
    },
    absolute: {
      en: "A right gradient was called wrong: its numbers are large, and so is what differences round away. Allow 1e-4 of what was measured, too.",
      ru: "Верный градиент объявлен неверным: числа велики, и погрешность разностей тоже велика. Разрешите ещё и 1e-4 от измеренного.",
    },
    relative: {
      en: "A right gradient was called wrong where it is zero: nothing is near zero in proportion. Allow 1e-6 as it is, too.",
      ru: "Верный градиент объявлен неверным там, где он равен нулю: относительно нуля любая погрешность велика. Разрешите ещё и 1e-6 как таковую.",
    },
  },
  tests: [
    {
      exercise: "numeric",
      points: 3,
      says: { en: "central differences with a large step", ru: "центральные разности с большим шагом" },
      draw: (random) => ({ name: "cubes", x: random.vector(4, 0.5, 2), step: random.uniform(0.1, 0.2) }),
      expected: ({ name, x, step }) => ({ gradient: differences(name, x, step, step, 2 * step), x }),
      tolerance: 1e-8,
      mistakes: {
        forward: ({ name, x, step }) => ({ gradient: differences(name, x, step, 0, step), x }),
        half: ({ name, x, step }) => ({ gradient: differences(name, x, step, step, step), x }),
        moved: (input, { gradient, x }) =>
          x.some((value, i) => value !== input.x[i]) ||
          leftMoved(input).every((value, i) => Math.abs(value - gradient[i]) < 1e-8),
      },
    },
    {
      exercise: "numeric",
      points: 2,
      says: { en: "seven digits with a small step", ru: "семь знаков с малым шагом" },
      draw: (random) => ({ name: "waves", x: random.vector(4, 0.5, 2), step: 1e-5 }),
      expected: ({ name, x }) => ({ gradient: functions[name].gradient(x), x }),
      tolerance: 1e-7,
      mistakes: {
        float32: (input) => ({ gradient: rounded(input), x: input.x }),
        moved: (input, { x }) => x.some((value, i) => value !== input.x[i]),
      },
    },
    {
      exercise: "firstWrong",
      points: 3,
      says: { en: "finds the first wrong derivative", ru: "находит первую неверную производную" },
      times: 5,
      draw: drawWrong,
      expected: firstWrong,
      mistakes: {
        signed: (claim) => first(claim, (a, b) => a - b > bound(b)),
        onlyFirst: (_, at) => at === -1,
        last: ({ errors }) => errors.findLastIndex((error) => error !== 0),
      },
    },
    {
      exercise: "firstWrong",
      points: 1,
      says: {
        en: "calls a right gradient right where numbers are large",
        ru: "не ругает верный градиент, когда числа большие",
      },
      draw: (random) => ({ name: "large", x: random.vector(SIZE, 1, 3), errors: nothing() }),
      expected: () => -1,
      mistakes: { absolute: (_, at) => at >= 0 },
    },
    {
      exercise: "firstWrong",
      points: 1,
      says: { en: "and where it is zero", ru: "и когда он равен нулю" },
      draw: (random) => ({ name: "flat", x: [random.uniform(-1, 1), ...nothing().slice(1)], errors: nothing() }),
      expected: () => -1,
      mistakes: { relative: (_, at) => at >= 0 },
    },
  ],
  hints: [
    {
      en: "x.with(i, x[i] + step) is a copy of x in which one number is moved.",
      ru: "x.with(i, x[i] + step) — это копия x, в которой сдвинуто одно число.",
    },
    {
      en: "numericGradient is one x.map((value, i) => …): f of the copy moved up, less f of the copy moved down, divided by 2 * step.",
      ru: "numericGradient — это один x.map((value, i) => …): f от копии, сдвинутой вверх, минус f от копии, сдвинутой вниз, делить на 2 * step.",
    },
    {
      en: "findIndex gives the first place where a condition holds, and -1 where it never does: Math.abs(claimed - measured) > 1e-6 + 1e-4 * Math.abs(measured).",
      ru: "findIndex даёт первое место, где условие выполнено, и -1, если такого нет: Math.abs(claimed - measured) > 1e-6 + 1e-4 * Math.abs(measured).",
    },
  ],
});
