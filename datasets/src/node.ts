/** What of data sets only Node has: files, downloads, and their cache. */
import { isHere } from "./cache.ts";
import type { FetchOptions } from "./entry.ts";
import { fetchEntry } from "./fetch.ts";
import { findDataset } from "./find.ts";

export { defaultCacheFolder } from "./cache.ts";
export { type DownloadOptions, download, isWhole, type RemoteFile } from "./download.ts";
export { fileSource, folderSource } from "./files.ts";

/**
 * Brings a data set's file into the cache and gives its path, or undefined for a data set that comes with a package
 * and needs no file. A file that is already there is checked and used. See `download` for the errors.
 */
export async function fetchDataset(name: string, options: FetchOptions = {}): Promise<string | undefined> {
  const entry = findDataset(name);
  return entry.url === undefined ? undefined : fetchEntry(entry, options);
}

/** Whether a data set can be read without the network: it came with a package, or its whole file is in the cache. */
export function isAvailable(name: string, options: { readonly cacheFolder?: string } = {}): boolean {
  return isHere(findDataset(name), options.cacheFolder);
}
