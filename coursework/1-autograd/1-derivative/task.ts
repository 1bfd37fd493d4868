import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const silu = (x: number): number => x * sigmoid(x);
const derivative = (x: number): number => sigmoid(x) * (1 + x * (1 - sigmoid(x)));

interface Input {
  readonly x: number[][];
  readonly weights: number[][];
}

/** The gradient that this derivative would give. */
const gradient =
  (of: (x: number) => number) =>
  ({ x, weights }: Input): number[][] =>
    x.map((row, i) => row.map((value, j) => weights[i][j] * of(value)));

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open derivative.ts and write `forward`: x times its sigmoid. Then `backward`: dy times the derivative.",
    ru: "Откройте derivative.ts и напишите `forward`: x, умноженный на свою сигмоиду. Затем `backward`: dy, умноженный на производную.",
  },
  mistakes: {
    upstream: {
      en: "This is the derivative of y by x alone. By the chain rule it is multiplied by what comes from above: dy.",
      ru: "Это производная y по x сама по себе. По правилу цепочки её надо умножить на то, что пришло сверху, то есть на dy.",
    },
    onlySigmoid: {
      en: "One half of the product rule is missing: (x s)' = s + x s', and this is s alone.",
      ru: "Не хватает второго слагаемого производной произведения: (x s)' = s + x s', а здесь только s.",
    },
    onlySlope: {
      en: "One half of the product rule is missing: (x s)' = s + x s', and this is x s' alone.",
      ru: "Не хватает первого слагаемого производной произведения: (x s)' = s + x s', а здесь только x s'.",
    },
    atOutput: {
      en: "The derivative was taken at y instead of x: save the input, not the result.",
      ru: "Производная взята в точке y вместо x: сохранить нужно аргумент, а не результат.",
    },
    overflow: {
      en: "exp(800) is infinite, and infinity over infinity is NaN. Use x.sigmoid(), or 1 / (1 + exp(-x)).",
      ru: "exp(800) равна бесконечности, а бесконечность на бесконечность даёт NaN. Возьмите x.sigmoid() или 1 / (1 + exp(-x)).",
    },
    notSaved: {
      en: "ctx.saved is empty: `forward` has to keep what `backward` needs, by ctx.save(x).",
      ru: "ctx.saved пуст: `forward` должен сохранить то, что понадобится в `backward`: ctx.save(x).",
      error: /undefined \(reading/,
    },
    composed: {
      en: "The derivative came from the library's ops, and not from your `backward`: make the function with defineOp, as the starter does.",
      ru: "Производную посчитали операции библиотеки, а не ваш `backward`: функцию надо создать через defineOp, как в заготовке.",
    },
  },
  tests: [
    {
      exercise: "value",
      points: 2,
      says: { en: "the value, x times sigmoid(x)", ru: "значение: x на sigmoid(x)" },
      draw: (random) => ({ x: random.matrix(2, random.integer(3, 5), -4, 4) }),
      expected: ({ x }) => x.map((row) => row.map(silu)),
    },
    {
      exercise: "gradient",
      points: 4,
      says: { en: "the gradient of a weighted sum of values", ru: "градиент взвешенной суммы значений" },
      draw: (random) => ({ x: random.matrix(2, 4, -4, 4), weights: random.matrix(2, 4) }),
      expected: gradient(derivative),
      mistakes: {
        upstream: ({ x }) => x.map((row) => row.map(derivative)),
        onlySigmoid: gradient(sigmoid),
        onlySlope: gradient((x) => derivative(x) - sigmoid(x)),
        atOutput: gradient((x) => derivative(silu(x))),
      },
    },
    {
      exercise: "gradient",
      points: 2,
      says: { en: "large numbers, up to a thousand", ru: "большие числа, до тысячи" },
      draw: (random) => ({
        x: [random.vector(3, 800, 1000), random.vector(3, -1000, -800)],
        weights: random.matrix(2, 3),
      }),
      expected: gradient(derivative),
      mistakes: { overflow: (_, dx) => dx.flat().some(Number.isNaN) },
    },
    {
      exercise: "ownRule",
      points: 2,
      says: { en: "the derivative is that of your own rule", ru: "производную считает ваше собственное правило" },
      times: 1,
      draw: (random) => ({ x: random.matrix(2, 2) }),
      expected: () => true,
      mistakes: { composed: (_, own) => !own },
    },
  ],
  hints: [
    {
      en: "With s = sigmoid(x) the value is x s. The sigmoid's own derivative is s (1 - s).",
      ru: "Пусть s = sigmoid(x), тогда значение равно x s. Производная самой сигмоиды: s (1 - s).",
    },
    {
      en: "By the product rule y' = s + x s (1 - s) = s (1 + x (1 - s)).",
      ru: "По правилу произведения y' = s + x s (1 - s) = s (1 + x (1 - s)).",
    },
    {
      en: "In backward: const [x] = ctx.saved; const s = x.sigmoid(); and 1 - s is s.neg().add(1).",
      ru: "В backward: const [x] = ctx.saved; const s = x.sigmoid(); а 1 - s пишется как s.neg().add(1).",
    },
  ],
});
