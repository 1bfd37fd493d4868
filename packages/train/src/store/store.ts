/**
 * Where files lie: a folder in Node (`folder.ts`), the browser's own file system there (`browser.ts`), memory
 * (`memory.ts`). What writes and reads runs, weights and tokenizers knows only this.
 *
 * Names are relative to the store, with "/" between folders, which are made where they are needed. What cannot be done,
 * because a disk is full or permission is missing, is a `StoreError` that says where; that a file is not there is none,
 * except for whoever opens it.
 */
export interface Store {
  /** How people find it: a folder's path. */
  readonly path: string;
  /** How people find a file in it. */
  pathOf(name: string): string;
  /** The names of the files and folders in a folder, in no order; none where there is no such folder. */
  list(folder?: string): Promise<string[]>;
  /** Bytes of a file; undefined where there is none. */
  size(name: string): Promise<number | undefined>;
  /** Opens a file, of any size. Errors: there is none. */
  reader(name: string): Promise<StoreReader>;
  /** Begins a file, of any size. It appears under its name when it is committed, in place of what was there. */
  writer(name: string): Promise<StoreWriter>;
  /** Puts text at a file's end, which is made where it is not there: all of it, or on an error nothing. */
  append(name: string, text: string): Promise<void>;
  /** Gives a file or folder another name, which nothing has yet. */
  rename(name: string, to: string): Promise<void>;
  /** Deletes a file, or a folder with everything in it, where there is one. */
  remove(name: string): Promise<void>;
  /**
   * Keeps everybody else from the folder, through a file of that name, until what it gives is called; the end of the process
   * ends it too. Left out where a store cannot. Errors: somebody else has it, and who.
   */
  lock?(name: string): Promise<() => Promise<void>>;
}

/** An open file. */
export interface StoreReader {
  readonly size: number;
  /** Bytes in memory of their own. Errors: the file does not have them. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** A file that is being written, and that nobody sees yet. One of `commit` and `abort` has to end it. */
export interface StoreWriter {
  append(part: string | Uint8Array): Promise<void>;
  /** Puts other bytes in the place of what was appended, from that byte on; what is appended afterwards comes behind everything. */
  overwrite(start: number, bytes: Uint8Array): Promise<void>;
  /** Now the file is there, whole. */
  commit(): Promise<void>;
  /** Leaves everything as it was. */
  abort(): Promise<void>;
}

/** What a store could not do. The message names the file. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Whether the file is not there, which some ask for; otherwise something is in the way. */
  readonly missing: boolean;

  constructor(path: string, reason: string, { missing = false, cause }: { missing?: boolean; cause?: unknown } = {}) {
    super(`${path}: ${reason}`, { cause });
    this.missing = missing;
  }
}

export function missingFile(path: string, cause?: unknown): StoreError {
  return new StoreError(path, "it does not exist", { missing: true, cause });
}

/** Errors: a reader is asked for bytes behind its file's end. */
export function assertWithin(path: string, size: number, start: number, length: number): void {
  if (start >= 0 && length >= 0 && start + length <= size) return;
  throw new StoreError(path, `it has ${size} bytes, and ${length} were asked for from byte ${start} on`);
}

/** A file in a store, which may be there or not. */
export class StoredFile {
  readonly store: Store;
  readonly name: string;

  constructor(store: Store, name: string) {
    this.store = store;
    this.name = name;
  }

  /** How people find it; a template string shows it too. */
  get path(): string {
    return this.store.pathOf(this.name);
  }

  toString(): string {
    return this.path;
  }

  async exists(): Promise<boolean> {
    return (await this.store.size(this.name)) !== undefined;
  }

  /** Opens the file for as long as `use` takes. Errors: it is not there; says what kind of file was looked for. */
  async read<T>(kind: string, use: (reader: StoreReader) => Promise<T>): Promise<T> {
    const reader = await this.store.reader(this.name).catch((error: unknown) => {
      if (error instanceof StoreError && error.missing) {
        throw new StoreError(`no ${kind} file: ${this.path}`, "it does not exist", { missing: true, cause: error });
      }
      throw error;
    });
    try {
      return await use(reader);
    } finally {
      await reader.close();
    }
  }

  bytes(kind: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.read(kind, (reader) => reader.read(0, reader.size));
  }

  /** The file's text, which is UTF-8. */
  async text(kind: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(kind));
  }

  /** Writes the same bytes under another name, beside it. */
  async copy(name: string): Promise<void> {
    const bytes = await this.bytes("source");
    await new StoredFile(this.store, name).write((append) => append(bytes));
  }

  /** Writes the file through `fill`: it is there when that is done, and as it was where that fails. */
  async write(
    content: string | ((append: StoreWriter["append"], overwrite: StoreWriter["overwrite"]) => Promise<void>),
  ): Promise<void> {
    const writer = await this.store.writer(this.name);
    try {
      if (typeof content === "string") await writer.append(content);
      else {
        const overwrite: StoreWriter["overwrite"] = (start, bytes) => writer.overwrite(start, bytes);
        await content((part) => writer.append(part), overwrite);
      }
      await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
}
