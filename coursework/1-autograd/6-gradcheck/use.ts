import { crossEntropy, defineOp, layerNorm, nextTask, noGrad, random, type Tensor, tensor } from "@lectern/autograd";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { type Figure, lines, tableOf } from "../../../scripts/src/report/figures.ts";
import { inLanguages, type Language, numbersIn } from "../../../scripts/src/report/language.ts";

/** tanh, given the derivative 1 - y on purpose; the right one is 1 - y². */
const wrongTanh = defineOp("wrongTanh", {
  forward(ctx, x: Tensor): Tensor {
    const y = x.tanh();
    ctx.save(y);
    return y;
  },
  backward: (ctx, dy) => [dy.mul(ctx.saved[0].neg().add(1))],
});

const there = { device: "reference" } as const;
/** Numbers that stay the same from call to call. */
const fixed = (...shape: number[]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1)),
    { ...there, shape },
  );
};
const ROWS = 3;
const COLUMNS = 4;

/** Ops of the library, as functions of x [3, 4] alone; the last one is wrong. */
const OPS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  exp: (x) => x.exp(),
  sigmoid: (x) => x.sigmoid(),
  gelu: (x) => x.gelu(),
  softmax: (x) => x.softmax(-1),
  matmul: (x) => x.matmul(fixed(COLUMNS, 2)),
  "mul, broadcast": (x) => fixed(2, ROWS, COLUMNS).mul(x),
  layerNorm: (x) => layerNorm(x, fixed(COLUMNS), fixed(COLUMNS)),
  "x / rms(x)": (x) => x.div(x.square().mean().add(1).sqrt()),
  crossEntropy: (x) => crossEntropy(x, tensor([1, 3, 0], { ...there, dtype: "int32" })),
  "tanh, 1 - y": wrongTanh,
};

/** One number out of an op's result, in which every element counts differently, and its gradient by the op's own rules. */
function scalarOf(op: (x: Tensor) => Tensor) {
  const shape = [ROWS, COLUMNS];
  const value = (x: Tensor): Tensor => {
    const y = op(x);
    return y.mul(fixed(...y.shape)).sum();
  };
  return {
    f: (x: readonly number[]) => noGrad(() => value(tensor([...x], { ...there, shape })).itemSync()),
    gradient(x: readonly number[]): number[] {
      const variable = tensor([...x], { ...there, shape, requiresGrad: true });
      value(variable).backward();
      return [...variable.grad!.dataSync()];
    },
  };
}

interface Row {
  readonly name: string;
  /** Of the measured derivatives, to those of the op's rule. */
  readonly distance: number;
  /** -1 where the rule is right. */
  readonly wrong: number;
}

const farthest = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** The library's ops are held against the student's differences. */
export const use = defineUse<typeof import("./starter.ts")>(async (student, { quick, progress }) => {
  const x = Array.from({ length: ROWS * COLUMNS }, () => 2 * random() - 1);
  const rows: Row[] = [];
  for (const [name, op] of Object.entries(OPS)) {
    const { f, gradient } = scalarOf(op);
    const distance = farthest(gradient(x), student.numericGradient(f, x, 1e-5));
    rows.push({ name, distance, wrong: student.firstWrong(f, gradient, x) });
    progress(rows.length, Object.keys(OPS).length);
    await nextTask();
  }
  const { f, gradient } = scalarOf(OPS.gelu);
  const exact = gradient(x);
  const steps = Array.from({ length: quick ? 6 : 23 }, (_, i) => 10 ** (quick ? -2 * i - 1 : -i / 2 - 0.5));
  const errors = steps.map((step) => [step, farthest(exact, student.numericGradient(f, x, step))] as const);
  return {
    says: (language) => words[language].says(rows, numbersIn(language)),
    figures: (language) => [table(rows, language), stepFigure(errors, language)],
  };
});

type Format = (value: number, decimals?: number) => string;
const namesOf = (rows: readonly Row[]): string =>
  rows
    .filter(({ wrong }) => wrong >= 0)
    .map(({ name, wrong }) => `${name} [${wrong}]`)
    .join("; ");
const largest = (rows: readonly Row[]): number =>
  Math.max(...rows.filter(({ wrong }) => wrong < 0).map(({ distance }) => distance));

const words = inLanguages({
  en: {
    says: (rows: readonly Row[], number: Format) =>
      `Of ${rows.length} ops your gradcheck finds these wrong: ${namesOf(rows) || "none"} (one was given a wrong rule on purpose: tanh). ` +
      `The others' rules are at most ${number(largest(rows))} away from your differences.`,
    table: "The library's ops against your differences",
    tableCaption:
      "The largest distance between a derivative by the op's rule and the one that was measured with a step of 10⁻⁵.",
    tableAlt: "A table of ops, each with its largest distance and a verdict.",
    op: "op",
    distance: "largest distance",
    verdict: "verdict",
    right: "right",
    wrong: (at: string) => `wrong from [${at}] on`,
    steps: "Which step is a good one",
    stepsCaption: "GELU's derivatives. To the right the formula is coarse, to the left the subtraction loses digits.",
    stepsAlt: "A curve of the error over the step, both logarithmic: it falls, and rises again.",
    step: "step",
    error: "largest error",
    yours: "your differences",
  },
  ru: {
    says: (rows: readonly Row[], number: Format) =>
      `Операций проверено: ${rows.length}; неверными вы признали: ${namesOf(rows) || "ни одной"} (неверное правило нарочно дано одной, tanh). ` +
      `Правила остальных отличаются от ваших разностей не больше чем на ${number(largest(rows))}.`,
    table: "Операции библиотеки и ваши разности",
    tableCaption: "Наибольшее расстояние между производной по правилу операции и измеренной с шагом 10⁻⁵.",
    tableAlt: "Таблица операций: для каждой наибольшее расстояние и вывод.",
    op: "операция",
    distance: "наибольшее расстояние",
    verdict: "вывод",
    right: "верна",
    wrong: (at: string) => `неверна начиная с [${at}]`,
    steps: "Какой шаг хорош",
    stepsCaption: "Производные GELU. Справа груба сама формула, слева вычитание теряет знаки.",
    stepsAlt: "Кривая ошибки в зависимости от шага, обе оси логарифмические: она убывает и снова растёт.",
    step: "шаг",
    error: "наибольшая ошибка",
    yours: "ваши разности",
  },
});

function table(rows: readonly Row[], language: Language): Figure {
  const w = words[language];
  const number = numbersIn(language);
  const verdict = (wrong: number) => (wrong < 0 ? w.right : w.wrong(number(wrong)));
  return tableOf({
    id: "ops",
    ...{ title: w.table, caption: w.tableCaption, alt: w.tableAlt },
    columns: [w.op, w.distance, w.verdict],
    rows: rows.map(({ name, distance, wrong }) => [name, number(distance), verdict(wrong)]),
  });
}

function stepFigure(errors: readonly (readonly [step: number, error: number])[], language: Language): Figure {
  const w = words[language];
  return lines({
    id: "steps",
    ...{ title: w.steps, caption: w.stepsCaption, alt: w.stepsAlt },
    x: { label: w.step, log: true },
    y: { label: w.error, log: true },
    series: [{ name: w.yours, points: errors.filter(([, error]) => error > 0) }],
  });
}
