import { statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { DatasetEntry } from "./entry.ts";

/** The surroundings that decide where the cache is; a parameter so that one machine can test for all. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
}

/**
 * Where downloads are kept: `LECTERN_CACHE` if it is set; otherwise where the system keeps caches, which is
 * `~/Library/Caches/lectern` on macOS, `%LOCALAPPDATA%\lectern\cache` on Windows, and `$XDG_CACHE_HOME/lectern` or
 * `~/.cache/lectern` elsewhere.
 */
export function defaultCacheFolder(
  { env, platform, home }: Surroundings = { env: process.env, platform: process.platform, home: homedir() },
): string {
  if (env.LECTERN_CACHE) return resolve(env.LECTERN_CACHE);
  if (platform === "darwin") return join(home, "Library", "Caches", "lectern");
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "lectern", "cache");
  return join(env.XDG_CACHE_HOME || join(home, ".cache"), "lectern");
}

/** Where an entry's download lies once it is there; undefined for an entry without one. */
export function cachePath(entry: DatasetEntry, cacheFolder = defaultCacheFolder()): string | undefined {
  if (entry.url === undefined) return undefined;
  const name = basename(new URL(entry.url).pathname);
  return join(cacheFolder, entry.name, entry.url.startsWith("npm:") ? `${name}.tgz` : name);
}

/** Whether an entry can be read without the network: it came with a package, or its whole file is in the cache. */
export function isHere(entry: DatasetEntry, cacheFolder?: string): boolean {
  const path = cachePath(entry, cacheFolder);
  if (path === undefined) return entry.offline;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (entry.size === undefined || stats.size === entry.size);
}
