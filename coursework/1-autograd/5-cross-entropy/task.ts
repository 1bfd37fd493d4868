import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

const IGNORED = -100;

interface Rows {
  readonly logits: number[][];
  readonly targets: number[];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The logarithm of the sum of exponentials of one row. */
function logSumOf(row: readonly number[]): number {
  const largest = Math.max(...row);
  return largest + Math.log(sum(row.map((value) => Math.exp(value - largest))));
}

const softmax = (row: readonly number[]): number[] => row.map((value) => Math.exp(value - logSumOf(row)));

const countOf = ({ targets }: Rows): number => targets.filter((target) => target !== IGNORED).length;

/** The sum of the rows' losses. */
const total = ({ logits, targets }: Rows): number =>
  sum(logits.map((row, i) => (targets[i] === IGNORED ? 0 : logSumOf(row) - row[targets[i]])));

const loss = (rows: Rows): number => total(rows) / countOf(rows);

/** The gradient: (softmax - one-hot) * scale / count; `less` is what is taken off at the target. */
function gradient({ logits, targets }: Rows, factor: number, less = 1): number[][] {
  return logits.map((row, i) => {
    const probabilities = softmax(row);
    return probabilities.map((p, j) => (targets[i] === IGNORED ? 0 : factor * (p - (j === targets[i] ? less : 0))));
  });
}

function draw(random: Draws): Rows {
  const [rows, classes] = [random.integer(3, 5), random.integer(3, 4)];
  return { logits: random.matrix(rows, classes), targets: random.integers(rows, 0, classes - 1) };
}

/** Rows with a number near a thousand and one near minus a thousand, which is the target's. */
function drawLarge(random: Draws): Rows {
  const row = () =>
    random.shuffled([random.uniform(900, 1000), random.uniform(-1000, -900), random.uniform(-800, 800)]);
  const logits = Array.from({ length: 3 }, row);
  return { logits, targets: logits.map((values) => values.indexOf(Math.min(...values))) };
}

/** One or two of the rows are padding. */
function drawPadded(random: Draws): Rows {
  const { logits, targets } = draw(random);
  const padded = targets.map((target, i) => (i >= targets.length - random.integer(1, 2) ? IGNORED : target));
  return { logits, targets: padded.with(-1, IGNORED) };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open cross-entropy.ts and write `forward`: the log of softmax at each target, its mean over the rows, negative. Then `backward`.",
    ru: "Откройте cross-entropy.ts и напишите `forward`: логарифм softmax на месте правильного класса, среднее по строкам, с минусом. Затем `backward`.",
  },
  mistakes: {
    sum: {
      en: "The rows' losses were added up. Divide by the number of rows, or the step would grow with the batch.",
      ru: "Потери строк просуммированы. Поделите на число строк, иначе шаг обучения будет расти вместе с батчем.",
    },
    allElements: {
      en: "The mean was taken over rows and classes. Each row has one loss: divide by the number of rows alone.",
      ru: "Среднее взято по строкам и по классам. Потеря у строки одна, делить надо только на число строк.",
    },
    sign: {
      en: "The sign is missing: the log of a probability is negative, and a loss is its opposite.",
      ru: "Потерян минус: логарифм вероятности отрицателен, а функция потерь — это он же с обратным знаком.",
    },
    overflow: {
      en: "The loss of large logits is infinite or NaN: exp overflows, or a softmax of zero meets log. Subtract the row's maximum, and take x - log(sum(exp(x))) instead of log(softmax(x)).",
      ru: "На больших логитах получается бесконечность или NaN: переполняется exp или логарифм берётся от нуля. Вычтите максимум строки и считайте x - log(sum(exp(x))) вместо log(softmax(x)).",
    },
    noOneHot: {
      en: "This is the softmax alone: at the target, 1 has to be taken off. Otherwise no logit would ever grow.",
      ru: "Это просто softmax: на месте правильного класса надо вычесть 1. Иначе ни один логит никогда не вырастет.",
    },
    gradientSum: {
      en: "The gradient is that of the sum of losses. The mean divides by the number of rows, and so does its gradient.",
      ru: "Это градиент суммы потерь. Среднее делит на число строк, значит, и его градиент тоже.",
    },
    upstream: {
      en: "dy is missing: the gradient that comes from above is multiplied in.",
      ru: "Не хватает dy: градиент надо умножить на пришедшее сверху.",
    },
    padding: {
      en: "Rows with the target -100 were counted: they are to be left out of the sum and of the number of rows.",
      ru: "Строки с целью -100 учтены: их не должно быть ни в сумме, ни в числе строк.",
      error: /-100/,
    },
    paddingGradient: {
      en: "Rows with the target -100 got a gradient: they do not count, so theirs is zero.",
      ru: "Строки с целью -100 получили градиент. Они не учитываются, их градиент равен нулю.",
    },
    composed: {
      en: "The derivative came from the library's ops, and not from your `backward`: make the function with defineOp, as the starter does.",
      ru: "Производную посчитали операции библиотеки, а не ваш `backward`: функцию надо создать через defineOp, как в заготовке.",
    },
  },
  tests: [
    {
      exercise: "loss",
      points: 2,
      says: { en: "the mean loss of the rows", ru: "средняя потеря по строкам" },
      draw,
      expected: loss,
      mistakes: {
        sum: total,
        allElements: (rows) => loss(rows) / rows.logits[0].length,
        sign: (rows) => -loss(rows),
      },
    },
    {
      exercise: "loss",
      points: 2,
      says: { en: "large logits, up to a thousand", ru: "большие логиты, до тысячи" },
      draw: drawLarge,
      expected: loss,
      mistakes: { overflow: (_, value) => !Number.isFinite(value) },
    },
    {
      exercise: "gradient",
      points: 3,
      says: { en: "the gradient: softmax less one-hot", ru: "градиент: softmax минус one-hot" },
      draw: (random) => ({ ...draw(random), scale: random.uniform(2, 3) }),
      expected: (rows) => gradient(rows, rows.scale / countOf(rows)),
      mistakes: {
        noOneHot: (rows) => gradient(rows, rows.scale / countOf(rows), 0),
        gradientSum: (rows) => gradient(rows, rows.scale),
        upstream: (rows) => gradient(rows, 1 / countOf(rows)),
      },
    },
    {
      exercise: "loss",
      points: 1,
      says: { en: "rows of padding do not count", ru: "строки-заполнители не учитываются" },
      draw: drawPadded,
      expected: loss,
      mistakes: {
        padding: (rows, value) => Math.abs(value - total(rows) / rows.targets.length) < 1e-6,
      },
    },
    {
      exercise: "gradient",
      points: 1,
      says: { en: "and get no gradient", ru: "и не получают градиента" },
      draw: (random) => ({ ...drawPadded(random), scale: 1 }),
      expected: (rows) => gradient(rows, 1 / countOf(rows)),
      mistakes: {
        padding: (rows) => gradient(rows, 1 / rows.targets.length),
        paddingGradient: ({ targets }, dlogits) =>
          targets.some((target, i) => target === IGNORED && dlogits[i]?.some((value) => value !== 0)),
      },
    },
    {
      exercise: "ownRule",
      points: 1,
      says: { en: "the derivative is that of your own rule", ru: "производную считает ваше собственное правило" },
      times: 1,
      draw,
      expected: () => true,
      mistakes: { composed: (_, own) => !own },
    },
  ],
  hints: [
    {
      en: "log softmax(x) = x - m - log(sum(exp(x - m))), with m the row's maximum: no division, and no log of zero.",
      ru: "log softmax(x) = x - m - log(sum(exp(x - m))), где m — максимум строки: без деления и без логарифма нуля.",
    },
    {
      en: "oneHot(targets, classes) is 1 at the right class and 0 elsewhere, and a row of zeros for -100. Multiply by it, and sum.",
      ru: "oneHot(targets, classes) равен 1 на месте правильного класса и 0 в остальных, а для -100 это строка нулей. Умножьте на него и просуммируйте.",
    },
    {
      en: "The sum of oneHot is the number of rows that count, oneHot.sum(-1, { keepDim: true }) is 1 where one counts. Save the log softmax and oneHot.",
      ru: "Сумма oneHot — это число учитываемых строк, а oneHot.sum(-1, { keepDim: true }) равна 1 там, где строка учитывается. Сохраните логарифм softmax и oneHot.",
    },
    {
      en: "dlogits = (exp(logSoftmax) * counted - oneHot) * dy / count.",
      ru: "dlogits = (exp(logSoftmax) * counted - oneHot) * dy / count.",
    },
  ],
});
