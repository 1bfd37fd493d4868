import type { Example, LabelledCorpus, LabelledOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { twoColumns } from "./columns.ts";
import { classWarnings, splitExamples } from "./split.ts";
import { listed, told } from "./told.ts";

/** Usual names of the column with texts and the one with classes, the likeliest first. */
const TEXT_COLUMNS = ["text", "review", "sentence", "content"];
const LABEL_COLUMNS = ["label", "sentiment", "class", "category", "target"];

/** From this many classes on, most of a table's rows have to share theirs with another row. */
const MANY_CLASSES = 20;

interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/**
 * A table with a text and a label column: CSV with commas, semicolons, tabs or bars, or JSON lines. Fields are quoted as
 * RFC 4180 says, as Kaggle does (`\"`), or, between tabs or bars, not at all, as in GLUE. Classes are numbered in numeric
 * order if all are numbers, else alphabetically. A fifth of the rows, drawn by the seed with each class's share kept, is for
 * validation, unless the options say otherwise, or another table is.
 */
export async function readTable(
  source: Source,
  name: string,
  options: LabelledOptions,
  other?: Source,
): Promise<LabelledCorpus> {
  const { rows, warnings } = await labelledRows(source, options);
  const labels = classesOf(source.name, rows);
  const examples = toExamples(rows, labels);
  if (other === undefined) {
    const parts = splitExamples(name, examples, options);
    assertClasses(source.name, parts.train, labels, options);
    return { name, labels, ...parts, warnings: [...warnings, ...warningsOf(labels, parts)] };
  }
  const held = await labelledRows(other, options);
  assertKnown(other.name, held.rows, labels);
  const parts = { train: examples, validation: toExamples(held.rows, labels) };
  const all = [...warnings, ...held.warnings, ...warningsOf(labels, parts)];
  return { name, labels, ...parts, split: { kind: "file", file: other.name }, warnings: all };
}

const warningsOf = (labels: readonly string[], { train, validation }: Pick<LabelledCorpus, "train" | "validation">) =>
  classWarnings(labels, { training: train, validation });

/** The texts and labels of a table. */
async function labelledRows(
  source: Source,
  options: LabelledOptions,
): Promise<{ rows: LabelledText[]; warnings: string[] }> {
  const text = { holds: "text", given: options.textColumn, usual: TEXT_COLUMNS };
  const label = { holds: "label", given: options.labelColumn, usual: LABEL_COLUMNS };
  const { rows, warnings } = await twoColumns(source, [text, label], options);
  return { rows: rows.map(([text, label]) => ({ text, label: label.trim() })), warnings };
}

function toExamples(rows: readonly LabelledText[], labels: readonly string[]): Example[] {
  const index = new Map(labels.map((label, i) => [label, i]));
  return rows.map(({ text, label }) => ({ text, label: index.get(label) ?? 0 }));
}

/** Errors: what is there to learn from is all of one class, or the table names more. */
function assertClasses(
  path: string,
  train: readonly Example[],
  labels: readonly string[],
  options: LabelledOptions,
): void {
  const first = train[0].label;
  if (options.validation !== "last" || train.some(({ label }) => label !== first)) return;
  throw new Error(
    `${path}: the first ${train.length} rows, those to train on, are all of class "${told(labels[first])}"; the last rows are for ` +
      'validation, so leave validation "last" out (--validation), or shuffle the file\'s rows first',
  );
}

/** Errors: rows of a class that is not learned. */
function assertKnown(path: string, rows: readonly LabelledText[], labels: readonly string[]): void {
  const strange = [...new Set(rows.map(({ label }) => label))].filter((label) => !labels.includes(label));
  if (strange.length === 0) return;
  throw new Error(
    `${path} has the classes ${listed(strange)}, which the rows to train on do not have: ${listed(labels)}`,
  );
}

/** The classes that occur, in order. */
function classesOf(path: string, rows: readonly LabelledText[]): string[] {
  const labels = [...new Set(rows.map((row) => row.label))];
  if (labels.length === 1) {
    throw new Error(`${path}: every row is of class "${told(labels[0])}"; a classifier needs two classes or more`);
  }
  if (labels.length > MANY_CLASSES && labels.length > rows.length / 2) {
    throw new Error(
      `${path}: the label column has ${labels.length} different values in ${rows.length} rows, too many to be classes; ` +
        "say with labelColumn (--label-column) which column holds them",
    );
  }
  const numeric = labels.every((label) => Number.isFinite(Number(label)));
  return numeric ? labels.sort((a, b) => Number(a) - Number(b)) : labels.sort();
}
