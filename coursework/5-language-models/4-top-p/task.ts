import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

interface Filtered {
  logits: number[];
  p: number;
  temperature: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  return powers.map((power) => power / sum(powers));
}

/** Tokens from the likeliest on, or from the other end, with the sum of those before each. */
function ranked(probabilities: readonly number[], ascending: boolean): { token: number; before: number }[] {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  if (ascending) order.reverse();
  let before = 0;
  return order.map((token) => {
    const entry = { token, before };
    before += probabilities[token];
    return entry;
  });
}

/** The probabilities with zeros for tokens outside the nucleus. */
function kept(
  probabilities: readonly number[],
  p: number,
  { dropsCrossing = false, ascending = false } = {},
): number[] {
  const left = ranked(probabilities, ascending).filter(({ token, before }) =>
    dropsCrossing ? before + probabilities[token] <= p : before < p,
  );
  const tokens = new Set(left.map(({ token }) => token));
  return probabilities.map((probability, token) => (tokens.has(token) ? probability : 0));
}

const renormalised = (weights: readonly number[]): number[] => weights.map((weight) => weight / sum(weights));
const scaled = ({ logits, temperature }: Filtered): number[] => softmax(logits.map((logit) => logit / temperature));

const nucleus = (given: Filtered): number[] => renormalised(kept(scaled(given), given.p));

/** Whether only what is left came out. */
const isShort = ({ logits }: Filtered, y: readonly number[]): boolean => y.length > 0 && y.length < logits.length;

/** The token whose stretch of the running sum holds u. */
function drawn(probabilities: readonly number[], u: number): number {
  let total = 0;
  for (const [token, probability] of probabilities.entries()) {
    total += probability;
    if (u < total) return token;
  }
  return probabilities.findLastIndex((probability) => probability > 0);
}

/** Logits of which none is so large that its token alone is the nucleus. */
function flat(random: Draws): Filtered {
  const size = random.integer(6, 8);
  return { logits: random.vector(size, -1, 1), p: random.uniform(0.6, 0.85), temperature: 1 };
}

