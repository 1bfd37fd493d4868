import { type Canvas, WIDTHS } from "./draw/canvas.ts";
import { svgOf } from "./draw/index.ts";
import type { Figure, TokensFigure } from "./figures.ts";
import { Html, html, prose } from "./html.ts";
import type { Language } from "./language.ts";
import { numbersOf, type Table } from "./numbers.ts";
import { STYLE } from "./style.ts";
import { words } from "./words.ts";

/** A page that needs nothing else: no network, no script. */
export function page({ title, language, body }: { title: string; language: Language; body: readonly Html[] }): string {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** Code that is shown: where it comes from, and its lines. */
export interface Code {
  readonly file: string;
  readonly text: string;
}

/** A figure with its caption, its numbers behind a fold, and the code that made it. */
export function figureSection(canvas: Canvas, figure: Figure, language: Language, code?: Code): Html {
  const w = words[language];
  const numbers = numbersOf(figure, w);
  return html`<section class="figure${code && " coded"}${fitsBeside(code) && " short"}" id="${figure.id}">
<h2>${figure.title}</h2>
<div>
<figure>${content(canvas, figure)}
<figcaption>${prose(figure.caption)}</figcaption></figure>
${numbers && html`<details><summary>${w.numbers}</summary>${tableOf(canvas, numbers, language)}</details>`}
</div>
${code && html`<div>${codeBlock(code, language)}</div>`}
</section>`;
}

/** Code with short lines stands beside its figure on a laptop; other code below it, unless the window is wide. */
const fitsBeside = (code: Code | undefined) => code?.text.split("\n").every((line) => line.length <= 62);

function content(canvas: Canvas, figure: Figure): readonly Html[] {
  if (figure.kind === "tokens") return [marked(figure)];
  if (figure.kind === "table") return [cells(canvas, figure)];
  return (["wide", "narrow"] as const).map(
    (name) => html`<div class="picture ${name} scroll">${new Html(svgOf(canvas, figure, WIDTHS[name])!)}</div>`,
  );
}

function marked({ lines, alt }: TokensFigure): Html {
  const shade = (weight: number) =>
    `color-mix(in srgb, var(--heat) ${Math.round(60 * Math.min(1, Math.max(0, weight)))}%, transparent)`;
  return html`<div class="tokens" role="group" aria-label="${alt}">${lines.map(
    ({ label, tokens }) =>
      html`<p>${label && html`<b>${label}</b> `}${tokens.map(
        ({ text, weight }) => html`<span style="background: ${shade(weight)}">${text}</span>`,
      )}</p>`,
  )}</div>`;
}

/** So many rows are in the page; results.json has all. */
const MOST_ROWS = 200;

function tableOf(canvas: Canvas, { columns, rows }: Table, language: Language): Html {
  const { number } = canvas;
  const left = rows.length - MOST_ROWS;
  return html`${cells(canvas, { columns, rows: rows.slice(0, MOST_ROWS) })}
${left > 0 && html`<p class="muted">${words[language].shortened(number(MOST_ROWS), number(rows.length))}</p>`}`;
}

export function cells({ number }: Pick<Canvas, "number">, { columns, rows }: Table): Html {
  const cell = (value: string | number) =>
    typeof value === "number" ? html`<td class="number">${number(value)}</td>` : html`<td>${value}</td>`;
  return html`<div class="scroll"><table><thead><tr>${columns.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`;
}

export function codeBlock({ file, text }: Code, language: Language): Html {
  return html`<p class="muted">${words[language].from(file)}</p><pre><code>${coloured(text)}</code></pre>`;
}

/** TypeScript with its comments, texts and keywords in colours. */
function coloured(text: string): Html[] {
  const parts =
    /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|("(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)|\b(const|let|for|of|in|return|if|else|new|function|async|await|class|extends|readonly|import|export|from|type|throw)\b/g;
  const shown: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(parts)) {
    const [whole, comment, string] = match;
    const kind = comment !== undefined ? "comment" : string !== undefined ? "string" : "keyword";
    shown.push(html`${text.slice(end, match.index)}<span class="${kind}">${whole}</span>`);
    end = match.index + whole.length;
  }
  return [...shown, html`${text.slice(end)}`];
}
