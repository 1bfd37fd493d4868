import type { DatasetEntry, FetchOptions } from "../entry.ts";
import type { Source, SourceFolder } from "../source.ts";

/**
 * What reading data needs of its surroundings. `#host` is `node.ts` there and `browser.ts` in a bundle for browsers: the
 * field `imports` of package.json says so, and so neither is in the other's graph.
 */
export interface Host {
  /** What lies at a path. Errors: nothing does; `help` says what to do. */
  open(path: string, help: string): Promise<Source | SourceFolder>;
  /** A data set's file, downloaded where it is not here yet. */
  download(entry: DatasetEntry, options: FetchOptions): Promise<Source>;
  /** A file of an installed package. */
  ofPackage(name: string, path: string): Promise<Uint8Array>;
  /** One file out of a zip archive. Errors: the archive is damaged, or has no such file. */
  fromZip(archive: Source, fileName: string): Promise<Uint8Array>;
  /** The files of a tar archive whose paths are wanted. Errors: the archive is damaged. */
  fromTar(archive: Source, wanted: RegExp): Promise<{ path: string; bytes: Uint8Array }[]>;
}
