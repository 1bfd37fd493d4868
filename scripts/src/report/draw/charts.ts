import type { Markish, ScaleOptions } from "@observablehq/plot";
import type { Axis, BarFigure, LineFigure, ScatterFigure } from "../figures.ts";
import {
  type Canvas,
  DASHES,
  type Key,
  LINE_HEIGHT,
  legend,
  picture,
  place,
  plot,
  seriesColour,
  texts,
  textWidth,
  wrapped,
} from "./canvas.ts";

/** The dashes of what curves are compared with. */
const BASELINES = ["3 3", "10 4", "1 4", "10 3 2 3"] as const;

const LEFT = 52;
const RIGHT = 16;

/** From the least to the greatest of the numbers that can be shown. */
function extent(values: readonly number[], { from, to, log }: Axis): [number, number] {
  const shown = values.filter((value) => Number.isFinite(value) && !(log && value <= 0));
  const low = from ?? Math.min(...shown);
  const high = to ?? Math.max(...shown);
  if (!(low <= high)) return log ? [1, 10] : [0, 1];
  if (low < high) return [low, high];
  return log ? [low / 2, low * 2] : [low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2];
}

/** Where a logarithmic axis has its marks: at powers of ten, and between them where there are few. */
function logTicks([low, high]: readonly [number, number], most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const inside = (ticks: readonly number[]) => ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const every = Math.ceil(inside(powers.map((power) => 10 ** power)).length / most);
  const tens = inside(powers.filter((power) => power % every === 0).map((power) => Number(`1e${power}`)));
  if (tens.length >= 2) return tens;
  const finer = inside(powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))));
  return finer.length >= 2 ? finer : [low, high].map((value) => Number(value.toPrecision(2)));
}

function scale(values: readonly number[], axis: Axis): ScaleOptions & { domain: [number, number] } {
  const domain = extent(values, axis);
  return { type: axis.log ? "log" : "linear", domain, nice: !axis.log && axis.from === undefined, label: null };
}

interface Framed {
  readonly x: Axis;
  readonly y: Axis;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly keys: readonly Key[];
  readonly marks: readonly Markish[];
  /** Room for what sticks out at the top. */
  readonly above?: number;
}