/** Probabilities of which some are 0, as a filter leaves them. */
function filtered(random: Draws, size = 6): number[] {
  const weights = random.vector(size, 0.2, 1).map((weight, i) => (i % 3 === 0 ? 0 : weight));
  return renormalised(weights);
}

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open top-p.ts and write the two functions: nucleus, the probabilities that are left, and draw, a token by them.",
    ru: "Откройте top-p.ts и напишите две функции: nucleus (какие вероятности остаются) и draw (выбор токена по ним).",
  },
  mistakes: {
    short: {
      en: "Only the probabilities that are left came out. There has to be one for each token, in its place: 0 for those that were left out.",
      ru: "Вернулись только оставшиеся вероятности. Число должно быть на месте каждого токена: у отброшенных 0.",
    },
    ascending: {
      en: "The least likely tokens were kept: sort from the likeliest on, by (a, b) => probabilities[b] - probabilities[a].",
      ru: "Остались самые маловероятные токены: сортируйте по убыванию, через (a, b) => probabilities[b] - probabilities[a].",
    },
    dropsCrossing: {
      en: "The token with which the sum reaches p was left out. It belongs to the nucleus: a token stays where the sum of those before it is below p.",
      ru: "Отброшен токен, на котором сумма достигает p. Он входит в ядро: токен остаётся, если сумма до него меньше p.",
    },
    empty: {
      en: "No token is left where the likeliest one alone has more than p. The token with which the sum reaches p stays, so there is always one.",
      ru: "Если самый вероятный токен сам больше p, не осталось ни одного. Токен, на котором сумма достигает p, остаётся, так что один есть всегда.",
    },
    notRenormalised: {
      en: "The probabilities left do not sum to one: divide them by their sum.",
      ru: "Сумма оставшихся вероятностей не равна единице: поделите их на неё.",
    },
    filterFirst: {
      en: "The filter came before the temperature. The temperature changes the probabilities by which the filter decides: divide the logits first.",
      ru: "Фильтр сработал раньше температуры. Температура меняет вероятности, по которым он отбирает: сначала поделите на неё логиты.",
    },
    multiplied: {
      en: "The logits were multiplied with the temperature. They are divided by it: a low one makes likely tokens likelier.",
      ru: "Логиты умножены на температуру, а их надо делить: при низкой температуре вероятные токены становятся ещё вероятнее.",
    },
    sorted: {
      en: "The probabilities come out in the order of their size. Each has to stand at its token's place: sort the tokens' numbers.",
      ru: "Вероятности стоят по убыванию, а каждая должна стоять на месте своего токена: сортируйте номера токенов.",
    },
    overflow: {
      en: "The exponential of a large logit is infinite. Subtract the largest logit first, which changes nothing else.",
      ru: "Экспонента большого логита бесконечна. Сначала вычтите наибольший логит: больше ничего не изменится.",
    },
    likeliest: {
      en: "draw always takes the likeliest token, whatever u is. Walk along the running sum until it is above u.",
      ru: "draw при любом u берёт самый вероятный токен. Идите по нарастающей сумме, пока она не станет больше u.",
    },
    impossible: {
      en: "A token with probability 0 was drawn: with u = 0, a sum of 0 is not yet above u. Compare with <, not with <=.",
      ru: "Выбран токен с вероятностью 0: при u = 0 сумма 0 ещё не больше u. Сравнивайте через <, а не через <=.",
    },
    fallsOff: {
      en: "With u close to 1 no possible token came out: rounding leaves the sum of all a bit below 1. Then it is the last token that has a probability.",
      ru: "При u, близком к 1, возможный токен не выбран: из-за округления сумма всех чуть меньше 1. Тогда берётся последний токен с ненулевой вероятностью.",
    },
  },
  tests: [
    {
      exercise: "nucleus",
      points: 3,
      says: {
        en: "the fewest tokens that reach p, renormalised",
        ru: "меньше всего токенов, которые дают p, с суммой 1",
      },
      draw: flat,
      expected: nucleus,
      mistakes: {
        short: isShort,
        ascending: (given) => renormalised(kept(scaled(given), given.p, { ascending: true })),
        notRenormalised: (given) => kept(scaled(given), given.p),
        dropsCrossing: (given) => renormalised(kept(scaled(given), given.p, { dropsCrossing: true })),
        sorted: (given) => nucleus(given).sort((a, b) => b - a),
      },
    },
    {
      exercise: "nucleus",
      points: 2,
      says: { en: "the temperature comes first", ru: "сначала температура" },
      draw: (random) => ({ ...flat(random), temperature: random.choice([0.4, 0.5, 2, 3]) }),
      expected: nucleus,
      // Where both leave the same tokens, it does not matter what comes first.
      times: 6,
      mistakes: {
        short: isShort,
        filterFirst: ({ logits, p, temperature }) => {
          const left = kept(softmax(logits), p);
          return softmax(logits.map((logit, i) => (left[i] === 0 ? Number.NEGATIVE_INFINITY : logit / temperature)));
        },
        multiplied: (given) => nucleus({ ...given, temperature: 1 / given.temperature }),
      },
    },
    {
      exercise: "nucleus",
      points: 1,
      says: { en: "a small p leaves the likeliest token", ru: "при малом p остаётся самый вероятный токен" },
      draw: (random) => ({ ...flat(random), p: 0.01 }),
      expected: nucleus,
      mistakes: { short: isShort, empty: (_, y) => y.every((value) => !(value > 0)) },
    },
    {
      exercise: "nucleus",
      points: 1,
      says: { en: "large logits, up to a thousand", ru: "большие логиты, до тысячи" },
      draw: (random) => ({ ...flat(random), logits: random.vector(6, 990, 1000), p: 1 }),
      expected: nucleus,
      mistakes: { overflow: (_, y) => y.some(Number.isNaN) },
    },
    {
      exercise: "draws",
      points: 2,
      says: { en: "tokens are drawn as often as they are likely", ru: "токены выпадают по своим вероятностям" },
      draw: (random) => ({ probabilities: filtered(random), uniform: random.vector(20, 0, 1) }),
      expected: ({ probabilities, uniform }) => uniform.map((u) => drawn(probabilities, u)),
      mistakes: {
        likeliest: ({ probabilities, uniform }) => uniform.map(() => probabilities.indexOf(Math.max(...probabilities))),
      },
    },
    {
      exercise: "draws",
      points: 1,
      says: { en: "u at both ends of its range", ru: "u на обоих концах отрезка" },
      // Ten tenths sum to a bit less than 1 in floating point.
      draw: (random) => {
        const [before, behind] = random.integers(2, 1, 3).map((size) => Array.from({ length: size }, () => 0));
        return {
          probabilities: [...before, ...Array.from({ length: 10 }, () => 0.1), ...behind],
          uniform: [0, 1 - 2 ** -53],
        };
      },
      expected: ({ probabilities, uniform }) => uniform.map((u) => drawn(probabilities, u)),
      times: 1,
      mistakes: {
        impossible: (_, [first]) => first === 0,
        fallsOff: ({ probabilities }, [, last]) => !(probabilities[last] > 0),
      },
    },
  ],
  hints: [
    {
      en: "Sort the numbers of the tokens by their probabilities: [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).",
      ru: "Отсортируйте номера токенов по вероятности: [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).",
    },
    {
      en: "Walk through them with the sum of those before. A token stays where this sum is below p; then add its probability.",
      ru: "Идите по ним, храня сумму предыдущих. Токен остаётся, если она меньше p; после этого прибавьте его вероятность.",
    },
    {
      en: "Begin with zeros, new Array(n).fill(0), and write the probabilities left to their tokens' places; at the end divide all by the sum.",
      ru: "Начните с нулей, new Array(n).fill(0), и запишите оставшиеся вероятности на места их токенов; в конце поделите всё на сумму.",
    },
  ],
});
