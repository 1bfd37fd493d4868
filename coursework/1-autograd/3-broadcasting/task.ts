import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises, Numbers } from "./exercise.ts";

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Where an element of a tensor of shape `from` lies in one of shape `to` that was stretched to it. */
function placeIn(to: readonly number[], from: readonly number[], element: number): number {
  let [place, stride, rest] = [0, 1, element];
  for (let axis = 1; axis <= from.length; axis++) {
    const index = rest % from.at(-axis)!;
    rest = Math.floor(rest / from.at(-axis)!);
    const size = axis > to.length ? 1 : to.at(-axis)!;
    if (size > 1) place += index * stride;
    stride *= size;
  }
  return place;
}

function sumTo(dy: Numbers, shape: number[]): Numbers {
  const values = new Array<number>(sizeOf(shape)).fill(0);
  dy.values.forEach((value, i) => {
    values[placeIn(shape, dy.shape, i)] += value;
  });
  return { shape, values };
}

/** The product of two tensors of which the second one broadcasts to the first. */
const times = (a: Numbers, b: Numbers): Numbers => ({
  shape: a.shape,
  values: a.values.map((value, i) => value * b.values[placeIn(b.shape, a.shape, i)]),
});

const draw = (random: Draws, shape: number[]): Numbers => ({ shape, values: random.vector(sizeOf(shape)) });

const mean = (dy: Numbers, shape: number[]): Numbers => {
  const count = sizeOf(dy.shape) / sizeOf(shape);
  return { shape, values: sumTo(dy, shape).values.map((value) => value / count) };
};

