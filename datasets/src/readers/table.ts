import type { Example, LabelledCorpus, LabelledOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { decodeText } from "./decode.ts";
import { type BadRow, type Row, type Rows, readRows } from "./rows.ts";
import { classWarnings, splitExamples } from "./split.ts";

/** Usual names of the column with texts and the one with classes, the likeliest first. */
const TEXT_COLUMNS = ["text", "review", "sentence", "content"];
const LABEL_COLUMNS = ["label", "sentiment", "class", "category", "target"];

/** From this many classes on, most of a table's rows have to share theirs with another row. */
const MANY_CLASSES = 20;

/** So many bad rows are described. */
const DESCRIBED = 5;

interface LabelledText {
  readonly text: string;
  readonly label: string;
}

interface Table {
  readonly rows: readonly LabelledText[];
  readonly warnings: readonly string[];
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

function toExamples(rows: readonly LabelledText[], labels: readonly string[]): Example[] {
  const index = new Map(labels.map((label, i) => [label, i]));
  return rows.map(({ text, label }) => ({ text, label: index.get(label) ?? 0 }));
}

/** The two columns of every row that can be used. Errors: there are others, and they are not to be skipped. */
async function labelledRows(source: Source, options: LabelledOptions): Promise<Table> {
  const path = source.name;
  // Decoding checks the text; the parser itself is faster on bytes.
  const bytes = new TextEncoder().encode(decodeText(await source.bytes(), path, options.encoding));
  const found = readRows(bytes, path);
  const columns = findColumns(path, found, options);
  const rows: LabelledText[] = [];
  const bad: BadRow[] = [...found.bad];
  for (const { cells, start } of columns.headless ? [asRow(found.header), ...found.rows] : found.rows) {
    const [text, label] = [cells[columns.text], cells[columns.label].trim()];
    if (text.trim() === "") bad.push({ start, reason: "the text is empty; fill it in or delete the row" });
    else if (label === "") bad.push({ start, reason: "the label is empty; fill it in or delete the row" });
    else rows.push({ text, label });
  }
  const warnings = bad.length === 0 ? [] : [badRows(path, bytes, bad, rows.length, options)];
  if (rows.length === 0) throw new Error(`${path} has a header and no rows: there is nothing to learn from`);
  return { rows, warnings };
}

const asRow = (cells: readonly string[]): Row => ({ cells, start: 0 });

/** What is said of rows that were left out. Errors: they are not to be. */
function badRows(
  path: string,
  bytes: Uint8Array,
  bad: BadRow[],
  good: number,
  { skipBadRows = false }: LabelledOptions,
): string {
  const inOrder = bad.sort((a, b) => a.start - b.start);
  const lines = lineNumbers(
    bytes,
    inOrder.map(({ start }) => start),
  );
  const described = inOrder.slice(0, DESCRIBED).map(({ reason }, i) => `line ${lines[i]}: ${reason}`);
  const more = bad.length > DESCRIBED ? `; and ${bad.length - DESCRIBED} more` : "";
  if (skipBadRows)
    return `${path}: ${bad.length} of ${good + bad.length} rows were left out: ${described.join("; ")}${more}`;
  const orSkip = "or leave such rows out with skipBadRows (--skip-bad-rows)";
  if (bad.length === 1) throw new Error(`${path}, ${described[0]}, ${orSkip}`);
  throw new Error(
    `${path}: ${bad.length} of ${good + bad.length} rows cannot be used: ${described.join("; ")}${more}; mend them, ${orSkip}`,
  );
}

/** The lines that bytes are in, counted from 1; their places ascend. */
function lineNumbers(bytes: Uint8Array, places: readonly number[]): number[] {
  let [line, at] = [1, 0];
  return places.map((place) => {
    for (; at < place; at++) if (bytes[at] === 10) line++;
    return line;
  });
}

interface Columns {
  readonly text: number;
  readonly label: number;
  /** The first line is a row. */
  readonly headless: boolean;
}

function findColumns(path: string, { header, rows }: Rows, options: LabelledOptions): Columns {
  if (header.length === 1) {
    throw new Error(
      `${path} has one column only, "${header[0].slice(0, 60)}": a table has a column of texts and one of labels, between ` +
        "them a comma, a semicolon, a tab or a |",
    );
  }
  const numbered = numberedColumns(path, header, options);
  if (numbered !== undefined) return numbered;
  const place = (name: string) => header.findIndex((there) => there.toLowerCase() === name.toLowerCase());
  const find = (kind: "text" | "label", given: string | undefined, usual: readonly string[]) => {
    const found = (given === undefined ? usual : [given]).map(place).find((index) => index >= 0);
    if (found !== undefined) return found;
    if (given === undefined && looksLikeRow(header, rows)) throw noHeader(path, header, rows);
    const missing = given === undefined ? `no column called ${usual.join(", ")}` : `no column "${given}"`;
    throw new Error(
      `${path} has ${missing}; it has ${header.join(", ")}: say with ${kind}Column (--${kind}-column) which holds the ${kind}s`,
    );
  };
  return {
    text: find("text", options.textColumn, TEXT_COLUMNS),
    label: find("label", options.labelColumn, LABEL_COLUMNS),
    headless: false,
  };
}

/** Columns given by their numbers, from 1, which is how a table without a header line has them. Errors: it has fewer. */
function numberedColumns(path: string, header: readonly string[], options: LabelledOptions): Columns | undefined {
  const { textColumn = "", labelColumn = "" } = options;
  const given = [textColumn, labelColumn];
  if (!given.every((column) => /^\d+$/.test(column)) || given.some((column) => header.includes(column)))
    return undefined;
  const [text, label] = given.map((column) => Number(column) - 1);
  for (const column of [text, label]) {
    if (column < 0 || column >= header.length) {
      throw new Error(`${path} has ${header.length} columns, counted from 1, and none with the number ${column + 1}`);
    }
  }
  return { text, label, headless: true };
}

/** Whether the first line is a row like the others: something in it comes again below, is a number, or is a text. */
function looksLikeRow(header: readonly string[], rows: readonly Row[]): boolean {
  return header.some((cell, column) => {
    if (cell === "") return false;
    const words = cell.split(/\s+/).length;
    return words > 3 || Number.isFinite(Number(cell)) || rows.some(({ cells }) => cells[column]?.trim() === cell);
  });
}

function noHeader(path: string, header: readonly string[], rows: readonly Row[]): Error {
  const columns = header.map((cell, i) => [cell, ...rows.map(({ cells }) => cells[i] ?? "")]);
  const length = (column: readonly string[]) => column.reduce((sum, cell) => sum + cell.length, 0);
  const best = (score: (column: readonly string[]) => number) =>
    columns.reduce((best, column, i) => (score(column) > score(columns[best]) ? i : best), 0);
  const text = best(length) + 1;
  const label = best((column) => -new Set(column).size) + 1;
  const guess = text === label ? "2 and 1" : `${text} and ${label}`;
  const [textNumber, labelNumber] = guess.split(" and ");
  return new Error(
    `${path} has no header line: its first line (${header.join(", ").slice(0, 60)}) is a row like the others; add one, or ` +
      `name the columns by their numbers: textColumn ${textNumber}, labelColumn ${labelNumber} ` +
      `(--text-column ${textNumber} --label-column ${labelNumber})`,
  );
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
    `${path}: the first ${train.length} rows, those to train on, are all of class "${labels[first]}"; the last rows are for ` +
      'validation, so leave validation "last" out (--validation), or shuffle the file\'s rows first',
  );
}

/** Errors: rows of a class that is not learned. */
function assertKnown(path: string, rows: readonly LabelledText[], labels: readonly string[]): void {
  const strange = [...new Set(rows.map(({ label }) => label))].filter((label) => !labels.includes(label));
  if (strange.length === 0) return;
  throw new Error(
    `${path} has the classes ${strange.join(", ")}, which the rows to train on do not have: ${labels.join(", ")}`,
  );
}

/** The classes that occur, in order. */
function classesOf(path: string, rows: readonly LabelledText[]): string[] {
  const labels = [...new Set(rows.map((row) => row.label))];
  if (labels.length === 1) {
    throw new Error(`${path}: every row is of class "${labels[0]}"; a classifier needs two classes or more`);
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
