import type { Draws } from "../../../scripts/src/course/draws.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import { type exercises, next, type Searched } from "./exercise.ts";

/** What may be otherwise than is right. */
interface Way {
  /** How many candidates are kept: of all texts together, of each text one, or one alone. */
  keeps?: "best" | "oneEach" | "one";
  /** A candidate's sum: of all its tokens, or its last token's log probability. */
  sums?: "all" | "last";
  seesEnd?: boolean;
  /** Texts that end before the last step are forgotten. */
  losesEnded?: boolean;
  /** Rows are said to go on from the first. */
  fromFirst?: boolean;
  score?(sum: number, length: number, penalty: number, ended: boolean): number;
}

interface Text {
  tokens: number[];
  sum: number;
  from: number;
}

/** Beam search by its rules, or with one of them otherwise. */
function search(given: Searched, way: Way = {}): { tokens: number[]; score: number }[] {
  const { keeps = "best", sums = "all", seesEnd = true, losesEnded = false, fromFirst = false } = way;
  const { score = (sum, length, penalty) => sum / length ** penalty } = way;
  const { beams, tokens, end, lengthPenalty } = given;
  const best = (texts: Text[]) => [...texts].sort((a, b) => b.sum - a.sum);
  let open: Text[] = [{ tokens: [], sum: 0, from: 0 }];
  const complete: Text[] = [];
  // What the rows hold whose next tokens are asked for.
  let rows: number[][] = [[]];
  for (let step = 0; step < tokens && open.length > 0; step++) {
    const candidates = open.map((text, from) =>
      next(rows[from], given).map((log, token) => ({
        tokens: [...text.tokens, token],
        sum: sums === "all" ? text.sum + log : log,
        from,
      })),
    );
    const count = keeps === "one" ? 1 : beams;
    const oneEach = keeps === "oneEach" && step > 0;
    const kept = best(oneEach ? candidates.map((row) => best(row)[0]) : candidates.flat()).slice(0, count);
    const ends = (text: Text) => seesEnd && text.tokens[step] === end;
    complete.push(...kept.filter((text) => (ends(text) && !losesEnded) || step === tokens - 1));
    open = kept.filter((text) => !ends(text));
    rows = open.map((text) => [...rows[fromFirst ? 0 : text.from], text.tokens[step]]);
  }
  return complete
    .map((text) => ({
      tokens: text.tokens,
      score: score(text.sum, text.tokens.length, lengthPenalty, text.tokens.at(-1) === end),
    }))
    .sort((a, b) => b.score - a.score)
    .slice(0, beams);
}

