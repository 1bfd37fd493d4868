import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises, Training } from "./exercise.ts";

/** What may be otherwise than is right. */
interface Way {
  /** Steps taken before the first of these, as the correction sees them. */
  taken?: number;
  correctsMean?: boolean;
  correctsSquare?: boolean;
  /** What the averages keep: with "nothing", they begin at zero at every step. */
  keeps?: "averages" | "nothing";
  epsInside?: boolean;
  decay?: "decoupled" | "gradient" | "withoutRate" | "moved";
  scaled?: boolean;
  direction?: number;
}

/** AdamW by its formula, element by element, or with something in it otherwise. */
function adamw({ x, gradients, lr, betas, eps, weightDecay, gradScale }: Training, way: Way = {}): number[][] {
  const { taken = 0, correctsMean = true, correctsSquare = true, keeps = "averages", epsInside = false } = way;
  const { decay = "decoupled", scaled = true, direction = 1 } = way;
  const [beta1, beta2] = betas;
  const memory = x.map(() => ({ m: 0, v: 0 }));
  let p = [...x];
  return gradients.map((gradient, step) => {
    const t = taken + step + 1;
    p = p.map((value, i) => {
      const g = gradient[i] * (scaled ? gradScale : 1) + (decay === "gradient" ? weightDecay * value : 0);
      const before = keeps === "averages" ? memory[i] : { m: 0, v: 0 };
      const m = beta1 * before.m + (1 - beta1) * g;
      const v = beta2 * before.v + (1 - beta2) * g * g;
      memory[i] = { m, v };
      const mean = correctsMean ? m / (1 - beta1 ** t) : m;
      const square = correctsSquare ? v / (1 - beta2 ** t) : v;
      const move = (direction * lr * mean) / (epsInside ? Math.sqrt(square + eps) : Math.sqrt(square) + eps);
      if (decay === "gradient") return value - move;
      if (decay === "moved") return (value - move) * (1 - lr * weightDecay);
      return value - (decay === "withoutRate" ? 1 : lr) * weightDecay * value - move;
    });
    return p;
  });
}

/** Numbers away from zero, of either sign. */
const distinct = (random: Draws, size: number): number[] =>
  Array.from({ length: size }, () => random.choice([-1, 1]) * random.uniform(0.3, 2));

