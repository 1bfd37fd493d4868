import { COMMAND } from "./installation.ts";

/** What a command says, to people as text, to programs as one JSON object a line. */
export interface Output {
  readonly json: boolean;
  /** For people only. */
  say(text: string): void;
  /** For programs only: `{"event": …}`. */
  event(event: string, fields: object): void;
}

export function output(json: boolean): Output {
  return {
    json,
    say(text) {
      if (!json) process.stdout.write(`${text}\n`);
    },
    event(event, fields) {
      if (json) process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
    },
  };
}

/** A table without lines: columns as wide as their longest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Bytes as "36 MB" (10^6 bytes, as downloads are counted). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Shows a download's progress on standard error, in place, where that is a terminal. */
export function downloadProgress(
  quiet: boolean,
): (progress: { name: string; received: number; total?: number }) => void {
  const show = !quiet && process.stderr.isTTY;
  return ({ name, received, total }) => {
    if (!show) return;
    const of = total === undefined ? "" : ` of ${megabytes(total)} (${Math.floor((100 * received) / total)} %)`;
    process.stderr.write(`\r${name}: ${megabytes(received)}${of}   ${received === total ? "\n" : ""}`);
  };
}

/** A share as "45.1 %"; a dash where there is none. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
}

/** How to call lectern, as people type it where it is: it can be pasted into a shell. */
export function runCommand(words: readonly string[]): string {
  return `${COMMAND} ${words.map((word) => quoted(word)).join(" ")}`;
}

/** A word as a shell takes it for one: in quotes where it needs them. */
export function quoted(word: string, windows = process.platform === "win32"): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word) && (windows || !word.includes("\\"))) return word;
  return windows ? `"${word.replaceAll('"', '""')}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
