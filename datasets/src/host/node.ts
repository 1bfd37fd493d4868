import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fetchEntry } from "../fetch.ts";
import { fileSource, folderSource } from "../files.ts";
import { readFromTar } from "../readers/tar.ts";
import { readFromZip } from "../readers/zip.ts";
import type { Host } from "./host.ts";

export const host: Host = {
  async open(path, help) {
    const stats = await stat(path).catch((cause: unknown) => {
      throw new Error(`"${path}" is neither a known data set nor a file; ${help}`, { cause });
    });
    return stats.isDirectory() ? folderSource(path) : fileSource(path);
  },
  download: async (entry, options) => fileSource(await fetchEntry(entry, options)),
  ofPackage(name, path) {
    const main = createRequire(import.meta.url).resolve(name);
    return readFile(join(dirname(main), path));
  },
  fromZip: ({ name }, fileName) => readFromZip(name, fileName),
  fromTar: ({ name }, wanted) => readFromTar(name, wanted),
};
