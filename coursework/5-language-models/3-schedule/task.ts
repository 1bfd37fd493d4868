import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { Asked, exercises } from "./exercise.ts";

/** What may be otherwise than is right. */
interface Way {
  /** The factor at a step of the warm-up. */
  rise?(step: number, warmup: number): number;
  progress?(step: number, asked: Asked): number;
  /** The factor from the half cosine, which falls from 1 to 0. */
  fall?(half: number, floor: number): number;
}

/** The schedule by its formula, or with something in it otherwise. */
function factors(asked: Asked, way: Way = {}): number[] {
  const {
    rise = (step, warmup) => (step + 1) / (warmup + 1),
    progress = (step, { warmup, steps }) => Math.min(1, (step - warmup) / (steps - warmup)),
    fall = (half, floor) => floor + (1 - floor) * half,
  } = way;
  return asked.at.map((step) =>
    step < asked.warmup
      ? rise(step, asked.warmup)
      : fall((1 + Math.cos(Math.PI * progress(step, asked))) / 2, asked.floor),
  );
}

/** A training of some tens of steps. */
function training(random: Draws): Omit<Asked, "at"> {
  const warmup = random.integer(5, 15);
  return { warmup, steps: warmup + random.integer(20, 40), floor: random.uniform(0.05, 0.3) };
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open schedule.ts and write the function: it gives a function of the step, with one case for the warm-up and one for the cosine.",
    ru: "Откройте schedule.ts и напишите функцию. Она возвращает функцию от номера шага; в ней два случая: разогрев и косинус.",
  },
  mistakes: {
    fromZero: {
      en: "The first step has a learning rate of 0 and moves nothing. Steps count from 0, so the warm-up is (step + 1) / (warmup + 1).",
      ru: "На первом шаге скорость обучения равна 0, и он ничего не меняет. Шаги считаются с нуля, поэтому при разогреве нужно (step + 1) / (warmup + 1).",
    },
    fullTooEarly: {
      en: "The warm-up is through one step too early: its last step, warmup - 1, has the full rate already. Divide by warmup + 1.",
      ru: "Разогрев кончается на шаг раньше: уже его последний шаг, warmup - 1, идёт с полной скоростью. Делите на warmup + 1.",
    },
    overAllSteps: {
      en: "The cosine goes over all steps, and so jumps where the warm-up ends. It goes over those behind it: (step - warmup) / (steps - warmup).",
      ru: "Косинус растянут на все шаги, и после разогрева получается скачок. Он идёт только по шагам после разогрева: (step - warmup) / (steps - warmup).",
    },
    floorAdded: {
      en: "The floor was added to the whole cosine, which then begins above 1. The cosine has to fall from 1 to the floor: floor + (1 - floor) …",
      ru: "Нижняя граница прибавлена к целому косинусу, и он начинается выше 1. Он должен спускаться от 1 до границы: floor + (1 - floor) …",
    },
    floorCut: {
      en: "The cosine falls to 0 and was cut off at the floor. It has to reach the floor at the last step only: floor + (1 - floor) …",
      ru: "Косинус спускается до нуля и срезан на нижней границе. Он должен прийти к ней лишь на последнем шаге: floor + (1 - floor) …",
    },
    risesAgain: {
      en: "Behind the last step the cosine rises again. Let progress be at most 1.",
      ru: "После последнего шага косинус снова растёт. Ограничьте progress единицей.",
    },
    wholeCosine: {
      en: "This is a whole period of the cosine, or one without the half: it goes below the floor. (1 + cos(pi progress)) / 2 falls from 1 to 0.",
      ru: "Косинус взят без сдвига и половины, и он уходит ниже границы. От 1 до 0 спускается (1 + cos(pi progress)) / 2.",
    },
  },
  tests: [
    {
      exercise: "factors",
      points: 3,
      says: { en: "the warm-up rises on a straight line", ru: "разогрев идёт вверх по прямой" },
      draw: (random) => {
        const drawn = training(random);
        return { ...drawn, at: numbers(0, drawn.warmup) };
      },
      expected: (asked) => factors(asked),
      mistakes: {
        fromZero: (asked) => factors(asked, { rise: (step, warmup) => step / warmup }),
        fullTooEarly: (asked) => factors(asked, { rise: (step, warmup) => (step + 1) / warmup }),
      },
    },
    {
      exercise: "factors",
      points: 4,
      says: {
        en: "behind it half a cosine falls from 1 to the floor",
        ru: "после него половина косинуса спускается от 1 до нижней границы",
      },
      draw: (random) => {
        const drawn = training(random);
        return { ...drawn, at: numbers(drawn.warmup, drawn.steps) };
      },
      expected: (asked) => factors(asked),
      mistakes: {
        overAllSteps: (asked) => factors(asked, { progress: (step, { steps }) => step / steps }),
        floorAdded: (asked) => factors(asked, { fall: (half, floor) => floor + half }),
        floorCut: (asked) => factors(asked, { fall: (half, floor) => Math.max(floor, half) }),
        wholeCosine: (asked) => factors(asked, { fall: (half, floor) => floor + (1 - floor) * (2 * half - 1) }),
      },
    },
    {
      exercise: "factors",
      points: 2,
      says: { en: "behind the last step it stays at the floor", ru: "после последнего шага остаётся нижняя граница" },
      draw: (random) => {
        const drawn = training(random);
        return { ...drawn, at: numbers(drawn.steps, drawn.steps + 5) };
      },
      expected: (asked) => factors(asked),
      mistakes: {
        risesAgain: (asked) =>
          factors(asked, { progress: (step, { warmup, steps }) => (step - warmup) / (steps - warmup) }),
      },
    },
    {
      exercise: "factors",
      points: 1,
      says: { en: "without a warm-up it begins at 1", ru: "без разогрева всё начинается с 1" },
      draw: (random) => ({ ...training(random), warmup: 0, at: [0, 1, 2] }),
      expected: (asked) => factors(asked),
    },
  ],
  hints: [
    {
      en: "It gives a function: return (step) => …, and there an if for the warm-up.",
      ru: "Возвращается функция: return (step) => …, а в ней if для разогрева.",
    },
    {
      en: "progress is 0 at the step warmup, and 1 at the step steps. Which line goes through these two points?",
      ru: "На шаге warmup progress равен 0, на шаге steps равен 1. Какая прямая проходит через эти две точки?",
    },
    {
      en: "const progress = Math.min(1, (step - warmup) / (steps - warmup)), and the half cosine is (1 + Math.cos(Math.PI * progress)) / 2.",
      ru: "const progress = Math.min(1, (step - warmup) / (steps - warmup)), а половина косинуса равна (1 + Math.cos(Math.PI * progress)) / 2.",
    },
  ],
});
