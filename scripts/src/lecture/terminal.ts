import type { Figure } from "../report/figures.ts";
import type { NumberFormat } from "../report/language.ts";
import { sparkline } from "../report/sparkline.ts";
import { words } from "../report/words.ts";
import { figuresOf, inNumbers, type Told } from "./report.ts";

/** An experiment's results for a terminal: the claims with both numbers, and curves where there are some. */
export function terminalText(told: Told): string {
  const { found, results, language, canvas } = told;
  const { number } = canvas;
  const t = found.experiment.texts[language];
  const w = words[language];
  const claims = results.claims.flatMap((claim) => {
    const text = t.claims[claim.id];
    const lines = inNumbers(claim, text, language, number).map((line) => `      ${line}`);
    return [`  ${claim.holds ? w.holds : w.fails}: ${text.says}`, ...lines];
  });
  return [t.title, ...figuresOf(told).flatMap((figure) => curves(figure, number)), ...claims].join("\n");
}

/** A figure's curves, a line each: a sparkline, its first number and its last. */
export function curves(figure: Figure, number: NumberFormat): string[] {
  if (figure.kind !== "line") return [];
  const width = Math.max(...figure.series.map(({ name }) => name.length));
  const height = (y: number) => (figure.y.log ? Math.log(y) : y);
  const all = figure.series.flatMap(({ points }) => points.map(([, y]) => height(y)));
  const rows = figure.series.map(({ name, points }) => {
    const values = points.map(([, y]) => y);
    const [first, last] = [values.at(0) ?? Number.NaN, values.at(-1) ?? Number.NaN];
    return `    ${name.padEnd(width)} ${sparkline(values.map(height), all)} ${number(first)} → ${number(last)}`;
  });
  return [`  ${figure.title}`, ...rows];
}