function training(random: Draws): Training {
  return {
    x: distinct(random, 3),
    gradients: Array.from({ length: 4 }, () => distinct(random, 3)),
    lr: random.uniform(0.05, 0.2),
    betas: [0.8, 0.95],
    eps: 1e-8,
    weightDecay: 0,
    gradScale: 1,
  };
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open adamw.ts and write update(): for each parameter the two averages, their correction, the decay and the step.",
    ru: "Откройте adamw.ts и напишите update(): для каждого параметра два средних, поправку, затухание весов и шаг.",
  },
  mistakes: {
    uphill: {
      en: "The parameters go up the gradient: the step has to be subtracted.",
      ru: "Параметры идут вверх по градиенту, а шаг нужно вычитать.",
    },
    noCorrection: {
      en: "The averages start at zero and are too small at first: divide them by 1 - beta1^t and 1 - beta2^t.",
      ru: "Средние начинаются с нуля и сначала слишком малы: поделите их на 1 - beta1^t и 1 - beta2^t.",
    },
    oneCorrection: {
      en: "Only one of the two averages is freed of its bias. Both are too small at first: m / (1 - beta1^t) and v / (1 - beta2^t).",
      ru: "Поправка сделана только у одного среднего. Сначала малы оба: m / (1 - beta1^t) и v / (1 - beta2^t).",
    },
    forgotten: {
      en: "The averages begin at zero at each step: what you computed was not written back. Change the slot in place: m.mul_(…).add_(…).",
      ru: "Средние на каждом шаге начинаются с нуля: вычисленное не записано обратно. Меняйте слот на месте: m.mul_(…).add_(…).",
    },
    epsInside: {
      en: "eps stands inside of the root. It is added behind it: sqrt(v) + eps.",
      ru: "eps попал под корень. Его прибавляют после: sqrt(v) + eps.",
    },
    coupled: {
      en: "The decay was added to the gradient, and so divided by the root too: that is Adam with an L2 penalty. In AdamW it moves the parameter itself: p - lr * weightDecay * p.",
      ru: "Затухание весов прибавлено к градиенту и потому тоже поделено на корень: это Adam со штрафом L2. В AdamW оно сдвигает сам параметр: p - lr * weightDecay * p.",
    },
    withoutRate: {
      en: "The decay does not count the learning rate: it is lr * weightDecay * p.",
      ru: "В затухании весов пропущена скорость обучения: нужно lr * weightDecay * p.",
    },
    moved: {
      en: "The decay was taken of the parameter after its step. Both are taken from the parameter as it was before: decay first.",
      ru: "Затухание взято от уже сдвинутого параметра. И оно, и шаг считаются от прежнего значения: сначала затухание.",
    },
    notClipped: {
      en: "gradScale is not used: without it gradients are not clipped. Multiply p.grad with it first.",
      ru: "gradScale не использован, и градиенты не обрезаются. Сначала умножьте на него p.grad.",
    },
    commonSteps: {
      en: "t counts the optimiser's steps. A parameter that gets its first gradient late is at its own first step: this.stepsOf(p).",
      ru: "t считает шаги оптимизатора. Но параметр, получивший первый градиент позже, делает свой первый шаг: this.stepsOf(p).",
    },
  },
  tests: [
    {
      exercise: "steps",
      points: 4,
      says: { en: "steps by the averages, freed of their bias", ru: "шаги по средним с поправкой на начало" },
      draw: training,
      expected: (given) => adamw(given),
      mistakes: {
        uphill: (given) => adamw(given, { direction: -1 }),
        noCorrection: (given) => adamw(given, { correctsMean: false, correctsSquare: false }),
        oneCorrection: (given, seen) =>
          [{ correctsMean: false }, { correctsSquare: false }].some((way) =>
            adamw(given, way).every((row, i) => row.every((value, j) => Math.abs(value - seen[i][j]) < 1e-4)),
          ),
        forgotten: (given) => adamw(given, { keeps: "nothing" }),
      },
    },
    {
      exercise: "steps",
      points: 1,
      says: { en: "eps is added behind the root", ru: "eps прибавляется после корня" },
      draw: (random) => ({ ...training(random), eps: random.uniform(0.1, 0.5) }),
      expected: (given) => adamw(given),
      mistakes: { epsInside: (given) => adamw(given, { epsInside: true }) },
    },
    {
      exercise: "steps",
      points: 3,
      says: { en: "weight decay is decoupled from the gradient", ru: "затухание весов отделено от градиента" },
      draw: (random) => ({ ...training(random), weightDecay: random.uniform(0.3, 0.8) }),
      expected: (given) => adamw(given),
      mistakes: {
        coupled: (given) => adamw(given, { decay: "gradient" }),
        withoutRate: (given) => adamw(given, { decay: "withoutRate" }),
        moved: (given) => adamw(given, { decay: "moved" }),
      },
    },
    {
      exercise: "late",
      points: 2,
      says: {
        en: "clipped gradients, and a parameter that joins late",
        ru: "обрезанные градиенты и параметр, который присоединился позже",
      },
      // Without eps a common factor of all gradients would cancel.
      draw: (random) => ({
        ...training(random),
        eps: random.uniform(0.1, 0.5),
        gradScale: random.uniform(0.2, 0.6),
        before: random.integer(2, 4),
      }),
      expected: (given) => adamw(given),
      mistakes: {
        notClipped: (given) => adamw(given, { scaled: false }),
        commonSteps: (given) => adamw(given, { taken: given.before }),
      },
    },
  ],
  hints: [
    {
      en: "Everything goes element by element, so tensors' methods do it: no loop over elements.",
      ru: "Всё считается поэлементно, так что хватит методов тензоров: цикл по элементам не нужен.",
    },
    {
      en: "An average: m.mul_(beta1).add_(grad.mul(1 - beta1)). The one of the square likewise, with grad.square().",
      ru: "Среднее: m.mul_(beta1).add_(grad.mul(1 - beta1)). Среднее квадрата так же, через grad.square().",
    },
    {
      en: "The decay: p.mul_(1 - lr * weightDecay), and then p.sub_(…) with the step.",
      ru: "Затухание: p.mul_(1 - lr * weightDecay), а потом p.sub_(…) с самим шагом.",
    },
    {
      en: "The step: m.div(1 - beta1 ** t).div(v.div(1 - beta2 ** t).sqrt().add(this.eps)).mul(lr), with t = this.stepsOf(p).",
      ru: "Шаг: m.div(1 - beta1 ** t).div(v.div(1 - beta2 ** t).sqrt().add(this.eps)).mul(lr), где t = this.stepsOf(p).",
    },
  ],
});