/** Marks in a frame with two axes, their labels, and a legend. */
function framed(canvas: Canvas, width: number, { x, y, xs, ys, keys, marks, above = 8 }: Framed): Element {
  const { Plot, number } = canvas;
  const height = width > 400 ? 300 : 240;
  const [xScale, yScale] = [scale(xs, x), scale(ys, y)];
  const places = [...new Set(xs)].sort((a, b) => a - b);
  const fewPlaces = places.length <= (width > 400 ? 12 : 6);
  const xTicks = x.log ? (fewPlaces ? places : logTicks(xScale.domain, 6)) : undefined;
  // Few whole numbers are marked as they are.
  const [low, high] = xScale.domain;
  const whole = new Set(xs).size <= 12 && xs.every(Number.isInteger) ? Math.ceil(high - low) : undefined;
  // A mark at the right end is written half beyond it.
  const right = Math.max(RIGHT, ...xs.filter(Number.isFinite).map((v) => textWidth(number(v)) / 2));
  const chart = plot(canvas, {
    ...{ width, height, marginLeft: LEFT, marginRight: right, marginTop: above, marginBottom: 24 },
    x: xScale,
    y: yScale,
    marks: [
      Plot.gridY({ ticks: y.log ? logTicks(yScale.domain, 6) : 5, stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.axisX({
        ticks: xTicks ?? Math.min(width > 400 ? 8 : 5, whole ?? 8),
        text: (v: number) => number(v),
        label: null,
      }),
      Plot.axisY({
        ticks: y.log ? logTicks(yScale.domain, 6) : 5,
        text: (v: number) => number(v),
        label: null,
      }),
      ...marks,
    ],
  });
  const [yLabel, xLabel] = [wrapped(y.label, width), wrapped(x.label, width)];
  const svg = picture(canvas, width, 0);
  const top = legend(canvas, svg, keys, width);
  const labelled = top + texts(canvas, svg, yLabel, { x: 0, y: top });
  place(svg, chart, 0, labelled);
  const bottom = labelled + height;
  return tall(svg, width, bottom + texts(canvas, svg, xLabel, { x: width - right, y: bottom, anchor: "end" }) + 4);
}

/** A picture that is as high as what was put into it. */
export function tall(svg: Element, width: number, height: number): Element {
  svg.setAttribute("viewBox", `0 0 ${width} ${Math.ceil(height)}`);
  svg.setAttribute("height", String(Math.ceil(height)));
  return svg;
}

export function drawLines(canvas: Canvas, { x, y, series }: LineFigure, width: number): Element {
  const { Plot } = canvas;
  const shown = (value: readonly number[]) =>
    value.every(Number.isFinite) && !(y.log && value.slice(1).some((v) => v <= 0));
  const dashed = series.filter((one) => one.dashed);
  const keys = series.map((one, i): Key => {
    const { name } = one;
    if (!one.dashed) return { name, colour: seriesColour(i), dash: DASHES[i % DASHES.length], shape: "line" };
    return { name, colour: "var(--muted)", dash: BASELINES[dashed.indexOf(one) % BASELINES.length], shape: "line" };
  });
  const marks = series.flatMap(({ points, band = [] }, i): Markish[] => {
    const { colour, dash } = keys[i];
    const here = points.filter(shown);
    return [
      Plot.areaY(band.filter(shown), { x: "0", y1: "1", y2: "2", fill: colour, fillOpacity: 0.15 }),
      Plot.line(here, { x: "0", y: "1", stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
      Plot.dot(here.length <= 24 ? here : [], { x: "0", y: "1", r: 2.5, fill: colour }),
    ];
  });
  return framed(canvas, width, {
    ...{ x, y, keys: keys.length > 1 ? keys : [], marks },
    xs: series.flatMap(({ points }) => points.map(([at]) => at)),
    ys: series.flatMap(({ points, band = [] }) => [
      ...points.map(([, v]) => v),
      ...band.flatMap(([, low, high]) => [low, high]),
    ]),
  });
}

/** A label near an end of the axis reaches away from it. */
function anchorOf(x: number, [low, high]: readonly [number, number]): "start" | "middle" | "end" {
  const share = (x - low) / (high - low);
  return share < 0.15 ? "start" : share > 0.85 ? "end" : "middle";
}

export function drawScatter(canvas: Canvas, { x, y, dots }: ScatterFigure, width: number): Element {
  const { Plot } = canvas;
  const groups = [...new Set(dots.map(({ group }) => group ?? ""))];
  const keys = groups.map((name, i): Key => ({ name, colour: seriesColour(i), shape: "square" }));
  const ends = extent(
    dots.map((dot) => dot.x),
    x,
  );
  const symbols = ["circle", "triangle", "square", "diamond", "cross", "star"] as const;
  const marks = groups.flatMap((name, i): Markish[] => {
    const own = dots.filter(({ group = "" }) => group === name);
    return [
      Plot.dot(own, { x: "x", y: "y", fill: seriesColour(i), symbol: symbols[i % symbols.length], r: 4 }),
      ...(["start", "middle", "end"] as const).map((textAnchor) =>
        Plot.text(
          own.filter((dot) => anchorOf(dot.x, ends) === textAnchor),
          {
            x: "x",
            y: "y",
            text: "label",
            dy: -10,
            textAnchor,
            fill: "currentColor",
            stroke: "var(--paper)",
            strokeWidth: 3,
          },
        ),
      ),
    ];
  });
  return framed(canvas, width, {
    ...{ x, y, keys: keys.length > 1 ? keys : [], marks },
    above: 22,
    ...{ xs: dots.map((dot) => dot.x), ys: dots.map((dot) => dot.y) },
  });
}

export function drawBars(canvas: Canvas, { value, bars, decimals }: BarFigure, width: number): Element {
  const { Plot, number } = canvas;
  const groups = [...new Set(bars.map(({ group }) => group ?? ""))];
  const colour = (group = "") => seriesColour(groups.indexOf(group));
  const labels = [...new Set(bars.map(({ label }) => label))];
  // A label has a row of its own above its bars, so that it may be long.
  const rows = labels.flatMap((label) => [
    ...wrapped(label, width).map((line) => ({ label: line, bar: undefined })),
    ...bars.filter((bar) => bar.label === label).map((bar) => ({ label, bar })),
  ]);
  const placed = rows.flatMap(({ bar }, row) =>
    bar === undefined ? [] : [{ ...bar, row, text: number(bar.value, decimals) }],
  );
  const ends = bars.flatMap(({ value: v, low = v, high = v }) => [v, low, high]);
  const room = Math.max(...placed.map(({ text }) => textWidth(text))) + 12;
  const [low, high] = extent(value.log ? ends : [...ends, 0], value);
  const start = value.log ? low / 1.5 : Math.min(0, low);
  const height = rows.length * 20 + 8;
  const chart = plot(canvas, {
    ...{ width, height, marginLeft: 2, marginRight: room, marginTop: 4, marginBottom: 4 },
    x: { type: value.log ? "log" : "linear", domain: [start, high], axis: null },
    y: { type: "band", domain: rows.map((_, row) => row), axis: null, padding: 0.12 },
    marks: [
      Plot.barX(placed, {
        x1: () => Math.max(start, value.log ? start : 0),
        x2: "value",
        y: "row",
        fill: (bar) => colour(bar.group),
      }),
      Plot.ruleY(
        placed.filter((bar) => bar.low !== undefined),
        { x1: "low", x2: "high", y: "row", stroke: "currentColor" },
      ),
      Plot.text(placed, {
        x: (bar) => Math.max(bar.value, bar.high ?? bar.value, value.log ? start : 0),
        y: "row",
        text: "text",
        textAnchor: "start",
        dx: 5,
        fill: "currentColor",
      }),
      Plot.text(
        rows.flatMap(({ label, bar }, row) => (bar === undefined ? [{ label, row }] : [])),
        { frameAnchor: "left", y: "row", text: "label", fill: "currentColor", dy: 2 },
      ),
    ],
    color: { type: "identity" },
  });
  const svg = picture(canvas, width, 0);
  const keys = groups.map((name, i): Key => ({ name, colour: seriesColour(i), shape: "square" }));
  const top = keys.length > 1 ? legend(canvas, svg, keys, width) : 0;
  const label = wrapped(value.label, width);
  place(svg, chart, 0, top + texts(canvas, svg, label, { x: 0, y: top }));
  return tall(svg, width, top + label.length * LINE_HEIGHT + height);
}
