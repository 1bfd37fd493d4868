import { execFile } from "node:child_process";
import { promisify } from "node:util";
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
  if (!(await isWhole(path, file))) await download({ ...file, url: await addressOf(entry.url, path) }, path, options);
  return path;
}

/**
 * Where a file comes from: a package's archive (`npm:…`) from where npm says, which may be a school's own server.
 * Errors: npm does not know, or is not there.
 */
async function addressOf(url: string, path: string): Promise<string> {
  if (!url.startsWith("npm:")) return url;
  const spec = url.slice("npm:".length);
  try {
    // Windows starts npm.cmd only through a shell; none of these words needs quoting.
    const shell = process.platform === "win32";
    const { stdout } = await promisify(execFile)("npm", ["view", spec, "dist.tarball"], { shell, timeout: 60_000 });
    return new URL(stdout.trim()).href;
  } catch (cause) {
    throw new Error(
      `npm does not say where ${spec} is; check the network, or bring its archive with \`npm pack ${spec}\` elsewhere and put it at ${path}`,
      { cause },
    );
  }
}
