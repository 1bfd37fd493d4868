import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises, Sequences } from "./exercise.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What may be otherwise than is right. */
interface Way {
  /** Which positions are summed up. */
  sums?: "seen" | "all" | "first";
  /** What the sum is divided by, for a sequence. */
  divisor?(seen: number, time: number, batch: number): number;
}

/** The weight of each position in its sequence's mean. */
function weights({ x, mask }: Sequences, way: Way = {}): number[][] {
  const { sums = "seen", divisor = (seen) => Math.max(1, seen) } = way;
  const batch = sum((mask ?? x.map((row) => row.map(() => 1))).flat());
  return x.map((row, b) => {
    const seen = mask?.[b] ?? row.map(() => 1);
    const by = divisor(sum(seen), row.length, batch);
    return row.map((_, t) => {
      if (sums === "first") return t === 0 ? 1 : 0;
      return (sums === "all" ? 1 : seen[t]) / by;
    });
  });
}

function pool(given: Sequences, way?: Way): number[][] {
  const shares = weights(given, way);
  return given.x.map((row, b) => row[0].map((_, w) => sum(row.map((vector, t) => shares[b][t] * vector[w]))));
}

type Headed = Sequences & { weight: number[][]; bias: number[] };

const logits = ({ weight, bias, ...given }: Headed, way?: Way): number[][] =>
  pool(given, way).map((row) => weight.map((ws, c) => sum(ws.map((w, i) => w * row[i])) + bias[c]));

const BATCH = 3;
const WIDTH = 3;

function sequences(random: Draws): Sequences & { x: number[][][]; mask: number[][] } {
  // Less than the six tokens of the batch.
  const time = random.integer(4, 5);
  const x = Array.from({ length: BATCH }, () => random.matrix(time, WIDTH));
  // Different numbers of tokens in each row, so that the batch's mean is another.
  const lengths = random.shuffled([1, 2, 3]);
  return { x, mask: lengths.map((length) => Array.from({ length: time }, (_, t) => (t < length ? 1 : 0))) };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open pooling-head.ts and write pool, the mean over time by the mask, and forward, which puts the linear layer behind it.",
    ru: "Откройте pooling-head.ts и напишите pool (среднее по времени с учётом маски) и forward (за ним линейный слой).",
  },
  mistakes: {
    countsPadding: {
      en: "Padding counts in the mean, as if it were text. Where the mask is 0, a position must not be in the sum, nor in the number.",
      ru: "Заполнение попало в среднее, словно это текст. Позиций с нулём в маске не должно быть ни в сумме, ни в количестве.",
    },
    dividesByTime: {
      en: "The sum leaves padding out, but is divided by the whole time. Divide by the number of tokens, the sum of the mask.",
      ru: "Заполнение не вошло в сумму, но делится она на всю длину. Делите на число токенов, то есть на сумму маски.",
    },
    sumsPadding: {
      en: "The sum has padding in it, though it is divided by the number of tokens alone. Multiply x with the mask first.",
      ru: "В сумму вошло заполнение, хотя делится она только на число токенов. Сначала умножьте x на маску.",
    },
    onlySum: {
      en: "This is the sum over time: a mean is divided by the number of tokens.",
      ru: "Это сумма по времени, а среднее делится ещё на число токенов.",
    },
    dividesByBatch: {
      en: "Every sequence is divided by one number, that of all tokens of the batch. Each has a number of its own: sum along time, axis 1.",
      ru: "Все последовательности поделены на одно число — количество токенов во всей порции. У каждой своё: суммируйте вдоль времени, по оси 1.",
    },
    emptySequence: {
      en: "A sequence of nothing but padding gives 0 / 0 = NaN. Divide by 1 at least: clamp(1).",
      ru: "Последовательность из одного заполнения даёт 0 / 0 = NaN. Делите не меньше чем на 1: clamp(1).",
    },
    firstToken: {
      en: "This is the first position alone. The mean over time takes all.",
      ru: "Взята только первая позиция, а среднее по времени берёт все.",
    },
    noMask: {
      en: "forward does not hand its mask on to pool.",
      ru: "forward не передаёт маску в pool.",
    },
  },
  tests: [
    {
      exercise: "pool",
      points: 2,
      says: { en: "the mean over time", ru: "среднее по времени" },
      draw: (random) => ({ x: sequences(random).x }),
      expected: (given) => pool(given),
      mistakes: {
        onlySum: (given) => pool(given, { divisor: () => 1 }),
        firstToken: (given) => pool(given, { sums: "first" }),
      },
    },
    {
      exercise: "pool",
      points: 4,
      says: { en: "padding does not count", ru: "заполнение не считается" },
      draw: (random) => sequences(random),
      expected: (given) => pool(given),
      mistakes: {
        countsPadding: (given) => pool(given, { sums: "all", divisor: (_, time) => time }),
        dividesByTime: (given) => pool(given, { divisor: (_, time) => time }),
        sumsPadding: (given) => pool(given, { sums: "all" }),
        onlySum: (given) => pool(given, { divisor: () => 1 }),
        dividesByBatch: (given) => pool(given, { divisor: (_seen, _time, batch) => batch }),
        firstToken: (given) => pool(given, { sums: "first" }),
      },
    },
    {
      exercise: "pool",
      points: 1,
      says: { en: "a sequence of nothing but padding", ru: "последовательность из одного заполнения" },
      draw: (random) => {
        const { x, mask } = sequences(random);
        const empty = random.integer(0, BATCH - 1);
        return { x, mask: mask.map((row, b) => (b === empty ? row.map(() => 0) : row)) };
      },
      expected: (given) => pool(given),
      mistakes: { emptySequence: (_, y) => y.flat().some(Number.isNaN) },
    },
    {
      exercise: "logits",
      points: 2,
      says: { en: "a linear layer behind the mean", ru: "линейный слой после среднего" },
      draw: (random) => ({ ...sequences(random), weight: random.matrix(2, WIDTH), bias: random.vector(2) }),
      expected: (given) => logits(given),
      mistakes: { noMask: (given) => logits(given, { sums: "all", divisor: (_, time) => time }) },
    },
    {
      exercise: "gradient",
      points: 1,
      says: { en: "padding gets no gradient", ru: "до заполнения градиент не доходит" },
      draw: (random) => ({ ...sequences(random), dy: random.matrix(BATCH, WIDTH) }),
      expected: ({ dy, ...given }) =>
        weights(given).map((row, b) => row.map((share) => dy[b].map((value) => share * value))),
    },
  ],
  hints: [
    {
      en: "Without a mask it is x.mean(1): the axes are batch 0, time 1, width 2.",
      ru: "Без маски это x.mean(1): ось 0 — порция, 1 — время, 2 — ширина.",
    },
    {
      en: "A mask [batch, time] becomes [batch, time, 1] by unsqueeze(-1); .float() makes numbers of it that can be multiplied with.",
      ru: "Маска [batch, time] становится [batch, time, 1] через unsqueeze(-1); .float() делает из неё числа, на которые можно умножать.",
    },
    {
      en: "x.mul(mask).sum(1) has the shape [batch, width], mask.sum(1) has [batch, 1]: one division, by clamp(1) of the latter.",
      ru: "У x.mul(mask).sum(1) форма [batch, width], у mask.sum(1) — [batch, 1]: осталось поделить, и не на 0 (clamp(1)).",
    },
  ],
});
