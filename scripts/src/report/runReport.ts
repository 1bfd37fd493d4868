import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Metrics, type OpenedRun, openRun, type RunConfig, RunFolder } from "@lectern/train";
import { taskOf } from "../tasks/index.ts";
import { type Canvas, openCanvas } from "./draw/canvas.ts";
import { type Axis, type Figure, type FigureText, lines, type Series, tableOf } from "./figures.ts";
import { html } from "./html.ts";
import { type Language, type NumberFormat, numbersIn } from "./language.ts";
import { figureSection, page } from "./page.ts";
import { runWords } from "./runWords.ts";
import { sparkline } from "./sparkline.ts";

/** What a run wrote down. */
interface Recorded {
  readonly name: string;
  readonly path: string;
  readonly config: RunConfig;
  readonly steps: readonly Metrics[];
  readonly evaluations: readonly Metrics[];
  /** What the model wrote on the way. */
  readonly samples: readonly { readonly step: number; readonly text: string }[];
}

export interface RunReportOptions {
  readonly language: Language;
  /** The file; `report.html` in the run's folder unless given. */
  readonly file?: string;
  /** The only run, where it is open already. */
  readonly opened?: OpenedRun;
}

export interface RunReport {
  readonly file: string;
  /** Losses as lines of text: a name, a curve, where it began and ended. */
  readonly curves: readonly string[];
}

/**
 * Writes a page about a training, or about several, to compare them: losses, measures, learning rate, gradients and speed over
 * steps, settings; for a single run what its task shows of the model. Errors: a folder has no run.
 */
export async function reportRuns(paths: readonly string[], options: RunReportOptions): Promise<RunReport> {
  const {
    language,
    file = join(paths.length === 1 ? paths[0] : "runs", paths.length === 1 ? "report.html" : "comparison.html"),
  } = options;
  const runs = await Promise.all(paths.map((path) => recorded(path, paths)));
  const number = numbersIn(language);
  const canvas = await openCanvas(number);
  const figures = [
    ...curveFigures(runs, language),
    ...sampleFigures(runs, language),
    ...(await modelFigures(runs, options)),
    settingsFigure(runs, language, number),
  ];
  await writeFile(file, runPage(runs, figures, canvas, language));
  return { file, curves: runs.map((run) => curve(run, number)) };
}

async function recorded(path: string, all: readonly string[]): Promise<Recorded> {
  const folder = new RunFolder(path);
  const [config, metrics] = [await folder.config(), await folder.metrics()];
  const samples = folder.file("samples.jsonl");
  const text = (await samples.exists()) ? await samples.text("samples") : "";
  const same = all.filter((other) => basename(other) === basename(path)).length > 1;
  return {
    ...{ name: same ? path : basename(path), path, config },
    steps: metrics.filter(({ event }) => event === "step"),
    evaluations: metrics.filter(({ event }) => event === "evaluate"),
    samples: lastOfEachStep(
      text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Recorded["samples"][number]),
    ),
  };
}

/** A run that was gone on with may have written some twice. */
const lastOfEachStep = (samples: Recorded["samples"]) => [
  ...new Map(samples.map((sample) => [sample.step, sample])).values(),
];

/** What the run's task shows of its model: for one run alone, as it needs the weights. */
async function modelFigures(
  runs: readonly Recorded[],
  { language, opened }: RunReportOptions,
): Promise<readonly Figure[]> {
  if (runs.length > 1) return [];
  const run = opened ?? (await openRun(runs[0].path));
  return (await (await taskOf(run)).pictures?.(run, language)) ?? [];
}

// --- figures --------------------------------------------------------------------------------------

function curveFigures(runs: readonly Recorded[], language: Language): Figure[] {
  const t = runWords[language];
  const x = { label: t.step, from: 0 };
  const named = (run: Recorded, name: string) => (runs.length === 1 ? name : `${run.name}, ${name}`);
  const losses = runs.flatMap((run): Series[] => [
    { name: named(run, t.training), points: averaged(run.steps, "loss") },
    { name: named(run, t.validation), points: pointsOf(run.evaluations, "loss") },
  ]);
  const measures = new Set(runs.flatMap(({ evaluations }) => evaluations.flatMap((line) => measuresOf(line))));
  const speed = Object.keys(runs[0].steps[0] ?? {}).find((name) => name.endsWith("PerSecond")) ?? "";
  const over = (id: string, text: FigureText, y: Axis, points: (run: Recorded) => Series["points"]) =>
    lines({ ...text, id, x, y, series: runs.map((run) => ({ name: run.name, points: points(run) })) });
  return [
    lines({
      ...t.loss,
      id: "loss",
      x,
      y: { label: t.loss.label },
      series: losses.filter(({ points }) => points.length > 0),
    }),
    ...[...measures].map((name) => {
      const shown = t.measures[name as keyof typeof t.measures];
      // The measures that have a name here are shares.
      const y = shown === undefined ? { label: name } : { label: shown, from: 0, to: 1 };
      return over(`measure-${name}`, t.measure(shown ?? name), y, ({ evaluations }) => pointsOf(evaluations, name));
    }),
    over("lr", t.lr, t.lr, ({ steps }) => averaged(steps, "lr")),
    over("gradient", t.gradient, t.gradient, ({ steps }) => averaged(steps, "gradNorm")),
    over("speed", t.speed, { label: t.perSecond(speed.replace("PerSecond", "")) }, ({ steps }) =>
      averaged(steps, speed),
    ),
  ].filter(({ series }) => series.some(({ points }) => points.length > 0));
}

