import { cachePath } from "./cache.ts";
import { download, isWhole } from "./download.ts";
import type { DatasetEntry, FetchOptions } from "./entry.ts";

/**
 * Brings an entry's file into the cache and gives its path. A file that is already there is checked and used. See
 * `download` for the errors; an entry without a url is a mistake in the entry.
 */
export async function fetchEntry(entry: DatasetEntry, options: FetchOptions): Promise<string> {
  const path = cachePath(entry, options.cacheFolder);
  if (path === undefined || entry.url === undefined) throw new Error(`${entry.name} has no url to download from`);
  const file = { name: entry.name, url: entry.url, size: entry.size, checksum: entry.checksum };
  // A file put here by hand, or damaged since, is told from a good one by its checksum; a bad one is fetched anew.
  if (!(await isWhole(path, file))) await download(file, path, options);
  return path;
}
