import type { Figure } from "../report/figures.ts";
import { words } from "../report/words.ts";
import { figuresOf, inNumbers, type Told } from "./report.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";

/** A curve in one line of text, averaged into at most so many characters: `▁▂▅█` from the lowest to the highest number of `among`. */
export function sparkline(values: readonly number[], among = values, most = 40): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return "";
  const size = Math.min(most, finite.length);
  const parts = Array.from({ length: size }, (_, i) => {
    const part = finite.slice(Math.floor((i * finite.length) / size), Math.floor(((i + 1) * finite.length) / size));
    return part.reduce((a, b) => a + b, 0) / part.length;
  });
  const all = among.filter(Number.isFinite);
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  return parts.map((value) => BLOCKS[Math.min(7, Math.floor((8 * (value - low)) / (high - low || 1)))]).join("");
}

/** An experiment's results for a terminal: the claims with both numbers, and curves where there are some. */
export function terminalText(told: Told): string {
  const { found, results, language, canvas } = told;
  const { number } = canvas;
  const t = found.experiment.texts[language];
  const w = words[language];
  const claims = results.claims.flatMap(({ id, holds, comparisons }) => {
    const { says, compares } = t.claims[id];
    const lines = comparisons.map((one) => `      ${inNumbers(one, compares, language, number)}`);
    return [`  ${holds ? w.holds : w.fails}: ${says}`, ...lines];
  });
  return [t.title, ...figuresOf(told).flatMap((figure) => curves(figure, number)), ...claims].join("\n");
}

function curves(figure: Figure, number: Told["canvas"]["number"]): string[] {
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
