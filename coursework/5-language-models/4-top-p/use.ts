import { generate } from "@lectern/train";
import { ownStrategy } from "../../../scripts/src/course/strategy.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { readyModel } from "../../../scripts/src/lecture/readyModel.ts";
import { lines, tableOf } from "../../../scripts/src/report/figures.ts";
import { inLanguages, numbersIn } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

const PROMPT = "The whale";

/** What is asked for, from everything that the model thinks possible to little more than the likeliest. */
const SETTINGS = [
  { topP: 1, temperature: 1 },
  { topP: 0.9, temperature: 1 },
  { topP: 0.5, temperature: 1 },
  { topP: 0.9, temperature: 0.5 },
];

const words = inLanguages({
  en: {
    says: (same: string, all: string, wide: string, narrow: string) =>
      `${same} of ${all} texts are the library's to the letter, drawn with the same numbers. With p = 1 a token is one of ${wide} on average, with p = 0.5 one of ${narrow}.`,
    table: {
      title: "Moby-Dick, continued by your functions",
      caption: "The same model and the same uniform numbers; p and the temperature differ.",
      alt: "A table: p, temperature, the text, and whether the library's is the same.",
    },
    columns: ["p", "temperature", "text", "the library's"],
    same: "the same",
    other: (text: string) => `another: ${text}`,
    sizes: {
      title: "How many tokens are left",
      caption: "At each token of the text: the smaller the nucleus, the surer the model.",
      alt: "A curve for each setting: the number of tokens that can be drawn, token by token.",
    },
    token: "token of the text",
    left: "tokens left",
    setting: (p: string, temperature: string) => `p = ${p}, temperature ${temperature}`,
  },
  ru: {
    says: (same: string, all: string, wide: string, narrow: string) =>
      `Текстов, совпавших с библиотечными до буквы при тех же случайных числах: ${same} из ${all}. При p = 1 токен выбирается в среднем из ${wide}, при p = 0,5 из ${narrow}.`,
    table: {
      title: "«Моби Дик», продолженный вашими функциями",
      caption: "Модель и равномерные числа одни и те же, отличаются p и температура.",
      alt: "Таблица: p, температура, текст и совпал ли библиотечный.",
    },
    columns: ["p", "температура", "текст", "библиотечный"],
    same: "такой же",
    other: (text: string) => `другой: ${text}`,
    sizes: {
      title: "Сколько токенов осталось",
      caption: "На каждом токене текста: чем меньше ядро, тем увереннее модель.",
      alt: "Кривая для каждой настройки: сколько токенов могло выпасть, токен за токеном.",
    },
    token: "токен текста",
    left: "осталось токенов",
    setting: (p: string, temperature: string) => `p = ${p}, температура ${temperature}`,
  },
});

/** The student's functions as a strategy; `left` gets the number of tokens that could have been drawn. */
const strategyOf = ({ nucleus, draw }: Student, left: number[]): string =>
  ownStrategy((_prompt, { tokens, topP = 1, temperature = 1, tell, draw: numbers }) => {
    const uniform = numbers(0);
    const text: number[] = [];
    return {
      grow([logits]) {
        const probabilities = nucleus(Array.from(logits), { p: topP, temperature });
        const token = draw(probabilities, uniform());
        left.push(probabilities.filter((probability) => probability > 0).length);
        text.push(token);
        return tell(0, token) || text.length === tokens ? [] : [{ from: 0, token }];
      },
      results: () => [{ tokens: text }],
    };
  });

/** A model trained on Moby-Dick goes on by the student's functions, and by the library's. */
export const use = defineUse<Student>(async (student, { quick, seed, progress }) => {
  const { model, tokenizer } = await readyModel("moby-small");
  const tokens = quick ? 8 : 60;
  const texts: { mine: string; library: string; left: readonly number[] }[] = [];
  for (const [i, settings] of SETTINGS.entries()) {
    const left: number[] = [];
    const options = { tokens, seed, ...settings };
    const mine = await generate(model, tokenizer, PROMPT, { ...options, strategy: strategyOf(student, left) });
    texts.push({ mine, library: await generate(model, tokenizer, PROMPT, options), left });
    progress(i + 1, SETTINGS.length);
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const same = texts.filter(({ mine, library }) => mine === library).length;

  return {
    says(language) {
      const number = numbersIn(language);
      const [wide, , narrow] = texts.map(({ left }) => number(mean(left), 0));
      return words[language].says(number(same), number(texts.length), wide, narrow);
    },
    figures(language) {
      const w = words[language];
      const number = numbersIn(language);
      return [
        tableOf({
          id: "texts",
          ...w.table,
          columns: w.columns,
          rows: texts.map(({ mine, library }, i) => [
            SETTINGS[i].topP,
            SETTINGS[i].temperature,
            mine,
            mine === library ? w.same : w.other(library),
          ]),
        }),
        lines({
          id: "left",
          ...w.sizes,
          x: { label: w.token },
          y: { label: w.left, log: true },
          series: texts.map(({ left }, i) => ({
            name: w.setting(number(SETTINGS[i].topP), number(SETTINGS[i].temperature)),
            points: left.map((count, at) => [at + 1, count] as const),
          })),
        }),
      ];
    },
  };
});
