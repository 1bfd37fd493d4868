import type { Canvas } from "../report/draw/canvas.ts";
import { html, prose } from "../report/html.ts";
import type { Language } from "../report/language.ts";
import { cells, codeBlock, figureSection, page } from "../report/page.ts";
import { version } from "../version.ts";
import type { FoundTask } from "./registry.ts";
import type { Used } from "./use.ts";
import { courseWords } from "./words.ts";

/** What a page tells of a training with a student's file. */
export interface RunTold {
  readonly found: FoundTask;
  readonly used: Used;
  readonly language: Language;
  readonly canvas: Canvas;
  /** The student's file, and what stands in it. */
  readonly file: string;
  readonly source: string;
  readonly quick: boolean;
  readonly seed: number;
  readonly seconds: number;
}

/** `report.html` of a task: what came of training with it, the figures, and the student's code. */
export function runPage({ found, used, language, canvas, file, source, quick, seed, seconds }: RunTold): string {
  const w = courseWords[language];
  const title = found.title[language];
  const rows = [
    [w.seed, String(seed)],
    [w.time, `${canvas.number(seconds, 1)} ${w.seconds}${quick ? ` (${w.quick})` : ""}`],
    ["Lectern", `${version}, Node ${process.versions.node}`],
  ];
  const body = [
    html`<h1>${title}</h1><p>${prose(used.says(language))}</p>`,
    ...used.figures(language).map((figure) => figureSection(canvas, figure, language)),
    html`<h2>${w.yourFile}</h2>${codeBlock({ file, text: source.trimEnd() }, language)}
<footer><h2>${w.made}</h2>${cells(canvas, { columns: ["", ""], rows })}</footer>`,
  ];
  return page({ title, language, body });
}
