import type { Figure } from "./figures.ts";
import type { Words } from "./words.ts";

/** What a figure shows, as rows of numbers and texts. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** The numbers behind a figure: for those who cannot see it, and those who want them exactly. */
export function numbersOf(figure: Figure, words: Words): Table | undefined {
  switch (figure.kind) {
    case "line":
      return linesTable(figure.series, figure.x.label, words);
    case "bar":
      return barsTable(figure.bars, figure.value.label, words);
    case "heat":
      return heatTable(figure);
    case "scatter":
      return {
        columns: [words.label, words.group, figure.x.label, figure.y.label],
        rows: figure.dots.map(({ label = "", group = "", x, y }) => [label, group, x, y]),
      };
    case "images":
      return {
        columns: [words.image, words.smallest, words.mean, words.greatest],
        rows: figure.images.map(({ label = "", pixels }) => [label, ...summaryOf(pixels.flat())]),
      };
    case "tree":
      return {
        columns: [words.node, words.parent, words.note],
        rows: figure.nodes.map(({ label, parent, note = "" }) => [
          label,
          figure.nodes.find(({ id }) => id === parent)?.label ?? "",
          note,
        ]),
      };
    case "tokens":
      return {
        columns: [words.token, words.weight],
        rows: figure.lines.flatMap(({ tokens }) => tokens.map(({ text, weight }) => [text, weight])),
      };
    case "table":
      return undefined;
  }
}

type SeriesOf = Extract<Figure, { kind: "line" }>["series"];

/** A column for each series where they have the same places; otherwise a row for each point. */
function linesTable(series: SeriesOf, x: string, words: Words): Table {
  const places = series.map(({ points }) => points.map(([at]) => at).join());
  const banded = series.some(({ band }) => band !== undefined);
  if (series.length > 0 && !banded && places.every((place) => place === places[0])) {
    return {
      columns: [x, ...series.map(({ name }) => name)],
      rows: series[0].points.map(([at], i) => [at, ...series.map(({ points }) => points[i][1])]),
    };
  }
  return {
    columns: [words.series, x, words.value, ...(banded ? [words.low, words.high] : [])],
    rows: series.flatMap(({ name, points, band }) =>
      points.map(([at, value], i) => [name, at, value, ...(banded ? (band?.[i]?.slice(1) ?? ["", ""]) : [])]),
    ),
  };
}

type BarsOf = Extract<Figure, { kind: "bar" }>["bars"];

function barsTable(bars: BarsOf, value: string, words: Words): Table {
  const grouped = bars.some(({ group }) => group !== undefined);
  const spread = bars.some(({ low }) => low !== undefined);
  return {
    columns: [words.label, ...(grouped ? [words.group] : []), value, ...(spread ? [words.low, words.high] : [])],
    rows: bars.map(({ label, group = "", value: height, low = "", high = "" }) => [
      label,
      ...(grouped ? [group] : []),
      height,
      ...(spread ? [low, high] : []),
    ]),
  };
}

function heatTable({ panels, rows, columns, rowLabel }: Extract<Figure, { kind: "heat" }>): Table {
  return {
    columns: [rowLabel, ...columns],
    rows: panels.flatMap(({ title, values, rows: own = rows }) => [
      ...(title === undefined ? [] : [[title]]),
      ...values.map((row, i) => [own[i], ...row]),
    ]),
  };
}

function summaryOf(values: readonly number[]): [number, number, number] {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return [low, values.reduce((a, b) => a + b, 0) / values.length, high];
}
