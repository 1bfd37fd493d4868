import type * as PlotModule from "@observablehq/plot";
import type { NumberFormat } from "../language.ts";
import { COLOURS } from "../style.ts";

/** Where figures are drawn: Observable Plot, a document without a browser, and how numbers are written. */
export interface Canvas {
  readonly Plot: typeof PlotModule;
  readonly document: Document;
  readonly number: NumberFormat;
}

/** Loads what draws: a fifth of a second, which no other command has to pay. */
export async function openCanvas(number: NumberFormat): Promise<Canvas> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return { Plot, document: document as unknown as Document, number };
}

/** The widths that figures are drawn for: a page with room, and a phone. */
export const WIDTHS = { wide: 640, narrow: 320 } as const;

export const FONT_SIZE = 12;
/** About how wide a text is at that size. */
export const textWidth = (text: string) => [...text].length * 7.2;

/** The colour of the series or group of a number, and its dashes: they differ in print too. */
export const seriesColour = (index: number) => `var(--series-${index % COLOURS})`;
export const DASHES = [undefined, "7 3", "2 3", "9 3 2 3", "4 2", "12 4"] as const;

const SVG = "http://www.w3.org/2000/svg";

export function element(
  { document }: Canvas,
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content?: string,
): Element {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, String(value));
  if (content !== undefined) made.textContent = content;
  return made;
}

/** An empty picture. */
export function picture(canvas: Canvas, width: number, height: number): Element {
  return element(canvas, "svg", {
    ...{ xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height },
    ...{ fill: "currentColor", "font-size": FONT_SIZE, "font-family": "system-ui, sans-serif" },
  });
}

/** What Plot draws, without the style sheet that it brings: the page has its own. */
export function plot(canvas: Canvas, options: PlotModule.PlotOptions): Element {
  const svg = canvas.Plot.plot({ document: canvas.document, style: { overflow: "visible" }, ...options });
  for (const style of svg.querySelectorAll("style")) style.remove();
  svg.removeAttribute("class");
  svg.setAttribute("font-size", String(FONT_SIZE));
  return svg;
}

/** Puts one picture into another. */
export function place(outer: Element, inner: Element, x: number, y: number): void {
  inner.setAttribute("x", String(x));
  inner.setAttribute("y", String(y));
  outer.appendChild(inner);
}

/** A text in lines of so many points. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export interface Key {
  readonly name: string;
  readonly colour: string;
  readonly dash?: string;
  readonly shape: "line" | "square";
}

export const LINE_HEIGHT = 17;

/** What colours and dashes mean, in rows; gives its height. */
export function legend(canvas: Canvas, svg: Element, keys: readonly Key[], width: number, top = 0): number {
  let [x, y] = [0, top];
  for (const { name, colour, dash, shape } of keys) {
    const taken = 28 + textWidth(name) + 14;
    if (x > 0 && x + taken > width) [x, y] = [0, y + LINE_HEIGHT];
    const mark =
      shape === "line"
        ? element(canvas, "line", {
            ...{
              x1: x,
              x2: x + 22,
              y1: y + 8,
              y2: y + 8,
              stroke: colour,
              "stroke-width": 2.5,
              "stroke-dasharray": dash,
            },
          })
        : element(canvas, "rect", { x: x + 6, y: y + 2, width: 12, height: 12, fill: colour });
    svg.appendChild(mark);
    svg.appendChild(element(canvas, "text", { x: x + 28, y: y + 12 }, name));
    x += taken;
  }
  return keys.length === 0 ? 0 : y - top + LINE_HEIGHT + 6;
}

/** Lines of text, from a top on; gives their height. */
export function texts(
  canvas: Canvas,
  svg: Element,
  lines: readonly string[],
  {
    x,
    y,
    anchor = "start",
    strong = false,
  }: { x: number; y: number; anchor?: "start" | "middle" | "end"; strong?: boolean },
): number {
  for (const [i, line] of lines.entries()) {
    const attributes = { x, y: y + 12 + i * LINE_HEIGHT, "text-anchor": anchor };
    svg.appendChild(element(canvas, "text", { ...attributes, "font-weight": strong ? 600 : undefined }, line));
  }
  return lines.length * LINE_HEIGHT;
}
