import { noGrad, type Tensor } from "@lectern/autograd";
import { type GPT, normal_, SinusoidalEncoding } from "@lectern/nn";
import { besideUsed, trainLanguageModels } from "../../../scripts/src/course/curves.ts";
import { defineUse } from "../../../scripts/src/course/use.ts";
import { heatMap } from "../../../scripts/src/report/figures.ts";
import { inLanguages } from "../../../scripts/src/report/language.ts";

type Student = typeof import("./starter.ts");

/** The size of the table that is drawn. */
const [TIME, WIDTH] = [24, 32];

/** The library's layer, whose positions are added by the student. */
class Exchanged extends SinusoidalEncoding {
  readonly #addPositions: Student["addPositions"];

  constructor(context: number, width: number, { addPositions }: Student) {
    super(context, width);
    this.#addPositions = addPositions;
  }

  override forward(x: Tensor, start = 0): Tensor {
    return this.#addPositions(x, start);
  }
}

const texts = inLanguages({
  en: {
    title: "Your table of positions",
    caption:
      "A row is a position. The columns on the left are short waves, those on the right so long that they hardly change here.",
    alt: "A matrix of sines and cosines: stripes on the left, areas of one colour on the right.",
    row: "position",
    column: "column",
  },
  ru: {
    title: "Ваша таблица позиций",
    caption: "Строка — позиция. Слева короткие волны, а справа такие длинные, что здесь они почти не меняются.",
    alt: "Матрица синусов и косинусов: слева полосы, справа области одного цвета.",
    row: "позиция",
    column: "столбец",
  },
});

/** A small GPT knows from the student alone where a character stands. */
export const use = defineUse<Student>(async (student, context) => {
  // As large as the waves: beside these, characters as small as a GPT's usually begin would hardly be seen.
  const prepare = ({ tokens }: GPT) => noGrad(() => normal_(tokens.weight));
  const mine = {
    options: { positions: "sinusoidal", tiedHead: false },
    change(model: GPT) {
      prepare(model);
      model.positions = new Exchanged(model.options.context, model.options.width, student);
    },
  } as const;
  const curves = await trainLanguageModels(context, mine, { change: prepare });
  const table = (await student.sinusoids(TIME, WIDTH).array()) as number[][];
  const { says, figures } = besideUsed({ en: "your positions", ru: "вашими позициями" }, curves);
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
  return {
    says,
    figures(language) {
      const { row, column, ...told } = texts[language];
      const axes = { rows: numbers(TIME), columns: numbers(WIDTH), rowLabel: row, columnLabel: column };
      return [...figures(language), heatMap({ ...told, ...axes, id: "positions", panels: [{ values: table }] })];
    },
  };
});
