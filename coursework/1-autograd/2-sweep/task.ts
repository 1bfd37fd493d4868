import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises, Graph } from "./exercise.ts";

/** A graph in which numbers are used several times, by others and by one other twice, and one leads nowhere. */
function drawGraph(random: Draws): Graph {
  const leaf = () => ({ inputs: [], derivatives: [] });
  const of = (...inputs: number[]) => ({ inputs, derivatives: random.vector(inputs.length, 0.5, 2) });
  const early = random.choice([0, 1]);
  // 3 comes of the leaves, 4 is 3 with itself, 5 leads nowhere, 6 joins a late number with an early one.
  const graph = [leaf(), leaf(), leaf(), of(0, 1), of(3, 3), of(4, 2), of(3, 4), of(early, 6), of(2, 7, 3)];
  return random.choice([true, false]) ? graph : [...graph, of(8, 6), of(9, early)];
}

/** The places of the numbers that the loss depends on, from the loss on: each before its inputs, which come before it in the list. */
function orderOf(graph: Graph): number[] {
  const reached = new Set([graph.length - 1]);
  for (let i = graph.length - 1; i >= 0; i--) if (reached.has(i)) for (const j of graph[i].inputs) reached.add(j);
  return [...reached].sort((a, b) => b - a);
}

function gradientsOf(graph: Graph): number[] {
  const gradients = graph.map(() => 0);
  gradients[graph.length - 1] = 1;
  for (const i of orderOf(graph)) {
    const { inputs, derivatives } = graph[i];
    inputs.forEach((j, k) => {
      gradients[j] += gradients[i] * derivatives[k];
    });
  }
  return gradients;
}

const isRepeated = (places: readonly number[]): boolean => new Set(places).size < places.length;

/** Whether one of the numbers stands before another that is computed from it. */
const isEarly = (graph: Graph, places: readonly number[]): boolean =>
  places.some((i, at) => graph[i]?.inputs.some((input) => places.indexOf(input) < at));

const isComplete = (graph: Graph, places: readonly number[]): boolean =>
  `${[...places].sort((a, b) => b - a)}` === `${orderOf(graph)}`;

/** What came to each number from those that it is used in, if these have the gradients given. */
function contributions(graph: Graph, gradients: readonly number[]): number[][] {
  const all: number[][] = graph.map(() => []);
  for (const i of orderOf(graph)) {
    const { inputs, derivatives } = graph[i];
    inputs.forEach((j, k) => {
      all[j].push(gradients[i] * derivatives[k]);
    });
  }
  return all;
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6;

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open sweep.ts and write `order` first: the loss, then what it was computed from, each number before its inputs. Then `backward`.",
    ru: "Откройте sweep.ts и начните с `order`: сначала loss, за ним то, из чего он получен, каждое число раньше своих входов. Затем `backward`.",
  },
  mistakes: {
    reversed: {
      en: "This is the order in which values are computed. A sweep goes the other way: the loss first, the parameters last.",
      ru: "В таком порядке считаются значения. Обратный проход идёт наоборот: сначала функция потерь, в конце параметры.",
    },
    repeated: {
      en: "A number stands in the order several times, as often as it is used. Remember which were seen (a Set).",
      ru: "Число попало в список несколько раз, по разу на каждое использование. Запоминайте, какие уже встречались (Set).",
    },
    early: {
      en: "A number's turn comes before all that are computed from it have had theirs, so a part of its gradient is still missing. Wait for every use.",
      ru: "До числа очередь доходит раньше, чем до всех, кто из него вычислен: часть его градиента ещё не пришла. Надо дождаться всех использований.",
    },
    overwritten: {
      en: "The gradient of a number that is used several times was overwritten. The contributions are added up: += and not =.",
      ru: "Градиент числа, которое использовано несколько раз, перезаписан. Вклады складываются: += вместо =.",
    },
    seed: {
      en: "All gradients are zero: the sweep has to begin with loss.gradient = 1, the derivative of the loss by itself.",
      ru: "Все градиенты равны нулю: проход надо начать с loss.gradient = 1, это производная функции потерь по самой себе.",
    },
    upstream: {
      en: "Each input was given the local derivative alone. By the chain rule it is multiplied with the gradient of the number itself.",
      ru: "Входу передана только локальная производная. По правилу цепочки её умножают на градиент самого числа.",
    },
    recursion: {
      en: "A function that calls itself for each input goes too deep on a long chain. Keep a list of what is to be done, and go through it in a loop.",
      ru: "На длинной цепочке функция, вызывающая себя для каждого входа, заходит слишком глубоко. Ведите список того, что осталось, и идите по нему циклом.",
      error: /call stack/,
    },
  },
  tests: [
    {
      exercise: "order",
      points: 3,
      says: {
        en: "every number once, and before its inputs",
        ru: "каждое число один раз и раньше своих входов",
      },
      times: 5,
      draw: (random) => ({ graph: drawGraph(random) }),
      expected: ({ graph }) => orderOf(graph),
      accepts: (places, { graph }) => isComplete(graph, places) && !isRepeated(places) && !isEarly(graph, places),
      mistakes: {
        reversed: ({ graph }, places) =>
          !isRepeated(places) && places.length > 1 && !isEarly(graph, [...places].reverse()) && isEarly(graph, places),
        repeated: (_, places) => isRepeated(places),
        early: ({ graph }, places) => isEarly(graph, places),
      },
    },
    {
      exercise: "gradients",
      points: 4,
      says: {
        en: "the gradients, also of what is used twice",
        ru: "градиенты, в том числе того, что использовано дважды",
      },
      times: 5,
      draw: (random) => ({ graph: drawGraph(random) }),
      expected: ({ graph }) => gradientsOf(graph),
      mistakes: {
        seed: (_, gradients) => gradients.every((value) => value === 0),
        overwritten: ({ graph }, gradients) =>
          contributions(graph, gradients).every(
            (parts, i) => parts.length === 0 || parts.some((part) => near(part, gradients[i])),
          ),
        upstream: ({ graph }) => {
          const all = contributions(
            graph,
            graph.map(() => 1),
          );
          return all.map((parts, i) => (i === graph.length - 1 ? 1 : parts.reduce((a, b) => a + b, 0)));
        },
      },
    },
    {
      exercise: "chain",
      points: 3,
      says: { en: "a chain of thirty thousand numbers", ru: "цепочка из тридцати тысяч чисел" },
      times: 1,
      draw: (random) => ({ length: random.integer(30_000, 31_000) }),
      expected: () => 1,
    },
  ],
  hints: [
    {
      en: "When may a number pass its gradient on? When every number that is computed from it has done so. Count the uses first.",
      ru: "Когда число может передать свой градиент дальше? Когда это сделали все, кто из него вычислен. Сначала посчитайте использования.",
    },
    {
      en: "Two loops. The first finds all numbers and counts in a Map how often each is an input. The second begins with [loss] and lowers the counts; a number whose count has come to zero is next.",
      ru: "Два цикла. Первый находит все числа и в Map считает, сколько раз каждое служит входом. Второй начинает с [loss] и уменьшает счётчики; число, у которого счётчик дошёл до нуля, идёт следующим.",
    },
    {
      en: "for (const value of list) also visits what is pushed to the list meanwhile. And in backward: input.gradient += value.gradient * derivative.",
      ru: "Цикл for (const value of list) доходит и до того, что добавили в list по ходу дела. А в backward: input.gradient += value.gradient * derivative.",
    },
  ],
});
