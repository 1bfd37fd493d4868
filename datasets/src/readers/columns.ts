import type { ExampleOptions } from "../entry.ts";
import type { Source } from "../source.ts";
import { decodeText } from "./decode.ts";
import { type BadRow, type Row, type Rows, readRows } from "./rows.ts";
import { listed, told } from "./told.ts";

/** A column that is looked for in a table. */
export interface Column {
  /** What it holds, in the singular: the option that names it is `textColumn` for "text". */
  readonly holds: string;
  /** Its name, or its number from 1 in a table without a header line, where that was given. */
  readonly given: string | undefined;
  /** Usual names of it, the likeliest first. */
  readonly usual: readonly string[];
}

type ReadOptions = Pick<ExampleOptions, "encoding" | "skipBadRows">;

/** So many bad rows are described. */
const DESCRIBED = 5;

/**
 * Two columns of a table, of every row that can be used: CSV with commas, semicolons, tabs or bars, or JSON lines. Errors:
 * there are other rows, and they are not to be skipped; there is no such column.
 */
export async function twoColumns(
  source: Source,
  wanted: readonly [Column, Column],
  options: ReadOptions,
): Promise<{ rows: [string, string][]; warnings: string[] }> {
  const path = source.name;
  // Decoding checks the text; the parser itself is faster on bytes.
  const bytes = new TextEncoder().encode(decodeText(await source.bytes(), path, options.encoding));
  const found = readRows(bytes, path);
  const columns = findColumns(path, found, wanted);
  const rows: [string, string][] = [];
  const bad: BadRow[] = [...found.bad];
  for (const { cells, start } of columns.headless ? [asRow(found.header), ...found.rows] : found.rows) {
    const [first, second] = columns.places.map((place) => cells[place]);
    const empty = [first, second].findIndex((cell) => cell.trim() === "");
    if (empty < 0) rows.push([first, second]);
    else bad.push({ start, reason: `the ${wanted[empty].holds} is empty; fill it in or delete the row` });
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
  { skipBadRows = false }: ReadOptions,
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

/** Where the two columns are. */
interface Columns {
  readonly places: readonly number[];
  /** The first line is a row. */
  readonly headless: boolean;
}

function findColumns(path: string, { header, rows }: Rows, wanted: readonly [Column, Column]): Columns {
  const [first, second] = wanted;
  if (header.length === 1) {
    throw new Error(
      `${path} has one column only, "${told(header[0])}": a table has a column of ${first.holds}s and one of ${second.holds}s, between ` +
        "them a comma, a semicolon, a tab or a |",
    );
  }
  const numbered = numberedColumns(path, header, wanted);
  if (numbered !== undefined) return { places: numbered, headless: true };
  const place = (name: string) => header.findIndex((there) => there.toLowerCase() === name.toLowerCase());
  const find = ({ holds, given, usual }: Column) => {
    const found = (given === undefined ? usual : [given]).map(place).find((index) => index >= 0);
    if (found !== undefined) return found;
    if (given === undefined && looksLikeRow(header, rows)) throw noHeader(path, header, rows, wanted);
    const missing = given === undefined ? `no column called ${usual.join(", ")}` : `no column "${given}"`;
    throw new Error(
      `${path} has ${missing}; it has ${listed(header)}: say with ${holds}Column (--${holds}-column) which holds the ${holds}s`,
    );
  };
  return { places: wanted.map(find), headless: false };
}

/** Columns given by their numbers, from 1, which is how a table without a header line has them. Errors: it has fewer. */
function numberedColumns(
  path: string,
  header: readonly string[],
  wanted: readonly [Column, Column],
): number[] | undefined {
  const given = wanted.map((column) => column.given ?? "");
  if (!given.every((column) => /^\d+$/.test(column)) || given.some((column) => header.includes(column)))
    return undefined;
  const places = given.map((column) => Number(column) - 1);
  for (const column of places) {
    if (column < 0 || column >= header.length) {
      throw new Error(`${path} has ${header.length} columns, counted from 1, and none with the number ${column + 1}`);
    }
  }
  return places;
}

/** Whether the first line is a row like the others: something in it comes again below, is a number, or is a text. */
function looksLikeRow(header: readonly string[], rows: readonly Row[]): boolean {
  return header.some((cell, column) => {
    if (cell === "") return false;
    const words = cell.split(/\s+/).length;
    return words > 3 || Number.isFinite(Number(cell)) || rows.some(({ cells }) => cells[column]?.trim() === cell);
  });
}

function noHeader(
  path: string,
  header: readonly string[],
  rows: readonly Row[],
  wanted: readonly [Column, Column],
): Error {
  const numbers = wanted[1].holds === "label" ? textAndLabel(header, rows) : [1, 2];
  const options = wanted.map(({ holds }, i) => `${holds}Column ${numbers[i]}`);
  const flags = wanted.map(({ holds }, i) => `--${holds}-column ${numbers[i]}`);
  return new Error(
    `${path} has no header line: its first line (${told(header.join(", "))}) is a row like the others; add one, or ` +
      `name the columns by their numbers: ${options.join(", ")} (${flags.join(" ")})`,
  );
}

/** The numbers of the columns that are most likely those: texts are long, labels few. */
function textAndLabel(header: readonly string[], rows: readonly Row[]): number[] {
  const columns = header.map((cell, i) => [cell, ...rows.map(({ cells }) => cells[i] ?? "")]);
  const length = (column: readonly string[]) => column.reduce((sum, cell) => sum + cell.length, 0);
  const best = (score: (column: readonly string[]) => number) =>
    columns.reduce((best, column, i) => (score(column) > score(columns[best]) ? i : best), 0);
  const text = best(length) + 1;
  const label = best((column) => -new Set(column).size) + 1;
  return text === label ? [2, 1] : [text, label];
}
