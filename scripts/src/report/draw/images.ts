import type { Image, ImagesFigure } from "../figures.ts";
import { type Canvas, element, LINE_HEIGHT, picture, texts, wrapped } from "./canvas.ts";
import { tall } from "./charts.ts";
import { pngOf } from "./png.ts";

/** Ink whose strength is the pixel; with negative pixels, orange above zero and blue below. */
function inked({ pixels }: Image): { href: string; signed: boolean; width: number; height: number } {
  const [height, width] = [pixels.length, pixels[0]?.length ?? 0];
  const values = pixels.flat();
  const [low, high] = [values.reduce((a, b) => Math.min(a, b), 0), values.reduce((a, b) => Math.max(a, b), 0)];
  const signed = low < 0;
  const most = Math.max(-low, high) || 1;
  const rgba = new Uint8Array(values.length * 4);
  for (const [i, value] of values.entries()) {
    const colour = !signed ? [0, 0, 0] : value < 0 ? [60, 120, 216] : [217, 105, 30];
    rgba.set([...colour, Math.round((255 * Math.abs(value)) / most)], i * 4);
  }
  return { href: pngOf(rgba, width, height), signed, width, height };
}

export function drawImages(canvas: Canvas, { images, columns = 8 }: ImagesFigure, width: number): Element {
  const gap = 10;
  const perRow = Math.max(1, Math.min(columns, images.length, Math.floor((width + gap) / (60 + gap))));
  const side = Math.min(140, (width - gap * (perRow - 1)) / perRow);
  const svg = picture(canvas, width, 0);
  let [top, rowHeight] = [0, 0];
  for (const [i, image] of images.entries()) {
    if (i > 0 && i % perRow === 0) [top, rowHeight] = [top + rowHeight + gap, 0];
    const x = (i % perRow) * (side + gap);
    const { href, signed, width: across, height: down } = inked(image);
    const high = (side * down) / across;
    svg.appendChild(
      element(canvas, "rect", { x, y: top, width: side, height: high, fill: "none", stroke: "var(--line)" }),
    );
    svg.appendChild(
      element(canvas, "image", {
        ...{ href, x, y: top, width: side, height: high, preserveAspectRatio: "none" },
        ...{ class: signed ? "signed" : "ink", style: "image-rendering: pixelated" },
      }),
    );
    const label = image.label === undefined ? [] : wrapped(image.label, side);
    texts(canvas, svg, label, { x: x + side / 2, y: top + high, anchor: "middle" });
    rowHeight = Math.max(rowHeight, high + label.length * LINE_HEIGHT);
  }
  return tall(svg, width, top + rowHeight + 4);
}
