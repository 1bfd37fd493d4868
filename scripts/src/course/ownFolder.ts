import { copyFileSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";

/** Bytes of a file that a student wrote. */
export const LARGEST_FILE = 1_000_000;
/** What else of the folder comes along, so that a solution can import what belongs to it. */
const KINDS = new Set([".ts", ".mts", ".js", ".mjs", ".json"]);
const MOST = { files: 200, entries: 5000, bytes: 10_000_000, depth: 4 };

/** Why a student's file is not looked at. */
export type Refusal = "missing" | "link" | "other" | "large" | "outside";

/** Undefined where it is an ordinary file of an ordinary size. */
export function whyNot(file: string): Exclude<Refusal, "outside"> | undefined {
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (status === undefined) return "missing";
  if (status.isSymbolicLink()) return "link";
  if (!status.isFile()) return "other";
  return status.size > LARGEST_FILE ? "large" : undefined;
}

/**
 * A folder that holds copies of a student's file and of what lies beside it, and nothing else: links are left out, wherever they
 * lead, and so is what is too large. Gives the file there; its folder is to be deleted.
 */
export function ownFolder(file: string): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "lectern-course-"));
  const left = { ...MOST };
  copyFileSync(file, join(folder, basename(file)));
  copy(dirname(file), folder, 0, left);
  return join(folder, basename(file));
}

function copy(from: string, to: string, depth: number, left: { files: number; entries: number; bytes: number }): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (--left.entries < 0) return;
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const source = join(from, entry.name);
    if (entry.isDirectory() && depth < MOST.depth) copy(source, join(to, entry.name), depth + 1, left);
    if (!entry.isFile() || !KINDS.has(extname(entry.name))) continue;
    const { size } = lstatSync(source);
    if (size > LARGEST_FILE || size > left.bytes || left.files === 0) continue;
    left.files--;
    left.bytes -= size;
    mkdirSync(to, { recursive: true });
    copyFileSync(source, join(to, entry.name));
  }
}
