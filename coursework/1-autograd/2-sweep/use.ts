import { random, type Tensor, tensor } from "@lectern/autograd";
import { besideUsed, trainTwice } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { type Figure, scatter } from "../../../scripts/src/report/figures.ts";
import { inLanguages, type Language, numbersIn } from "../../../scripts/src/report/language.ts";
import type { Value } from "./starter.ts";

/** A number of the graph that the student's engine goes through, with what it is worth. */
interface Scalar extends Value {
  value: number;
}

const scalar = (value: number, inputs: Scalar[] = [], derivatives: number[] = []): Scalar => ({
  value,
  ...{ gradient: 0, inputs, derivatives },
});
const add = (a: Scalar, b: Scalar): Scalar => scalar(a.value + b.value, [a, b], [1, 1]);
const multiply = (a: Scalar, b: Scalar): Scalar => scalar(a.value * b.value, [a, b], [b.value, a.value]);
const scaled = (a: Scalar, by: number): Scalar => scalar(a.value * by, [a], [by]);

function tanh(a: Scalar): Scalar {
  const value = Math.tanh(a.value);
  return scalar(value, [a], [1 - value * value]);
}

/** log(1 + exp(a)), whose derivative is the sigmoid. */
const softplus = (a: Scalar): Scalar =>
  scalar(Math.max(a.value, 0) + Math.log1p(Math.exp(-Math.abs(a.value))), [a], [1 / (1 + Math.exp(-a.value))]);

interface Point {
  readonly x: number;
  readonly y: number;
  /** 1 for the upper moon, -1 for the lower. */
  readonly side: number;
}

/** Two half circles, one inside the other's bend. */
const moons = (count: number): Point[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = Math.PI * random();
    const [dx, dy] = [(random() - 0.5) / 4, (random() - 0.5) / 4];
    return i % 2 === 0
      ? { x: Math.cos(angle) + dx, y: Math.sin(angle) + dy, side: 1 }
      : { x: 1 - Math.cos(angle) + dx, y: 0.5 - Math.sin(angle) + dy, side: -1 };
  });

const HIDDEN = 8;
/** For each hidden unit two weights, a bias, and the weight of what comes out; then the last bias. */
const drawWeights = (): number[] => Array.from({ length: 4 * HIDDEN + 1 }, () => 2 * random() - 1);

/** What the network says of a point: above zero for the upper moon. */
function say(weights: readonly Scalar[], { x, y }: Point): Scalar {
  let sum = weights[4 * HIDDEN];
  for (let i = 0; i < 4 * HIDDEN; i += 4) {
    const [ofX, ofY, bias, out] = weights.slice(i, i + 4);
    const unit = tanh(add(add(scaled(ofX, x), scaled(ofY, y)), bias));
    sum = add(sum, multiply(unit, out));
  }
  return sum;
}

/** The logistic loss, log(1 + exp(-side * said)), its mean over the points. */
function lossOf(weights: readonly Scalar[], points: readonly Point[]): Scalar {
  const losses = points.map((point) => softplus(scaled(say(weights, point), -point.side)));
  return scaled(losses.reduce(add), 1 / points.length);
}

/** The same with the library's tensors. weights: [4 * HIDDEN + 1] */
function lossOfTensor(weights: Tensor, points: readonly Point[]): Tensor {
  const there = { device: "reference" } as const;
  const units = weights.slice(0, 0, 4 * HIDDEN).reshape(HIDDEN, 4);
  const inputs = tensor(
    points.map(({ x, y }) => [x, y, 1]),
    there,
  );
  const hidden = inputs.matmul(units.slice(1, 0, 3).T).tanh();
  const said = hidden
    .matmul(units.slice(1, 3, 4))
    .squeeze(-1)
    .add(weights.slice(0, 4 * HIDDEN));
  return said
    .mul(
      tensor(
        points.map(({ side }) => -side),
        there,
      ),
    )
    .softplus()
    .mean();
}

const LR = 0.5;

/** A small network on two moons, every multiplication of which is a node that the student's engine goes through. */
export const use = defineUse<typeof import("./starter.ts")>(async (student, context) => {
  let [points, weights]: [Point[], number[]] = [[], []];
  const trained: number[][] = [];
  const curves = await trainTwice(context, { full: 400, quick: 12 }, (isMine) => {
    [points, weights] = [moons(context.quick ? 20 : 80), drawWeights()];
    trained.push(weights);
    const own = weights;
    const move = (gradients: ArrayLike<number>) => {
      for (const i of own.keys()) own[i] -= LR * gradients[i];
    };
    if (isMine) {
      return () => {
        const scalars = own.map((weight) => scalar(weight));
        const loss = lossOf(scalars, points);
        student.backward(loss);
        move(scalars.map(({ gradient }) => gradient));
        return loss.value;
      };
    }
    return () => {
      const variable = tensor(own, { device: "reference", requiresGrad: true });
      const loss = lossOfTensor(variable, points);
      loss.backward();
      move(variable.grad!.dataSync());
      return loss.itemSync();
    };
  });
  const scalars = trained[0].map((weight) => scalar(weight));
  const isRight = (point: Point) => say(scalars, point).value * point.side > 0;
  const share = points.filter(isRight).length / points.length;
  const nodes = student.order(lossOf(scalars, points)).length;
  const told = besideUsed({ en: "your sweep", ru: "вашим проходом" }, curves);
  return {
    says(language) {
      const number = numbersIn(language);
      return `${told.says(language)} ${words[language].says(number(nodes), number(100 * share, 0))}`;
    },
    figures: (language) => [...told.figures(language), moonFigure(points, isRight, language)],
  };
});

const words = inLanguages({
  en: {
    says: (nodes: string, share: string) =>
      `Each step your engine goes through ${nodes} numbers; in the end ${share} % of the points are told apart.`,
    title: "Two moons",
    caption: "What the network says of each point after the training with your engine.",
    alt: "Points of two half circles that reach into each other, coloured by what the network says of them.",
    upper: "upper moon",
    lower: "lower moon",
    wrong: "wrong",
  },
  ru: {
    says: (nodes: string, share: string) =>
      `Узлов, которые ваш движок проходит за шаг: ${nodes}; в итоге сеть верно относит к своей луне ${share} % точек.`,
    title: "Две луны",
    caption: "Что сеть говорит о каждой точке после обучения с вашим движком.",
    alt: "Точки двух полуокружностей, заходящих одна в другую; цвет показывает ответ сети.",
    upper: "верхняя луна",
    lower: "нижняя луна",
    wrong: "ошибка",
  },
});

function moonFigure(points: readonly Point[], isRight: (point: Point) => boolean, language: Language): Figure {
  const w = words[language];
  const group = (point: Point) => (isRight(point) ? (point.side > 0 ? w.upper : w.lower) : w.wrong);
  return scatter({
    id: "moons",
    ...{ title: w.title, caption: w.caption, alt: w.alt },
    x: { label: "x" },
    y: { label: "y" },
    dots: points.map((point) => ({ x: point.x, y: point.y, group: group(point) })),
  });
}