const isSame = (a: readonly number[], b: readonly number[]): boolean => `${a}` === `${b}`;

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open broadcasting.ts and write `sumTo` first: sum dy over every axis along which there were copies. Then `backward` of the product.",
    ru: "Откройте broadcasting.ts и начните с `sumTo`: просуммируйте dy по всем осям, вдоль которых были копии. Затем `backward` произведения.",
  },
  mistakes: {
    notSummed: {
      en: "The gradient was not summed over the broadcast axis: it has as many numbers as the result, and has to have as many as the input.",
      ru: "Градиент не просуммирован по растянутой оси: чисел в нём столько, сколько в результате, а должно быть столько, сколько во входе.",
      error: /gradient rule gives/,
    },
    keptAxes: {
      en: "The sums are right, but axes of size 1 are left that the input does not have: axes in front that were added by broadcasting go away altogether.",
      ru: "Суммы верны, но остались оси размера 1, которых у входа нет: оси, добавленные спереди, должны исчезнуть совсем.",
    },
    droppedAxes: {
      en: "The sums are right, but an axis of size 1 is lost: an axis that the input has stays, sum(axis, { keepDim: true }).",
      ru: "Суммы верны, но потеряна ось размера 1: если ось у входа есть, она остаётся: sum(axis, { keepDim: true }).",
    },
    wrongAxis: {
      en: "The sum goes over the wrong axis: shapes are aligned at their last axes, so what broadcasting adds stands in front.",
      ru: "Сумма взята не по той оси: формы выравниваются по последней оси, а broadcasting добавляет оси спереди.",
    },
    mean: {
      en: "The copies' gradients were averaged. They are added: each copy's change changes the loss.",
      ru: "Градиенты копий усреднены. Их надо складывать: на функцию потерь влияет каждая копия.",
    },
    swapped: {
      en: "The factors are exchanged: the gradient of a is dy times b, and that of b is dy times a.",
      ru: "Перепутаны множители: градиент a равен dy на b, а градиент b равен dy на a.",
    },
    upstream: {
      en: "dy is missing: what comes from above is multiplied in before the sum.",
      ru: "Не хватает dy: на пришедшее сверху надо умножить до суммирования.",
    },
  },
  tests: [
    {
      exercise: "sumTo",
      points: 3,
      says: { en: "axes that were added in front", ru: "оси, добавленные спереди" },
      times: 4,
      draw: (random) => {
        const n = random.integer(2, 3);
        const [from, shape] = random.choice([
          [[n, n], [n]],
          [
            [2, n, n],
            [n, n],
          ],
          [[2, n, n], [n]],
        ]);
        return { dy: draw(random, from), shape };
      },
      expected: ({ dy, shape }) => sumTo(dy, shape),
      mistakes: {
        notSummed: ({ dy }) => dy,
        keptAxes: ({ dy, shape }) => {
          const kept = new Array<number>(dy.shape.length - shape.length).fill(1);
          return { ...sumTo(dy, shape), shape: [...kept, ...shape] };
        },
        mean: ({ dy, shape }) => mean(dy, shape),
        // Along the last axes, as many as were added.
        wrongAxis: ({ dy, shape }) => {
          const left = dy.shape.slice(0, shape.length);
          const count = sizeOf(dy.shape) / sizeOf(left);
          const values = new Array<number>(sizeOf(left)).fill(0);
          dy.values.forEach((value, i) => {
            values[Math.floor(i / count)] += value;
          });
          return { shape: left, values };
        },
      },
    },
    {
      exercise: "sumTo",
      points: 2,
      says: { en: "axes of size one", ru: "оси размера один" },
      draw: (random) => {
        const [from, shape] = random.choice([
          [
            [3, 4],
            [3, 1],
          ],
          [
            [3, 4],
            [1, 4],
          ],
          [
            [2, 3, 4],
            [2, 1, 4],
          ],
        ]);
        return { dy: draw(random, from), shape };
      },
      expected: ({ dy, shape }) => sumTo(dy, shape),
      mistakes: {
        notSummed: ({ dy }) => dy,
        droppedAxes: ({ dy, shape }) => ({ ...sumTo(dy, shape), shape: shape.filter((size) => size > 1) }),
        mean: ({ dy, shape }) => mean(dy, shape),
      },
    },
    {
      exercise: "sumTo",
      points: 2,
      says: {
        en: "both at once, a single number, and nothing to sum",
        ru: "и то и другое сразу, одно число и случай, когда складывать нечего",
      },
      times: 4,
      draw: (random) => {
        const shape = random.choice([[3, 1], [1], [], [2, 3, 4], [1, 1, 4]]);
        return { dy: draw(random, [2, 3, 4]), shape };
      },
      expected: ({ dy, shape }) => sumTo(dy, shape),
      mistakes: {
        notSummed: ({ dy }, output) => isSame(output.shape, dy.shape),
        mean: ({ dy, shape }) => mean(dy, shape),
      },
    },
    {
      exercise: "gradients",
      points: 3,
      says: {
        en: "the gradients of a product, each in its input's shape",
        ru: "градиенты произведения, каждый в форме своего входа",
      },
      draw: (random) => ({
        a: draw(random, [3, 3]),
        b: draw(random, random.choice([[3], [3, 1], [1, 3]])),
        weights: draw(random, [3, 3]),
      }),
      expected: ({ a, b, weights }) => ({ a: times(weights, b), b: sumTo(times(weights, a), b.shape) }),
      mistakes: {
        swapped: ({ a, b, weights }) => ({ a: times(weights, a), b: sumTo(times(weights, b), b.shape) }),
        upstream: ({ a, b }) => {
          const ones = { ...a, values: a.values.map(() => 1) };
          return { a: times(ones, b), b: sumTo(a, b.shape) };
        },
      },
    },
  ],
  hints: [
    {
      en: "There are two kinds of copies: along axes that shape does not have (dy.rank - shape.length of them, in front), and along axes where shape has 1 and dy more.",
      ru: "Копии бывают двух видов: вдоль осей, которых в shape нет (их dy.rank - shape.length, они спереди), и вдоль осей, где в shape стоит 1, а в dy больше.",
    },
    {
      en: "Sum the first kind without keepDim, one axis 0 after another, until the ranks are equal; then the second kind with { keepDim: true }.",
      ru: "Оси первого вида суммируйте без keepDim, раз за разом ось 0, пока число осей не совпадёт; затем оси второго вида с { keepDim: true }.",
    },
    {
      en: "The gradient of a is sumTo(dy.mul(b), a.shape); that of b has the roles exchanged.",
      ru: "Градиент a равен sumTo(dy.mul(b), a.shape), а для b роли меняются.",
    },
  ],
});