function logSoftmax(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

const VOCABULARY = 5;

/** A model whose text may end with token 0. */
function model(random: Draws, ends: boolean): Searched {
  const logits = () => random.vector(VOCABULARY, -1.5, 1.5);
  return {
    beams: random.integer(2, 3),
    tokens: random.integer(4, 5),
    end: ends ? 0 : -1,
    lengthPenalty: 0,
    first: logSoftmax(logits()),
    after: Array.from({ length: VOCABULARY }, () => logSoftmax(logits())),
  };
}

/** Draws until something holds. */
function until<T>(draw: () => T, holds: (drawn: T) => boolean): T {
  for (;;) {
    const drawn = draw();
    if (holds(drawn)) return drawn;
  }
}

const isSame = (a: readonly { tokens: number[] }[], b: readonly { tokens: number[] }[]): boolean =>
  JSON.stringify(a.map(({ tokens }) => tokens)) === JSON.stringify(b.map(({ tokens }) => tokens));

/** Whether each of these ways finds other texts than the right one. */
const tells = (given: Searched, ways: readonly Way[]): boolean =>
  ways.every((way) => !isSame(search(given, way), search(given)));

/** Texts of different lengths come out. */
const endsSome = (given: Searched): boolean => new Set(search(given).map(({ tokens }) => tokens.length)).size > 1;

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open beam-search.ts and write grow, one step of the search, and results, what has been found.",
    ru: "Откройте beam-search.ts и напишите grow (один шаг поиска) и results (что найдено).",
  },
  mistakes: {
    greedy: {
      en: "One text alone is kept at each step: this is the greedy choice. Keep the `beams` best candidates.",
      ru: "На каждом шаге остаётся один текст: это жадный выбор. Оставляйте `beams` лучших кандидатов.",
    },
    oneEach: {
      en: "Each open text goes on with its own best token. The best candidates of all texts together are kept: a good text may go on twice, a bad one not at all.",
      ru: "Каждый открытый текст продолжен своим лучшим токеном. Нужны лучшие кандидаты из всех вместе: хороший текст может продолжиться дважды, а плохой ни разу.",
    },
    lastToken: {
      en: "Candidates are compared by their last token alone. Add its log probability to the text's sum so far.",
      ru: "Кандидаты сравниваются только по последнему токену. Прибавьте его логарифм вероятности к сумме текста.",
    },
    wrongRow: {
      en: "`from` is not the row that the text goes on from. It is the place, among the open texts before this step, of the one that got the new token.",
      ru: "`from` указывает не на ту строку. Это место продолженного текста среди открытых до этого шага.",
      error: /to go on from/,
    },
    ignoresEnd: {
      en: "Texts go on behind the token that ends them. A text that gets `end` is complete, and no longer among the open ones.",
      ru: "Тексты продолжаются после завершающего токена. Текст, получивший `end`, закончен, и среди открытых его больше нет.",
    },
    losesEnded: {
      en: "Texts that ended before the last step are missing from the results: keep the complete ones in a list of their own.",
      ru: "В результатах нет текстов, законченных раньше последнего шага: храните законченные в отдельном списке.",
    },
    noPenalty: {
      en: "Complete texts are compared by their sums: so the short ones win. Divide the sum by the number of tokens to the power lengthPenalty.",
      ru: "Законченные тексты сравниваются по суммам, и побеждают короткие. Поделите сумму на число токенов в степени lengthPenalty.",
    },
    multiplied: {
      en: "The sum was multiplied with the length to the power lengthPenalty; it is divided by it. (Sums are negative: dividing helps long texts.)",
      ru: "Сумма умножена на длину в степени lengthPenalty, а её надо делить. (Суммы отрицательны: деление помогает длинным текстам.)",
    },
    endNotCounted: {
      en: "The length does not count the token that ends the text. Its log probability is in the sum, so it counts.",
      ru: "В длине не учтён завершающий токен. Его логарифм вероятности входит в сумму, значит, он считается.",
    },
  },
  tests: [
    {
      exercise: "search",
      points: 5,
      says: { en: "the best texts of all beams together", ru: "лучшие тексты из всех лучей вместе" },
      draw: (random) =>
        until(
          () => model(random, false),
          (given) => tells(given, [{ keeps: "one" }, { keeps: "oneEach" }, { sums: "last" }, { fromFirst: true }]),
        ),
      expected: (given) => search(given),
      mistakes: {
        greedy: (given) => search(given, { keeps: "one" }),
        oneEach: (given) => search(given, { keeps: "oneEach" }),
        lastToken: (given) => search(given, { sums: "last" }),
        wrongRow: (given) => search(given, { fromFirst: true }),
      },
    },
    {
      exercise: "search",
      points: 3,
      says: { en: "a text that ends is complete, and leaves the beam", ru: "законченный текст покидает луч" },
      draw: (random) =>
        until(
          () => model(random, true),
          (given) => {
            const [ignores, loses] = [{ seesEnd: false }, { losesEnded: true }];
            const apart = !isSame(search(given, ignores), search(given, loses));
            return endsSome(given) && tells(given, [ignores, loses]) && apart;
          },
        ),
      expected: (given) => search(given),
      mistakes: {
        ignoresEnd: (given) => search(given, { seesEnd: false }),
        losesEnded: (given) => search(given, { losesEnded: true }),
      },
    },
    {
      exercise: "search",
      points: 2,
      says: { en: "the score counts the length", ru: "счёт учитывает длину" },
      draw: (random) =>
        until(
          () => ({ ...model(random, true), lengthPenalty: random.choice([0.5, 1, 2]) }),
          (given) => endsSome(given) && search(given)[0].tokens.length > 1,
        ),
      expected: (given) => search(given),
      mistakes: {
        noPenalty: (given) => search(given, { score: (sum) => sum }),
        multiplied: (given) => search(given, { score: (sum, length, penalty) => sum * length ** penalty }),
        endNotCounted: (given) =>
          search(given, {
            score: (sum, length, penalty, ended) => sum / (ended ? length - 1 : length) ** penalty,
          }),
      },
    },
  ],
  hints: [
    {
      en: "Remember two lists: the open texts, each with its tokens and its sum, in the order of the rows; and the complete ones.",
      ru: "Храните два списка: открытые тексты с их токенами и суммами, в порядке строк, и законченные.",
    },
    {
      en: "Candidates: open.flatMap((text, from) => [...logProbabilities[from]].map((log, token) => ({ from, tokens: [...text.tokens, token], sum: text.sum + log }))).",
      ru: "Кандидаты: open.flatMap((text, from) => [...logProbabilities[from]].map((log, token) => ({ from, tokens: [...text.tokens, token], sum: text.sum + log }))).",
    },
    {
      en: "Sort them by sum, the highest first, and slice(0, beams); filter what is complete into one list, and what is not into the other.",
      ru: "Отсортируйте их по сумме, начиная с наибольшей, и возьмите slice(0, beams); законченные через filter отправьте в один список, остальные в другой.",
    },
  ],
});
