import { generateScored } from "@lectern/train";
import { ownStrategy } from "../../../scripts/src/course/strategy.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { readyModel } from "../../../scripts/src/lecture/readyModel.ts";
import { bars, tableOf } from "../../../scripts/src/report/figures.ts";
import { inLanguages, numbersIn } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

const PROMPTS = ["The whale", "Call me", "The old man said"];
const BEAMS = 4;

const words = inLanguages({
  en: {
    says: (mine: string, greedy: string, library: string) =>
      `A token of your texts has the log probability ${mine} on average; ${greedy} by greedy choice, ${library} by the library's beam search.`,
    table: {
      title: "Moby-Dick, continued by your search",
      caption: `With ${BEAMS} beams; the score is the mean log probability of a token: the higher, the likelier the text.`,
      alt: "A table: the way of choosing, the text, its score.",
    },
    columns: ["chosen by", "text", "score"],
    bars: {
      title: "How likely the texts are",
      caption: "The mean log probability of a token, for each prompt.",
      alt: "Bars for each prompt and each way of choosing.",
    },
    score: "score",
    names: { mine: "your beam search", greedy: "greedy choice", library: "the library's beam search" },
  },
  ru: {
    says: (mine: string, greedy: string, library: string) =>
      `Средний логарифм вероятности токена в ваших текстах ${mine}; при жадном выборе ${greedy}, при библиотечном лучевом поиске ${library}.`,
    table: {
      title: "«Моби Дик», продолженный вашим поиском",
      caption: `Лучей ${BEAMS}; счёт — средний логарифм вероятности токена: чем он больше, тем вероятнее текст.`,
      alt: "Таблица: как выбирали, текст, счёт.",
    },
    columns: ["как выбирали", "текст", "счёт"],
    bars: {
      title: "Насколько вероятны тексты",
      caption: "Средний логарифм вероятности токена для каждого начала.",
      alt: "Столбцы для каждого начала и каждого способа выбора.",
    },
    score: "счёт",
    names: { mine: "ваш лучевой поиск", greedy: "жадный выбор", library: "библиотечный лучевой поиск" },
  },
});

function logSoftmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b));
  const total = Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return values.map((value) => value - largest - total);
}

/** The student's class as a strategy. */
const strategyOf = ({ BeamSearch }: Student): string =>
  ownStrategy((_prompt, { tokens, beams = BEAMS, lengthPenalty = 1, samples }) => {
    const search = new BeamSearch({ beams, tokens, end: -1, lengthPenalty });
    return {
      grow(logits) {
        const growth = search.grow(logits.map(logSoftmax));
        const wrong = growth.find(({ from }) => logits[from] === undefined);
        if (wrong === undefined) return growth;
        throw new Error(`grow: no row ${wrong.from} to go on from: there are ${logits.length}`);
      },
      results: () => search.results().slice(0, samples),
    };
  });

/** A model trained on Moby-Dick goes on by the student's search, greedily, and by the library's. */
export const use = defineUse<Student>(async (student, { quick, progress }) => {
  const { model, tokenizer } = await readyModel("moby-small");
  const strategies = { mine: strategyOf(student), greedy: "greedy", library: "beam" } as const;
  const kinds = ["mine", "greedy", "library"] as const;
  const tokens = quick ? 6 : 24;
  const texts: { prompt: string; kind: (typeof kinds)[number]; text: string; score: number }[] = [];
  for (const prompt of PROMPTS) {
    for (const kind of kinds) {
      const begun = tokenizer.encode(prompt);
      const options = { tokens, strategy: strategies[kind], beams: BEAMS, lengthPenalty: 1 };
      const [[found]] = await generateScored(model, [begun], options);
      // Greedy choice gives the sum, beam search the mean.
      const score = (found.score ?? Number.NaN) / (kind === "greedy" ? tokens : 1);
      texts.push({ prompt, kind, score, text: tokenizer.decode([...begun, ...found.tokens]) });
      progress(texts.length, PROMPTS.length * kinds.length);
    }
  }
  const mean = (wanted: string) => {
    const scores = texts.filter(({ kind }) => kind === wanted).map(({ score }) => score);
    return scores.reduce((a, b) => a + b, 0) / scores.length;
  };

  return {
    says(language) {
      const [mine, greedy, library] = kinds.map((kind) => numbersIn(language)(mean(kind), 3));
      return words[language].says(mine, greedy, library);
    },
    figures(language) {
      const w = words[language];
      const number = numbersIn(language);
      return [
        tableOf({
          id: "texts",
          ...w.table,
          columns: w.columns,
          rows: texts.map(({ kind, text, score }) => [w.names[kind], text, number(score, 3)]),
        }),
        bars({
          id: "scores",
          ...w.bars,
          value: { label: w.score },
          decimals: 3,
          bars: texts.map(({ prompt, kind, score }) => ({ label: prompt, value: score, group: w.names[kind] })),
        }),
      ];
    },
  };
});
