import { host } from "#host";
import { StoredFile } from "./store/store.ts";

/** A file: its path, which means a file on the disk in Node and one in the browser's own file system there, or one in any store. */
export type FileLike = string | StoredFile;

export function fileAt(file: FileLike): StoredFile {
  return file instanceof StoredFile ? file : host.file(file);
}
