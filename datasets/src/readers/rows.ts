import { CsvError, parse } from "#csv";

/** One row of a table, and where it begins, in bytes. */
export interface Row {
  readonly cells: readonly string[];
  readonly start: number;
}

/** A row that cannot be used, and why. */
export interface BadRow {
  readonly start: number;
  readonly reason: string;
}

export interface Rows {
  /** The names of the columns, where the format has them or the first line does. */
  readonly header: readonly string[];
  readonly rows: readonly Row[];
  readonly bad: readonly BadRow[];
}

/** How fields with separators, line ends and quotes are written. */
interface Quoting {
  readonly quote: string | null;
  readonly escape: string;
}

/** In doubled quotes (RFC 4180); with backslashes before quotes, as Kaggle has them; not at all, as in GLUE's files. */
const DOUBLED: Quoting = { quote: '"', escape: '"' };
const BACKSLASHES: Quoting = { quote: '"', escape: "\\" };
const NONE: Quoting = { quote: null, escape: '"' };

/** So many bad rows are counted; a table with more of them is something else. */
const MANY = 1000;

const REASONS: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'there is a " inside a field without quotes; put the field in quotes and write the " twice',
  CSV_INVALID_CLOSING_QUOTE: 'a quoted field goes on after its closing "; write a " inside of it twice',
  CSV_QUOTE_NOT_CLOSED: 'a quoted field has no closing "',
};
const UNEVEN = "it has more or fewer fields than the header; put a text with separators or line breaks in quotes";

const NEWLINE = 10;

/**
 * The rows of a table in UTF-8: JSON lines where it begins with a `{`, else fields with a separator, which is found from
 * the first line or named there by Excel's `sep=;`. Quoting is what the whole table can be read by.
 * Errors: a JSON array.
 */
export function readRows(bytes: Uint8Array, name: string): Rows {
  const first = firstLine(bytes);
  if (first.trimStart().startsWith("{")) return readJsonLines(bytes);
  if (/^\s*\[\s*(\{|$)/.test(first))
    throw new Error(`${name} is a JSON array: write each of its objects on a line alone`);
  const named = /^sep=(.)\r?$/i.exec(first)?.[1];
  const begin = named === undefined ? 0 : bytes.indexOf(NEWLINE) + 1;
  const separator = named ?? separatorOf(first, name);
  const ways = separator === "\t" || separator === "|" ? [DOUBLED, BACKSLASHES, NONE] : [DOUBLED, BACKSLASHES];
  let furthest = { quoting: DOUBLED, reached: -1 };
  for (const quoting of ways) {
    const { rows, failure } = parseFrom(bytes, begin, separator, quoting);
    if (failure === undefined && (quoting !== NONE || !areQuoted(rows))) return table(rows, []);
    const reached = failure?.start ?? -1;
    if (reached > furthest.reached && quoting !== NONE) furthest = { quoting, reached };
  }
  return readWithBadRows(bytes, begin, separator, furthest.quoting);
}

function table([header, ...rows]: readonly Row[], bad: readonly BadRow[]): Rows {
  return { header: (header?.cells ?? []).map((cell) => cell.trim()), rows, bad };
}

function firstLine(bytes: Uint8Array): string {
  const end = bytes.indexOf(NEWLINE);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** The separator that the first line has most of. */
function separatorOf(header: string, name: string): string {
  const unquoted = header.replace(/"[^"]*"/g, "");
  const preferred = /\.(tsv|tab)$/i.test(name) ? ["\t", ",", ";", "|"] : [",", ";", "\t", "|"];
  const count = (separator: string) => unquoted.split(separator).length;
  return preferred.reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

/** Whether fields that begin with a quote mostly end with one: then the table is quoted, and a row of it is wrong. */
function areQuoted(rows: readonly Row[]): boolean {
  const begin = rows.flatMap(({ cells }) => cells.filter((cell) => cell.startsWith('"')));
  return begin.length > 0 && begin.filter((cell) => cell.length > 1 && cell.endsWith('"')).length > begin.length / 2;
}

/** The rows from a byte on, up to the first that cannot be read, in the given number of fields or that of the first row. */
function parseFrom(
  bytes: Uint8Array,
  begin: number,
  delimiter: string,
  quoting: Quoting,
  width?: number,
): { rows: Row[]; failure?: BadRow } {
  const rows: Row[] = [];
  let start = begin;
  let fields = width;
  class Uneven extends Error {}
  const readRecord = (cells: string[], info: { bytes: number }) => {
    fields ??= cells.length;
    if (cells.length !== fields) throw new Uneven();
    rows.push({ cells, start });
    start = begin + info.bytes;
    return null;
  };
  const options = { delimiter, ...quoting, skip_empty_lines: true, relax_column_count: true, on_record: readRecord };
  try {
    parse(bytes.subarray(begin), options);
    return { rows };
  } catch (error) {
    const at = { start: afterEmptyLines(bytes, start) };
    if (error instanceof Uneven) return { rows, failure: { ...at, reason: UNEVEN } };
    if (error instanceof CsvError) return { rows, failure: { ...at, reason: REASONS[error.code] ?? error.message } };
    throw error;
  }
}

function afterEmptyLines(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === NEWLINE || bytes[at] === 13) at++;
  return at;
}

/** Every row that can be read; after one that cannot, reading goes on with the next line. */
function readWithBadRows(bytes: Uint8Array, begin: number, separator: string, quoting: Quoting): Rows {
  const [rows, bad]: [Row[], BadRow[]] = [[], []];
  let from = begin;
  while (from < bytes.length && bad.length < MANY) {
    const { rows: read, failure } = parseFrom(bytes, from, separator, quoting, rows[0]?.cells.length);
    for (const row of read) rows.push(row);
    if (failure === undefined) break;
    bad.push(failure);
    const lineEnd = bytes.indexOf(NEWLINE, failure.start);
    from = lineEnd < 0 ? bytes.length : lineEnd + 1;
  }
  return table(rows, bad);
}

/** One JSON object a line; the columns are the first one's. */
function readJsonLines(bytes: Uint8Array): Rows {
  const [rows, bad]: [Row[], BadRow[]] = [[], []];
  let header: string[] | undefined;
  for (let start = 0; start < bytes.length; ) {
    const lineEnd = bytes.indexOf(NEWLINE, start);
    const end = lineEnd < 0 ? bytes.length : lineEnd;
    const line = new TextDecoder().decode(bytes.subarray(start, end)).trim();
    const values = line === "" ? undefined : objectOf(line);
    if (values !== undefined) {
      header ??= [...values.keys()];
      rows.push({ cells: header.map((name) => values.get(name) ?? ""), start });
    } else if (line !== "") bad.push({ start, reason: "it is no JSON object" });
    start = end + 1;
  }
  return { header: header ?? [], rows, bad };
}

/** An object's strings, numbers and truth values, as text. */
function objectOf(line: string): Map<string, string> | undefined {
  try {
    const object: unknown = JSON.parse(line);
    if (typeof object !== "object" || object === null || Array.isArray(object)) return undefined;
    const plain = Object.entries(object).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    return new Map(plain.map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
}
