import { type Html, html } from "../report/html.ts";
import { cells, codeBlock, page } from "../report/page.ts";
import type { CheckResult } from "./check.ts";
import { fromHere, type Homework } from "./homework.ts";
import type { FoundTask } from "./registry.ts";
import { stateOf } from "./state.ts";
import { checkLines, score } from "./tell.ts";

/** A task, and what a student has of it. */
export interface Reported {
  readonly found: FoundTask;
  readonly begun?: { readonly result: CheckResult; readonly source: string };
}

/** One page for the teacher: a table of all tasks, then each that was begun, with its tests, mistakes and code. */
export function reportPage(homework: Homework, reported: readonly Reported[]): string {
  const { language, words: w, course, number } = homework;
  const title = `${course.title[language]}: ${w.report}`;
  const rows = reported.map(({ found, begun }) => [
    found.id,
    found.title[language],
    score(homework, found),
    begun === undefined ? w.notBegunYet : passed(begun.result),
    number(stateOf(homework.state, found.id).hints),
    mistakesIn(begun?.result).join(", "),
  ]);
  const total = [w.total, "", homework.outOf(homework.total()), "", "", ""];
  const body = [
    html`<h1>${title}</h1><p>${w.reportFor}</p>`,
    cells(
      { number },
      { columns: [w.task, w.title, w.score, w.tests, w.hintsUsed, w.mistakes], rows: [...rows, total] },
    ),
    ...reported.map((one) => section(homework, one)),
  ];
  return page({ title, language, body });
}

const passed = ({ tests }: CheckResult): string =>
  `${tests.filter(({ failure }) => failure === undefined).length} / ${tests.length}`;

const mistakesIn = (result: CheckResult | undefined): string[] => [
  ...new Set(result?.tests.flatMap(({ mistake }) => mistake ?? [])),
];

function section(homework: Homework, { found, begun }: Reported): Html {
  if (begun === undefined) return html``;
  const { language } = homework;
  const { result, source } = begun;
  const file = fromHere(homework.fileOf(found));
  return html`<h2 id="${found.id}">${found.title[language]}</h2>
<pre>${checkLines(homework, found, result).join("\n")}</pre>
${codeBlock({ file, text: source.trimEnd() }, language)}`;
}
