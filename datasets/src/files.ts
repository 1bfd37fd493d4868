import { constants } from "node:buffer";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Source, SourceFolder } from "./source.ts";

/**
 * A file on the disk, under its path. Errors of reading it: there is none, it is no file, it is empty, or longer than a
 * text can be.
 */
export function fileSource(path: string): Source {
  return { name: path, bytes: () => readBytes(path) };
}

/** A folder on the disk. */
export function folderSource(path: string): SourceFolder {
  return {
    name: path,
    list: (folder) => readdir(join(path, folder)).catch(() => []),
    bytes: (file) => readFile(join(path, file)),
  };
}

async function readBytes(path: string): Promise<Uint8Array> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new Error(`${path}: there is no such file`, { cause });
  });
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  if (stats.size === 0) throw new Error(`${path} is empty: there is nothing to learn from`);
  if (stats.size > constants.MAX_STRING_LENGTH) {
    const limit = Math.floor(constants.MAX_STRING_LENGTH / 1e6);
    throw new Error(`${path} has ${Math.ceil(stats.size / 1e6)} MB, a text can have ${limit}: split it`);
  }
  return readFile(path);
}
