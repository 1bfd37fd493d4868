import { CsvError, parse } from "csv-parse/sync";
import type { LabelledCorpus, LabelledOptions } from "../entry.ts";
import { holdOut } from "./split.ts";
import { decodeUtf8, readBytes } from "./utf8.ts";

/** Usual names of the column with texts and the one with classes, the likeliest first. */
const TEXT_COLUMNS = ["text", "review", "sentence", "content"];
const LABEL_COLUMNS = ["label", "sentiment", "class", "category", "target"];

/** From this many classes on, most of a table's rows have to share theirs with another row. */
const MANY_CLASSES = 20;

interface Row {
  readonly text: string;
  readonly label: string;
}

/**
 * A CSV or TSV file with a header line, quoted as RFC 4180 says: fields with separators, line breaks or quotes stand in
 * double quotes, and quotes inside are doubled. The separator is the one that the header has most of: comma,
 * semicolon or tab. Classes are numbered in numeric order if all are numbers, else alphabetically. The last rows are for
 * validation (a fifth by default), in the file's order.
 */
export async function readTable(path: string, name: string, options: LabelledOptions): Promise<LabelledCorpus> {
  const bytes = await readBytes(path);
  // Decoding checks the text, and gives the header; the parser itself is faster on bytes.
  const header = decodeUtf8(bytes, path).split(/\r?\n/, 1)[0];
  const rows = parseRows(path, bytes, separatorOf(header, path), options);
  const labels = classesOf(path, rows);
  const index = new Map(labels.map((label, i) => [label, i]));
  const examples = rows.map(({ text, label }) => ({ text, label: index.get(label) ?? 0 }));
  const split = holdOut(name, examples, options);
  const first = split.train[0].label;
  if (split.train.every((example) => example.label === first)) {
    throw new Error(
      `${path}: the first ${split.train.length} rows, those to train on, are all of class "${labels[first]}"; ` +
        "the last rows are for validation, so shuffle the file's rows first",
    );
  }
  return { name, labels, ...split };
}

function separatorOf(header: string, path: string): string {
  const unquoted = header.replace(/"[^"]*"/g, "");
  const preferred = /\.(tsv|tab)$/i.test(path) ? ["\t", ",", ";"] : [",", ";", "\t"];
  const count = (separator: string) => unquoted.split(separator).length;
  return preferred.reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/** The two columns of every row, each with its class trimmed; the first bad row throws, with its line. */
function parseRows(path: string, bytes: Buffer, separator: string, options: LabelledOptions): Row[] {
  const rows: Row[] = [];
  let columns: { text: number; label: number } | undefined;
  let line = 1;
  const readRecord = (record: string[], { lines }: { lines: number }) => {
    if (columns === undefined) columns = findColumns(path, record, options);
    else rows.push(checkedRow(`${path}, line ${line}`, record[columns.text], record[columns.label].trim()));
    line = lines + 1;
    return null;
  };
  try {
    parse(bytes, { delimiter: separator, bom: true, skip_empty_lines: true, on_record: readRecord });
  } catch (error) {
    if (error instanceof CsvError) throw unreadableRow(path, line, error);
    throw error;
  }
  if (rows.length === 0) throw new Error(`${path} has a header and no rows: there is nothing to learn from`);
  return rows;
}

function checkedRow(where: string, text: string, label: string): Row {
  if (text.trim() === "") throw new Error(`${where}: the text is empty; fill it in or delete the row`);
  if (label === "") throw new Error(`${where}: the label is empty; fill it in or delete the row`);
  return { text, label };
}

function unreadableRow(path: string, line: number, error: CsvError): Error {
  const reasons: Record<string, string> = {
    INVALID_OPENING_QUOTE: 'there is a " inside a field without quotes; put the field in quotes and write the " twice',
    CSV_INVALID_CLOSING_QUOTE: 'a quoted field goes on after its closing "; write a " inside of it twice',
    CSV_QUOTE_NOT_CLOSED: 'a quoted field has no closing "',
    CSV_RECORD_INCONSISTENT_FIELDS_LENGTH:
      "it has more or fewer fields than the header; put a text with separators or line breaks in quotes",
  };
  return new Error(`${path}, line ${line}: ${reasons[error.code] ?? error.message}`, { cause: error });
}

function findColumns(path: string, header: string[], options: LabelledOptions): { text: number; label: number } {
  const names = header.map((name) => name.trim());
  const find = (kind: "text" | "label", given: string | undefined, usual: string[]) => {
    const wanted = given === undefined ? usual : [given];
    const places = wanted.map((name) => names.findIndex((there) => there.toLowerCase() === name.toLowerCase()));
    const place = places.find((index) => index >= 0);
    if (place !== undefined) return place;
    const missing = given === undefined ? `no column called ${usual.join(", ")}` : `no column "${given}"`;
    throw new Error(
      `${path} has ${missing}; it has ${names.join(", ")}: say with ${kind}Column which holds the ${kind}s`,
    );
  };
  return {
    text: find("text", options.textColumn, TEXT_COLUMNS),
    label: find("label", options.labelColumn, LABEL_COLUMNS),
  };
}

/** The classes that occur, in order. */
function classesOf(path: string, rows: readonly Row[]): string[] {
  const labels = [...new Set(rows.map((row) => row.label))];
  if (labels.length === 1) {
    throw new Error(`${path}: every row is of class "${labels[0]}"; a classifier needs two classes or more`);
  }
  if (labels.length > MANY_CLASSES && labels.length > rows.length / 2) {
    throw new Error(
      `${path}: the label column has ${labels.length} different values in ${rows.length} rows, too many to be classes; ` +
        "say with labelColumn which column holds them",
    );
  }
  const numeric = labels.every((label) => Number.isFinite(Number(label)));
  return numeric ? labels.sort((a, b) => Number(a) - Number(b)) : labels.sort();
}
