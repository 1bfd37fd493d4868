import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDevice } from "../device.ts";
import { UsageError } from "../errors.ts";
import { settingsOf } from "../lecture/experiment.ts";
import { allExperiments, type Found, findExperiment } from "../lecture/registry.ts";
import { indexPage, type Listed, pictures, reportPage, type Told } from "../lecture/report.ts";
import { type Results, runExperiment } from "../lecture/runExperiment.ts";
import { terminalText } from "../lecture/terminal.ts";
import type { DeviceOptions } from "../options.ts";
import { type Output, output, table } from "../output.ts";
import { openCanvas } from "../report/draw/canvas.ts";
import { type Language, numbersIn } from "../report/language.ts";
import { words } from "../report/words.ts";

/** `lectern lecture list`: the experiments in the lecture's order. */
export async function lectureList({ json, lang }: { json: boolean; lang: Language }): Promise<void> {
  const out = output(json);
  const found = await allExperiments();
  for (const { experiment, file } of found) {
    const { title, lecture } = experiment.texts[lang];
    out.event("experiment", { id: experiment.id, title, lecture, file });
  }
  out.say(table(found.map(({ experiment: { id, texts } }) => [id, texts[lang].title])));
  out.event("done", { experiments: found.length });
}

export interface LectureRunOptions extends DeviceOptions {
  readonly json: boolean;
  readonly experiment: readonly string[];
  readonly quick: boolean;
  readonly out: string;
  readonly lang: Language;
  readonly seed?: number;
  readonly set?: string;
}

/** `lectern lecture run`: runs experiments, writes their reports, and says which claims hold. Exit code 1 where one does not. */
export async function lectureRun(options: LectureRunOptions): Promise<void> {
  const { json, quick, out: folder, lang, seed = 0, device } = options;
  const out = output(json);
  const names = options.experiment;
  const found = names.includes("all") ? await allExperiments() : await Promise.all(names.map(findExperiment));
  const size = quick ? "quick" : "full";
  const changed = new Map(found.map((one) => [one, settingsGiven(one, size, options.set)]));
  await openDevice(options);
  const canvas = await openCanvas(numbersIn(lang));
  const failed: string[] = [];
  for (const one of found) {
    const { id } = one.experiment;
    const results = await runExperiment(one.experiment, {
      ...{ size, seed, device, settings: changed.get(one) },
      progress: shownProgress(out, id),
    });
    clearProgress(out);
    const told: Told = { found: one, results, language: lang, canvas };
    const report = await writeReport(join(folder, id), told);
    for (const claim of results.claims) out.event("claim", { experiment: id, ...claim });
    out.event("experiment", { id, seconds: results.seconds, report });
    out.say(`${terminalText(told)}\n  ${report} (${canvas.number(results.seconds, 1)} ${words[lang].seconds})\n`);
    if (results.claims.some(({ holds }) => !holds)) failed.push(id);
  }
  await writeFile(join(folder, "index.html"), indexPage(await listedIn(folder, lang), lang));
  out.say(join(folder, "index.html"));
  out.event("done", { experiments: found.length, failed, index: join(folder, "index.html") });
  if (failed.length > 0) process.exitCode = 1;
}

/** `name=value,…` in the place of the settings of those names. Errors: there is no such setting, or it is of another type. */
function settingsGiven({ experiment }: Found, size: Results["size"], given: string | undefined): object {
  if (given === undefined) return {};
  const known = settingsOf(experiment, size) as Readonly<Record<string, unknown>>;
  const changes = given.split(/,(?=\w+=)/).map((part) => {
    const [, name, text] = /^(\w+)=(.+)$/.exec(part) ?? [];
    if (name === undefined || !(name in known)) {
      throw new UsageError(
        `--set takes name=value; ${experiment.id} has the settings ${Object.keys(known).join(", ")}`,
      );
    }
    const value = parsed(text);
    if (typeof value !== typeof known[name]) {
      throw new UsageError(`--set: ${name} is as ${JSON.stringify(known[name])}, and cannot be ${text}`);
    }
    return [name, value];
  });
  return Object.fromEntries(changes);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function writeReport(folder: string, told: Told): Promise<string> {
  await mkdir(folder, { recursive: true });
  const report = join(folder, "report.html");
  await writeFile(report, reportPage(told));
  await writeFile(join(folder, "results.json"), `${JSON.stringify(told.results)}\n`);
  for (const [name, svg] of pictures(told)) await writeFile(join(folder, name), svg);
  return report;
}

/** Every experiment of the lecture, with what the folder has of it. */
async function listedIn(folder: string, language: Language): Promise<Listed[]> {
  const found = await allExperiments();
  return Promise.all(
    found.map(async ({ experiment: { id, texts } }) => {
      const { title, lecture } = texts[language];
      const results = await readFile(join(folder, id, "results.json"), "utf8").catch(() => undefined);
      return {
        id,
        title,
        lecture,
        claims: results === undefined ? undefined : (JSON.parse(results) as Results).claims,
      };
    }),
  );
}

function shownProgress({ json }: Output, id: string): (done: number, of: number) => void {
  if (json || !process.stderr.isTTY) return () => {};
  return (done, of) => process.stderr.write(`\r\x1b[K${id}: ${Math.round((100 * done) / of)} %`);
}

function clearProgress({ json }: Output): void {
  if (!json && process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}
