import { randomBytes } from "node:crypto";
import { appendFile, type FileHandle, mkdir, open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { takeLock } from "./lock.ts";
import { HOST, isAlive } from "./processes.ts";
import { assertWithin, missingFile, type Store, StoreError, type StoreReader, type StoreWriter } from "./store.ts";

/** What can be read in one call. */
const CHUNK = 2 ** 30;

/** A folder on the disk, which is made when something is written to it. */
export class FolderStore implements Store {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  pathOf(name: string): string {
    return this.path === "." ? name : `${this.path}/${name}`;
  }

  async list(folder = ""): Promise<string[]> {
    const path = folder === "" ? this.path : this.pathOf(folder);
    return (await unlessMissing(path, readdir(path))) ?? [];
  }

  async size(name: string): Promise<number | undefined> {
    const path = this.pathOf(name);
    const stats = await unlessMissing(path, stat(path));
    return stats?.isFile() ? stats.size : undefined;
  }

  async reader(name: string): Promise<StoreReader> {
    const path = this.pathOf(name);
    const file = await told(path, open(path, "r"));
    const { size } = await told(path, file.stat());
    return {
      size,
      async read(start, length) {
        assertWithin(path, size, start, length);
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; ) {
          const wanted = Math.min(CHUNK, length - at);
          const { bytesRead } = await told(path, file.read(bytes, at, wanted, start + at));
          if (bytesRead === 0) throw new StoreError(path, "it became shorter while it was read");
          at += bytesRead;
        }
        return bytes;
      },
      close: () => told(path, file.close()),
    };
  }

  async writer(name: string): Promise<StoreWriter> {
    const path = this.pathOf(name);
    const temporary = temporaryName(path);
    await told(path, makeFolder(dirname(path)));
    await removeLeftovers(dirname(path));
    const file = await told(path, open(temporary, "wx"));
    return {
      append: (part) => told(path, file.appendFile(part)),
      overwrite: (start, bytes) => told(path, writeAt(file, start, bytes)),
      async commit() {
        await told(path, file.sync());
        await told(path, file.close());
        await told(path, rename(temporary, path));
        await syncFolder(dirname(path));
      },
      async abort() {
        await file.close();
        await told(path, rm(temporary, { force: true }));
      },
    };
  }

  async append(name: string, text: string): Promise<void> {
    const path = this.pathOf(name);
    await told(path, makeFolder(dirname(path)));
    const before = (await this.size(name)) ?? 0;
    await told(
      path,
      appendFile(path, text).catch(async (error) => {
        // A full disk takes the first half of a line.
        await truncate(path, before).catch(() => {});
        throw error;
      }),
    );
  }

  async rename(name: string, to: string): Promise<void> {
    const [path, target] = [this.pathOf(name), this.pathOf(to)];
    if ((await unlessMissing(target, stat(target))) !== undefined) throw new StoreError(target, "it is there already");
    await told(target, makeFolder(dirname(target)));
    await told(path, rename(path, target));
  }

  async remove(name: string): Promise<void> {
    const path = this.pathOf(name);
    await told(path, rm(path, { recursive: true, force: true }));
  }

  async lock(name: string): Promise<() => Promise<void>> {
    const path = this.pathOf(name);
    await told(path, makeFolder(dirname(path)));
    const advice = `stop it or wait for it, or train into another folder (--out); ${path} may be deleted if it is gone for certain`;
    const inUse = (by: string) => new StoreError(this.path, `the folder is in use by ${by}: ${advice}`);
    return told(path, takeLock(path, inUse));
  }
}

/** Makes a folder, and those above it. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error;
    // On a read-only disk Node calls what it should make missing; one folder at a time it says the reason.
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** Where a file is appended to stays where it was. */
async function writeAt(file: FileHandle, start: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}

/** A name that nobody else writes under, and that tells whose it is: `model.safetensors.host-1234-0f3a5b7c.tmp`. */
function temporaryName(path: string): string {
  return `${path}.${HOST}-${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
}

/** Deletes what processes of this computer were writing when they were killed. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, host, pid] = /\.([A-Za-z0-9]*)-(\d+)-[0-9a-f]{8}\.tmp$/.exec(basename(name)) ?? [];
    if (pid === undefined || (await isAlive({ host, pid: Number(pid) })) !== false) continue;
    // That it stays does no harm.
    await rm(join(folder, name), { force: true }).catch(() => {});
  }
}

/** Puts a file's new name on the disk, which only some systems (not Windows) let one ask for. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file itself is on the disk, and its name follows.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EISDIR: "it is a folder",
  ENOTDIR: "a file is where a folder should be",
  EEXIST: "a file is where a folder should be",
  EFBIG: "the file would be larger than this process may write (ulimit -f)",
  EMFILE: "too many files are open",
};

/** What an operation gives. Errors: a `StoreError` in place of the system's own. */
async function told<T>(path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    if (isMissing(cause)) throw missingFile(path, cause);
    const { code = "", message } = cause as { code?: string; message: string };
    throw new StoreError(path, REASONS[code] ?? message, { cause });
  }
}

/** The same, with undefined where there is no such file or folder. */
function unlessMissing<T>(path: string, operation: Promise<T>): Promise<T | undefined> {
  return told<T | undefined>(
    path,
    operation.catch((error) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
  );
}

const isMissing = (error: unknown) => (error as { code?: unknown }).code === "ENOENT";
