/**
 * Where data come from. Readers know only this: a file on the disk (`@lectern/datasets/node`), one that a user chose in a
 * page (a browser's `File` is one as it is), a download, or bytes that a program has made.
 */
export interface Source {
  /** What messages call it: a path, a file's name. */
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}

/** A folder of such files, each under its path in the folder. */
export interface SourceFolder {
  readonly name: string;
  /** The names in one of its folders; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  bytes(path: string): Promise<Uint8Array>;
}

/** A text or bytes in memory. */
export function memorySource(name: string, content: string | Uint8Array): Source {
  return { name, bytes: async () => (typeof content === "string" ? new TextEncoder().encode(content) : content) };
}

/** The last part of a path: what a corpus is called. */
export function baseName(path: string): string {
  return path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/, "");
}
