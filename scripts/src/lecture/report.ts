import { basename } from "node:path";
import { runCommand } from "../output.ts";
import { type Canvas, WIDTHS } from "../report/draw/canvas.ts";
import { svgFileOf } from "../report/draw/index.ts";
import type { Figure } from "../report/figures.ts";
import { type Html, html, prose } from "../report/html.ts";
import type { Language, NumberFormat } from "../report/language.ts";
import { cells, codeBlock, figureSection, page } from "../report/page.ts";
import { words } from "../report/words.ts";
import { type ClaimText, settingsOf } from "./experiment.ts";
import { regionOf, sourceOf } from "./regions.ts";
import type { Found } from "./registry.ts";
import type { ClaimResult, Results } from "./runExperiment.ts";

/** An experiment's results, told in one language. */
export interface Told {
  readonly found: Found;
  readonly results: Results;
  readonly language: Language;
  readonly canvas: Canvas;
}

export function figuresOf({ found: { experiment }, results, language, canvas: { number } }: Told): readonly Figure[] {
  return experiment.figures({ data: results.data, t: experiment.texts[language], number, language });
}

/** `report.html`: what the lecture says, what was measured, the claims, figures with the code that made them. */
export function reportPage(told: Told): string {
  const { found, results, language, canvas } = told;
  const t = found.experiment.texts[language];
  const w = words[language];
  const { file: path, text: source } = sourceOf(found.file);
  const file = shownPath(path);
  const regions = new Set<string>();
  const code = ({ code: region }: Figure) => {
    if (region === undefined || regions.has(region)) return undefined;
    regions.add(region);
    return { file, text: regionOf(source, region) };
  };
  const body = [
    html`<nav><a href="../index.html">${w.allReports}</a></nav>
<h1>${t.title}</h1>
<blockquote><p><b>${w.lecture}:</b> ${prose(t.lecture)}</p></blockquote>
<p>${prose(t.shows)}</p>
<h2>${w.claims}</h2>
<ul class="claims">${results.claims.map((claim) => claimItem(claim, t.claims[claim.id], told))}</ul>`,
    ...figuresOf(told).map((figure) => figureSection(canvas, figure, language, code(figure))),
    html`<h2>${w.change}</h2><p>${prose(t.change)}</p>
${source.includes("// #region settings") && codeBlock({ file, text: regionOf(source, "settings") }, language)}
<h2>${w.again}</h2><pre><code>${againCommand(told)}</code></pre>
<footer><h2>${w.made}</h2>${madeTable(told)}</footer>`,
  ];
  return page({ title: t.title, language, body });
}

/** A claim's comparisons: `largest distance from one: 3·10⁻⁸ ≤ 10⁻⁶ (allowed)`, behind the place where they have one. */
export function inNumbers(
  { comparisons }: ClaimResult,
  { compares, at: places = {} }: ClaimText,
  language: Language,
  number: NumberFormat,
): string[] {
  return comparisons.map(({ left, relation, right, at }, i) => {
    const [first] = compares;
    const [leftName, rightName] = typeof first === "string" ? compares : (compares[i] ?? first);
    const place = typeof at === "number" ? number(at) : at && (places[at] ?? at);
    // A place with a name of its own says what it is.
    const before =
      place === undefined ? "" : `${places[String(at)] === undefined ? `${words[language].at} ` : ""}${place}, `;
    return `${before}${leftName}: ${number(left)} ${relation} ${number(right)} (${rightName})`;
  });
}

function claimItem(claim: ClaimResult, text: ClaimText, { language, canvas: { number } }: Told): Html {
  const w = words[language];
  const [kind, verdict] = claim.holds ? ["holds", w.holds] : ["fails", w.fails];
  const numbers = inNumbers(claim, text, language, number).map((one) => html`<span class="numbers">${one}</span>`);
  return html`<li class="${kind}"><span class="verdict">${verdict}:</span> ${prose(text.says)}${numbers}</li>`;
}

/** A file as it is told: by its place in the repository, or by its name. */
export const shownPath = (file: string) =>
  /(?:scripts[\\/]lecture|experiments)[\\/][^\\/]+$/.exec(file)?.[0].replaceAll("\\", "/") ?? basename(file);

function againCommand({ found: { experiment, file }, results, language }: Told): string {
  const path = shownPath(file);
  const ofTheLecture = path.replace(/\.[jt]s$/, "") === `scripts/lecture/${experiment.id}`;
  const { size, seed } = results;
  const own = settingsOf(experiment, size) as Readonly<Record<string, unknown>>;
  const changed = Object.entries(results.settings).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(own[name]),
  );
  const set = changed
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join();
  return runCommand([
    ...["lecture", "run", ofTheLecture ? experiment.id : path],
    ...(size === "full" ? [] : ["--quick"]),
    ...(set === "" ? [] : ["--set", set]),
    ...(seed === 0 ? [] : ["--seed", `${seed}`]),
    ...(language === "en" ? [] : ["--lang", language]),
  ]);
}

function madeTable({ results, language, canvas }: Told): Html {
  const w = words[language];
  const { size, seed, device, seconds, versions, processor, date, settings } = results;
  const rows = [
    [
      w.settings,
      `${w.size[size]}: ${Object.entries(settings)
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
        .join(", ")}`,
    ],
    [w.seed, String(seed)],
    [w.time, `${canvas.number(seconds, seconds < 10 ? 1 : 0)} ${w.seconds}`],
    [w.device, `${device}, ${processor}`],
    [w.versions, `Lectern ${versions.lectern}, Node ${versions.node}`],
    [
      w.date,
      new Date(date).toLocaleString(language === "ru" ? "ru-RU" : "en-GB", { dateStyle: "long", timeStyle: "short" }),
    ],
  ];
  return cells(canvas, { columns: ["", ""], rows });
}

/** The pictures by the names of their files. */
export function pictures(told: Told): Map<string, string> {
  const files = figuresOf(told).flatMap((figure): [string, string][] => {
    const svg = svgFileOf(told.canvas, figure, WIDTHS.wide);
    return svg === undefined ? [] : [[`figure-${figure.id}.svg`, svg]];
  });
  return new Map(files);
}

/** What the index tells of an experiment. */
export interface Listed {
  readonly id: string;
  readonly title: string;
  readonly lecture: string;
  /** Of the last run in this folder, where there was one. */
  readonly claims?: readonly ClaimResult[];
}

/** `index.html`: every experiment in the lecture's order, and what came of it. */
export function indexPage(listed: readonly Listed[], language: Language): string {
  const w = words[language];
  const state = ({ claims }: Listed) => {
    if (claims === undefined) return html`<span class="numbers">${w.notRun}</span>`;
    const good = claims.filter(({ holds }) => holds).length;
    const all = good === claims.length;
    return html`<span class="numbers"><span class="verdict">${all ? w.holds : w.fails}</span> (${good} / ${claims.length})</span>`;
  };
  const items = listed.map((entry) => {
    const { id, title, lecture, claims } = entry;
    const good = claims?.every(({ holds }) => holds);
    const name = claims === undefined ? html`<b>${title}</b>` : html`<a href="${id}/report.html"><b>${title}</b></a>`;
    return html`<li class="${good && "holds"}">${name} <code>${id}</code><br>${prose(lecture)}${state(entry)}</li>`;
  });
  const body = [
    html`<h1>${w.index}</h1><p>${w.indexIntro}</p><ul class="claims">${items}</ul>
<pre><code>${runCommand(["lecture", "run", "all", "--quick", ...(language === "en" ? [] : ["--lang", language])])}</code></pre>`,
  ];
  return page({ title: w.index, language, body });
}
