import {
  type Matrix,
  mapped,
  softmaxColumns,
  softmaxGradient,
  softmaxRows,
} from "../../../scripts/src/course/plain.ts";
import { defineTask } from "../../../scripts/src/course/task.ts";
import type { exercises } from "./exercise.ts";

type Seen = (query: number, key: number) => boolean;
const past: Seen = (i, j) => j <= i;

/** Another number in the place of those that are not seen. */
const filled = (scores: Matrix, seen: Seen, value: number): number[][] =>
  mapped(scores, (score, i, j) => (seen(i, j) ? score : value));

const hidden = (scores: Matrix, seen: Seen = past): number[][] => filled(scores, seen, Number.NEGATIVE_INFINITY);

const weights = (scores: Matrix, seen: Seen = past): number[][] => softmaxRows(hidden(scores, seen));

const isNaNs = (rows: Matrix): boolean => rows.flat().some(Number.isNaN);

export const task = defineTask<typeof exercises>()({
  todo: {
    en: "Open causal-mask.ts and write the function: minus infinity above the scores' diagonal, then softmax of each row.",
    ru: "Откройте causal-mask.ts и напишите функцию: минус бесконечность выше диагонали оценок, потом softmax каждой строки.",
  },
  mistakes: {
    nan: {
      en: "NaN has come up: zero times infinity is NaN. Put minus infinity in with maskedFill, and do not multiply with it.",
      ru: "Получился NaN: ноль, умноженный на бесконечность, даёт NaN. Не умножайте на бесконечность, а запишите её через maskedFill.",
    },
    self: {
      en: "Off by one: a position does not see itself, and the first one sees nothing. The diagonal has to stay: hide j > i, and not j ≥ i.",
      ru: "Ошибка на единицу: позиция не видит себя, а первая не видит ничего. Диагональ должна остаться: скрывайте j > i, а не j ≥ i.",
    },
    oneAhead: {
      en: "Off by one: a position sees the one right behind it, which is the very word that it has to foretell. Hide all j > i.",
      ru: "Ошибка на единицу: позиция видит следующую, то есть как раз то слово, которое должна предсказать. Скрывайте все j > i.",
    },
    past: {
      en: "The wrong triangle is hidden: positions see the future and not the past. Hide what is above the diagonal.",
      ru: "Скрыт не тот треугольник: позиции видят будущее, а не прошлое. Скрывать нужно то, что выше диагонали.",
    },
    open: {
      en: "Nothing is hidden: this is softmax of all scores.",
      ru: "Ничего не скрыто: это softmax всех оценок.",
    },
    zeros: {
      en: "Hidden scores became 0, and softmax makes a weight of e⁰ = 1 of that. They have to become minus infinity.",
      ru: "Скрытые оценки заменены нулём, а softmax делает из него вес e⁰ = 1. Заменять нужно на минус бесконечность.",
    },
    afterSoftmax: {
      en: "The weights were hidden after softmax, so rows no longer sum to one. Hide the scores, before softmax.",
      ru: "Скрыты уже готовые веса, после softmax, и суммы строк больше не равны единице. Скрывать нужно оценки, до softmax.",
    },
    axis: {
      en: "Softmax goes along the columns. Each row has to sum to one: the last axis, -1.",
      ru: "Softmax взят по столбцам. Единице должна быть равна сумма каждой строки: последняя ось, -1.",
    },
    notLowEnough: {
      en: "The future still gets some weight: what you put in is not low enough where all scores are low. Put in minus infinity.",
      ru: "Будущее всё-таки получает какой-то вес: когда все оценки малы, ваше число недостаточно мало. Подставьте минус бесконечность.",
    },
    whichHead: {
      en: "The mask fits matrices alone: take the number of positions from the last axis, scores.shape[scores.rank - 1].",
      ru: "Маска рассчитана только на матрицы: число позиций нужно брать из последней оси, scores.shape[scores.rank - 1].",
      error: /broadcast/i,
    },
  },
  tests: [
    {
      exercise: "weights",
      points: 4,
      says: { en: "weights of one sequence", ru: "веса одной последовательности" },
      draw(random) {
        const time = random.integer(4, 6);
        return { scores: random.matrix(time, time) };
      },
      expected: ({ scores }) => weights(scores),
      mistakes: {
        nan: (_, rows) => isNaNs(rows),
        self: ({ scores }) => weights(scores, (i, j) => j < i),
        oneAhead: ({ scores }) => weights(scores, (i, j) => j <= i + 1),
        past: ({ scores }) => weights(scores, (i, j) => j >= i),
        open: ({ scores }) => softmaxRows(scores),
        zeros: ({ scores }) => softmaxRows(filled(scores, past, 0)),
        afterSoftmax: ({ scores }) => filled(softmaxRows(scores), past, 0),
        axis: ({ scores }) => softmaxColumns(hidden(scores)),
      },
    },
    {
      exercise: "weights",
      points: 2,
      says: { en: "scores that are all far below zero", ru: "оценки, которые все намного меньше нуля" },
      draw: (random) => ({ scores: random.matrix(4, 4, -2000, -1900) }),
      expected: ({ scores }) => weights(scores),
      mistakes: { notLowEnough: (_, rows) => rows.some((row, i) => row.some((weight, j) => j > i && weight > 1e-6)) },
    },
    {
      exercise: "heads",
      points: 2,
      says: { en: "several heads, [batch, heads, time, time]", ru: "несколько голов, [batch, heads, time, time]" },
      draw: (random) => ({ scores: random.matrices(random.integer(2, 3), 4, 4) }),
      expected: ({ scores }) => scores.map((one) => weights(one)),
    },
    {
      exercise: "gradient",
      points: 2,
      says: {
        en: "the gradient comes back to the scores, and is zero where they are hidden",
        ru: "градиент доходит до оценок, а у скрытых он равен нулю",
      },
      draw: (random) => ({ scores: random.matrix(4, 4), factors: random.matrix(4, 4) }),
      expected: ({ scores, factors }) => softmaxGradient(weights(scores), factors),
      mistakes: { nan: (_, rows) => isNaNs(rows) },
    },
  ],
  hints: [
    {
      en: "Three steps: a matrix that is 1 where the future is, minus infinity there, softmax along the last axis.",
      ru: "Три шага: матрица, в которой единицы стоят на месте будущего; минус бесконечность там, где единицы; softmax по последней оси.",
    },
    {
      en: 'const future = ones([time, time], { dtype: "int32", device: scores.device }).triu(1), with ones of @lectern/autograd.',
      ru: 'const future = ones([time, time], { dtype: "int32", device: scores.device }).triu(1), где ones взято из @lectern/autograd.',
    },
    {
      en: "scores.maskedFill(future, Number.NEGATIVE_INFINITY) are the masked scores; softmax(-1) is left.",
      ru: "scores.maskedFill(future, Number.NEGATIVE_INFINITY) даёт оценки после маски; остался softmax(-1).",
    },
  ],
});
