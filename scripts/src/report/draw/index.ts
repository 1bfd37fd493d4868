import type { Figure } from "../figures.ts";
import { colours } from "../style.ts";
import type { Canvas } from "./canvas.ts";
import { drawBars, drawLines, drawScatter } from "./charts.ts";
import { drawHeat } from "./heat.ts";
import { drawImages } from "./images.ts";
import { drawTree } from "./tree.ts";

/** A figure as SVG, or undefined where it is not a picture (a table, marked texts). */
function drawn(canvas: Canvas, figure: Figure, width: number): Element | undefined {
  switch (figure.kind) {
    case "line":
      return drawLines(canvas, figure, width);
    case "bar":
      return drawBars(canvas, figure, width);
    case "heat":
      return drawHeat(canvas, figure, width);
    case "scatter":
      return drawScatter(canvas, figure, width);
    case "images":
      return drawImages(canvas, figure, width);
    case "tree":
      return drawTree(canvas, figure, width);
    case "table":
    case "tokens":
      return undefined;
  }
}

/** A figure's SVG for a page, which has the colours and says what it shows. */
export function svgOf(canvas: Canvas, figure: Figure, width: number): string | undefined {
  const svg = drawn(canvas, figure, width);
  if (svg === undefined) return undefined;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", figure.alt);
  return svg.outerHTML;
}

/** The same as a file of its own: it brings its colours, light and dark. */
export function svgFileOf(canvas: Canvas, figure: Figure, width: number): string | undefined {
  const svg = svgOf(canvas, figure, width);
  const style = `<style>${colours("svg")} svg { color: var(--ink); background: var(--paper); }</style>`;
  return svg?.replace(/>/, `>${style}`);
}
