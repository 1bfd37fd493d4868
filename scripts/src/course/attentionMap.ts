import { type FigureText, type HeatFigure, heatMap, type Panel } from "../report/figures.ts";
import { inLanguages, type Language } from "../report/language.ts";

const words = inLanguages({
  en: { query: "who looks", key: "at whom", head: (number: number) => `head ${number}` },
  ru: { query: "кто смотрит", key: "на кого", head: (number: number) => `голова ${number}` },
});

/** Who attends to whom in a text, of one token a character: weights [time, time] for each panel, several heads beside each other. */
export function attentionMap(
  language: Language,
  text: string,
  weights: readonly (readonly (readonly number[])[])[],
  told: FigureText,
): HeatFigure {
  const { query, key, head } = words[language];
  // A space is seen as what it is.
  const characters = [...text].map((character) => (character === " " ? "␣" : character));
  const panels = weights.map((values, i): Panel => ({ values, title: weights.length > 1 ? head(i + 1) : undefined }));
  return heatMap({
    ...{ ...told, id: "weights", panels, oneScale: true },
    ...{ rows: characters, columns: characters, rowLabel: query, columnLabel: key },
  });
}
