import { catalog } from "./catalog.ts";
import type { DatasetEntry } from "./entry.ts";

/** Every data set there is, those that need no network first. */
export function listDatasets(): DatasetEntry[] {
  return [...catalog].sort((a, b) => Number(b.offline) - Number(a.offline));
}

/** The data set of that name. An unknown name throws, with the known ones and the nearest spelling. */
export function findDataset(name: string): DatasetEntry {
  const entry = entryNamed(name)?.entry;
  if (entry === undefined) throw new Error(`no data set is called "${name}"; ${suggestion(name)}`);
  return entry;
}

/** Whether there is a data set of that name. */
export const isDataset = (name: string): boolean => entryNamed(name) !== undefined;

/** A data set with the words that say which of its variants is meant: `arithmetic:3,reversed`; undefined where there is none. */
export function entryNamed(name: unknown): { entry: DatasetEntry; variant: readonly string[] } | undefined {
  if (typeof name !== "string") return undefined;
  const [, base, words] = /^([^:]*)(?::(.*))?$/s.exec(name)!;
  const entry = catalog.find((known) => known.name === base);
  if (entry === undefined || (words !== undefined && !entry.variants)) return undefined;
  return { entry, variant: words === undefined ? [] : words.split(",") };
}

/** What to say after an unknown name: the nearest known one, if any is near, and all of them. */
export function suggestion(name: string): string {
  const distances = catalog.map((entry) => editDistance(entry.name, name.toLowerCase()));
  const nearest = Math.min(...distances);
  const known = `known are ${catalog.map((entry) => entry.name).join(", ")}`;
  if (nearest > name.length / 2) return known;
  return `did you mean "${catalog[distances.indexOf(nearest)].name}"? (${known})`;
}

/** Levenshtein's distance: how many characters to insert, delete or replace to get from a to b. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = above[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, above[column] + 1, current[column - 1] + 1));
    }
    above = current;
  }
  return above[b.length];
}
