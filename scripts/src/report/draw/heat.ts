import type { HeatFigure, Panel } from "../figures.ts";
import { type Canvas, element, LINE_HEIGHT, picture, place, plot, texts, textWidth, wrapped } from "./canvas.ts";
import { tall } from "./charts.ts";

/** A colour's strength stands for a number: from 0 to the greatest, with another colour below 0. */
interface Scale {
  readonly low: number;
  readonly high: number;
}

function scaleOf(panels: readonly Panel[]): Scale {
  const values = panels.flatMap(({ values }) => values.flat()).filter(Number.isFinite);
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  return { low: values.some((value) => value < 0) ? -most : 0, high: most };
}

const colourOf = (value: number) => (value < 0 ? "var(--cold)" : "var(--heat)");
const strength = (value: number, { high }: Scale) => (Number.isFinite(value) ? Math.min(1, Math.abs(value) / high) : 0);

/** A long axis is labelled here and there. */
const thinned = (labels: readonly string[], most: number): number[] => {
  const every = Math.ceil(labels.length / Math.max(1, most));
  return labels.map((_, i) => i).filter((i) => i % every === 0);
};

/** The room that the rows' labels take. */
const besideRows = (rows: readonly string[]) => Math.max(0, ...rows.map(textWidth)) + 17;

export function drawHeat(canvas: Canvas, figure: HeatFigure, width: number): Element {
  const { panels, oneScale, rows, columns } = figure;
  const least = besideRows(rows) + Math.min(260, Math.max(80, columns.length * 14));
  // Few matrices are shown large, many side by side.
  const side = panels.length > 4 ? least : Math.max(280, least);
  const perRow = Math.min(panels.length, Math.max(1, Math.floor((width + 14) / (side + 14))));
  const gap = 14;
  const room = Math.floor((width - gap * (perRow - 1)) / perRow);
  const common = oneScale ? scaleOf(panels) : undefined;
  const svg = picture(canvas, width, 0);
  let [top, rowHeight] = [0, 0];
  for (const [i, panel] of panels.entries()) {
    if (i > 0 && i % perRow === 0) [top, rowHeight] = [top + rowHeight + gap, 0];
    const drawn = drawPanel(canvas, figure, panel, common ?? scaleOf([panel]), room);
    place(svg, drawn, (i % perRow) * (room + gap), top);
    rowHeight = Math.max(rowHeight, Number(drawn.getAttribute("height")));
  }
  return tall(svg, width, top + rowHeight);
}

function drawPanel(canvas: Canvas, figure: HeatFigure, panel: Panel, scale: Scale, width: number): Element {
  const { Plot, number } = canvas;
  const { title, values, rows = figure.rows, columns = figure.columns } = panel;
  const marginLeft = besideRows(rows);
  const cell = Math.min(56, Math.max(1, (width - marginLeft - 4) / columns.length));
  const widest = Math.max(0, ...columns.map(textWidth));
  const turned = widest > cell - 10;
  const marginTop = turned ? Math.min(110, widest + 10) : 20;
  const decimals = values.flat().every(Number.isInteger) ? 0 : 2;
  const cells = values.flatMap((row, y) => row.map((value, x) => ({ x, y, value, text: number(value, decimals) })));
  const rowCell = Math.max(Math.min(cell, 40), rows.length <= 24 ? 16 : 4);
  const numbered = cells.every(({ text }) => textWidth(text) < cell - 2) && rowCell >= 16;
  const height = marginTop + rowCell * rows.length + 4;
  const chart = plot(canvas, {
    ...{
      width: marginLeft + cell * columns.length + 4,
      height,
      marginLeft,
      marginTop,
      marginRight: 4,
      marginBottom: 4,
    },
    x: { type: "band", domain: columns.map((_, i) => i), padding: cell > 12 ? 0.04 : 0, axis: null },
    y: { type: "band", domain: rows.map((_, i) => i), padding: rowCell > 12 ? 0.04 : 0, axis: null },
    color: { type: "identity" },
    opacity: { type: "identity" },
    marks: [
      Plot.axisX(thinned(columns, turned ? (cell * columns.length) / 14 : columns.length), {
        ...{
          anchor: "top",
          tickSize: 0,
          label: null,
          tickRotate: turned ? -90 : 0,
          tickFormat: (i: number) => columns[i],
        },
      }),
      Plot.axisY(thinned(rows, Math.floor((rowCell * rows.length) / 13)), {
        ...{ anchor: "left", tickSize: 0, label: null, tickFormat: (i: number) => rows[i] },
      }),
      Plot.cell(cells, { x: "x", y: "y", fill: "var(--line)", fillOpacity: 0.35 }),
      Plot.cell(cells, {
        x: "x",
        y: "y",
        fill: (c) => colourOf(c.value),
        fillOpacity: (c) => strength(c.value, scale),
      }),
      Plot.text(numbered ? cells : [], {
        ...{
          x: "x",
          y: "y",
          text: "text",
          fill: (c) => (strength(c.value, scale) > 0.55 ? "var(--paper)" : "currentColor"),
        },
      }),
    ],
  });
  const svg = picture(canvas, width, 0);
  const head = title === undefined ? 0 : texts(canvas, svg, wrapped(title, width), { x: 0, y: 0, strong: true });
  const axes = wrapped(`${figure.rowLabel} ↓   ${figure.columnLabel} →`, width);
  const under = head + texts(canvas, svg, axes, { x: 0, y: head });
  place(svg, chart, 0, under);
  const bottom = under + height;
  return tall(svg, width, bottom + drawScale(canvas, svg, scale, bottom + 4));
}

/** What the colours stand for. */
function drawScale(canvas: Canvas, svg: Element, scale: Scale, top: number): number {
  const { number } = canvas;
  const [from, to] = [number(scale.low), number(scale.high)];
  let x = 0;
  texts(canvas, svg, [from], { x, y: top });
  x += textWidth(from) + 8;
  for (let i = 0; i <= 10; i++) {
    const value = scale.low + ((scale.high - scale.low) * i) / 10;
    const fill = { fill: colourOf(value), "fill-opacity": strength(value, scale) };
    svg.appendChild(element(canvas, "rect", { x: x + i * 8, y: top + 3, width: 8, height: 10, ...fill }));
  }
  texts(canvas, svg, [to], { x: x + 94, y: top });
  return LINE_HEIGHT + 8;
}
