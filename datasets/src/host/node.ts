import { stat } from "node:fs/promises";
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
  fromZip: ({ name }, fileName) => readFromZip(name, fileName),
  fromTar: ({ name }, wanted) => readFromTar(name, wanted),
};
