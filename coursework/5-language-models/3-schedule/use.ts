import { cosine } from "@lectern/train";
import { trainBeside } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { lines } from "../../../scripts/src/report/figures.ts";
import { inLanguages } from "../../../scripts/src/report/language.ts";

/** A tenth of the steps warms up, and a tenth of the learning rate is left at the end. */
const settings = (steps: number) => ({ warmup: Math.round(steps / 10), steps, floor: 0.1 });

const STEPS = 200;

const words = inLanguages({
  en: {
    title: "The schedule",
    caption: `What the learning rate is multiplied with at each of ${STEPS} steps, and behind them.`,
    alt: "A curve that rises on a straight line, and falls on half a cosine; yours, and the library's.",
    step: "step",
    factor: "factor",
    mine: "yours",
    library: "the library's",
  },
  ru: {
    title: "Расписание",
    caption: `На что умножается скорость обучения на каждом из ${STEPS} шагов и после них.`,
    alt: "Кривая поднимается по прямой и спускается по половине косинуса: ваша и библиотечная.",
    step: "шаг",
    factor: "множитель",
    mine: "ваше",
    library: "библиотечное",
  },
});

/** A small GPT is trained by the student's schedule, and one by the library's. */
export const use = defineUse<typeof import("./starter.ts")>(async ({ warmupCosine }, context) => {
  const used = await trainBeside(
    context,
    { en: "your schedule", ru: "вашим расписанием" },
    { schedule: (step, steps) => warmupCosine(settings(steps))(step) },
    { schedule: (step, steps) => cosine(settings(steps))(step) },
  );
  const factors = (schedule: (step: number) => number) =>
    Array.from({ length: STEPS + 20 }, (_, step) => [step, schedule(step)] as const);
  return {
    says: used.says,
    figures(language) {
      const { mine, library, step, factor, ...told } = words[language];
      const schedule = lines({
        id: "schedule",
        ...told,
        x: { label: step },
        y: { label: factor, from: 0 },
        series: [
          { name: mine, points: factors(warmupCosine(settings(STEPS))) },
          { name: library, points: factors(cosine(settings(STEPS))), dashed: true },
        ],
      });
      return [schedule, ...used.figures(language)];
    },
  };
});