/** So many samples are shown of a run. */
const MOST_SAMPLES = 8;

function sampleFigures(runs: readonly Recorded[], language: Language): Figure[] {
  const t = runWords[language];
  const written = runs.filter(({ samples }) => samples.length > 0);
  return written.map(({ name, samples }) => {
    const title = runs.length === 1 ? t.samples.title : `${t.samples.title}: ${name}`;
    const rows = picked(samples, MOST_SAMPLES).map(({ step, text }) => [step, text]);
    return tableOf({ ...t.samples, title, id: `samples-${name}`, columns: [t.step, t.sample], rows });
  });
}

function settingsFigure(runs: readonly Recorded[], language: Language, number: NumberFormat): Figure {
  const columns = ["", ...runs.map(({ name }) => name)];
  return tableOf({ ...runWords[language].settings, id: "settings", columns, rows: settingsRows(runs, number) });
}

const measuresOf = (line: Metrics) =>
  Object.entries(line).flatMap(([name, value]) =>
    typeof value === "number" && !["step", "loss", "count"].includes(name) ? [name] : [],
  );

function pointsOf(lines: readonly Metrics[], name: string): [number, number][] {
  return lines.flatMap((line): [number, number][] => {
    const value = line[name];
    return typeof value === "number" ? [[line.step, value]] : [];
  });
}

/** So many points are drawn of a training, each a mean of steps that follow each other. */
const MOST_POINTS = 160;

function averaged(lines: readonly Metrics[], name: string): [number, number][] {
  const points = pointsOf(lines, name);
  const size = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / size) || 0 }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    const mean = part.reduce((sum, [, value]) => sum + value, 0) / part.length;
    return [part[part.length - 1][0], mean];
  });
}

/** Some of a list, the first and the last among them, evenly apart. */
function picked<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))]);
}

/** What the runs were made with; where there are several, what they differ in comes first. */
function settingsRows(runs: readonly Recorded[], number: NumberFormat): string[][] {
  const flat = runs.map(({ config }) => new Map(flattened(config)));
  const names = [...new Set(flat.flatMap((settings) => [...settings.keys()]))];
  const shown = (value: unknown) =>
    typeof value === "number"
      ? number(value)
      : value === undefined
        ? ""
        : typeof value === "string"
          ? value
          : JSON.stringify(value);
  const rows = names.map((name) => [name, ...flat.map((settings) => shown(settings.get(name)))]);
  const differs = ([, ...values]: string[]) => new Set(values).size > 1;
  return [...rows.filter(differs), ...rows.filter((row) => !differs(row))];
}

function flattened(config: object, prefix = ""): [string, unknown][] {
  return Object.entries(config).flatMap(([name, value]): [string, unknown][] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? flattened(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value]],
  );
}

// --- page and terminal ----------------------------------------------------------------------------

function runPage(runs: readonly Recorded[], figures: readonly Figure[], canvas: Canvas, language: Language): string {
  const t = runWords[language];
  const title = runs.length === 1 ? t.title(runs[0].name) : t.comparison(canvas.number(runs.length));
  const body = [
    html`<h1>${title}</h1><ul>${runs.map((run) => html`<li><code>${run.path}</code>: ${summary(run, canvas.number, language)}</li>`)}</ul>`,
    ...figures.map((figure) => figureSection(canvas, figure, language)),
  ];
  return page({ title, language, body });
}

function summary({ steps, evaluations }: Recorded, number: NumberFormat, language: Language): string {
  const t = runWords[language];
  const last = evaluations.at(-1);
  const loss = averaged(steps, "loss").at(-1)?.[1];
  return [
    t.stepsMade(steps.at(-1)?.step ?? 0, number(steps.at(-1)?.step ?? 0)),
    ...(loss === undefined ? [] : [`${t.loss.label} ${number(loss)}`]),
    ...(last === undefined ? [] : [`${t.validation} ${number(Number(last.loss))}`]),
  ].join(", ");
}

function curve({ name, steps }: Recorded, number: NumberFormat): string {
  const values = averaged(steps, "loss").map(([, loss]) => loss);
  const ends = values.length === 0 ? "" : ` ${number(values[0])} → ${number(values[values.length - 1])}`;
  return `${name}  ${sparkline(values)}${ends}`;
}
