import { assertWithin, missingFile, type Store, StoreError, type StoreReader, type StoreWriter } from "./store.ts";

/** What browsers can do and TypeScript's declarations do not know yet. */
interface Movable {
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/**
 * A folder in the browser's own file system (https://fs.spec.whatwg.org), which each site has for itself and keeps until
 * the user clears it. A file that is written appears under its name when it is closed, whole.
 */
export class BrowserStore implements Store {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  async list(folder = ""): Promise<string[]> {
    const handle = await unlessMissing(this.#folder(folder, false));
    const names: string[] = [];
    if (handle !== undefined) for await (const name of handle.keys()) names.push(name);
    return names;
  }

  async size(name: string): Promise<number | undefined> {
    const handle = await unlessMissing(this.#file(name, false));
    return (await handle?.getFile())?.size;
  }

  async reader(name: string): Promise<StoreReader> {
    const path = this.pathOf(name);
    const file = await told(
      path,
      this.#file(name, false).then((handle) => handle.getFile()),
    );
    return {
      size: file.size,
      async read(start, length) {
        assertWithin(path, file.size, start, length);
        return new Uint8Array(await told(path, file.slice(start, start + length).arrayBuffer()));
      },
      async close() {},
    };
  }

  async writer(name: string): Promise<StoreWriter> {
    const path = this.pathOf(name);
    const file = await told(path, this.#file(name, true));
    const isNew = (await file.getFile()).size === 0;
    const stream = await told(path, file.createWritable());
    let end = 0;
    return {
      append: async (part) => {
        const data = (typeof part === "string" ? new TextEncoder().encode(part) : part) as Uint8Array<ArrayBuffer>;
        await told(path, stream.write({ type: "write", position: end, data }));
        end += data.length;
      },
      overwrite: (position, bytes) =>
        told(path, stream.write({ type: "write", position, data: bytes as Uint8Array<ArrayBuffer> })),
      commit: () => told(path, stream.close()),
      abort: async () => {
        await stream.abort();
        // Asking for a file to write makes an empty one.
        if (isNew) await this.remove(name);
      },
    };
  }

  async append(name: string, text: string): Promise<void> {
    const path = this.pathOf(name);
    const file = await told(path, this.#file(name, true));
    const stream = await told(path, file.createWritable({ keepExistingData: true }));
    await told(path, stream.seek((await file.getFile()).size));
    await told(path, stream.write(text));
    await told(path, stream.close());
  }

  async rename(name: string, to: string): Promise<void> {
    const path = this.pathOf(name);
    const [there, target] = [await this.#find(name), await this.#find(to)];
    if (there === undefined) throw missingFile(path);
    if (target !== undefined) throw new StoreError(this.pathOf(to), "it is there already");
    const folder = await told(path, this.#folder(parentOf(to), true));
    const { move } = there as Movable;
    if (there.kind === "file" && move !== undefined) {
      await told(path, move.call(there, folder, baseOf(to)));
      return;
    }
    // Folders cannot be moved everywhere.
    if (there.kind === "file") await told(path, copyFile(there as FileSystemFileHandle, folder, baseOf(to)));
    else for (const inside of await this.list(name)) await this.rename(`${name}/${inside}`, `${to}/${inside}`);
    await this.remove(name);
  }

  async remove(name: string): Promise<void> {
    const folder = await unlessMissing(this.#folder(parentOf(name), false));
    if (folder === undefined) return;
    await told(this.pathOf(name), unlessMissing(folder.removeEntry(baseOf(name), { recursive: true })));
  }

  async #folder(name: string, create: boolean): Promise<FileSystemDirectoryHandle> {
    let handle = await navigator.storage.getDirectory();
    for (const part of `${this.path}/${name}`.split("/")) {
      if (part !== "" && part !== ".") handle = await handle.getDirectoryHandle(part, { create });
    }
    return handle;
  }

  async #file(name: string, create: boolean): Promise<FileSystemFileHandle> {
    const folder = await this.#folder(parentOf(name), create);
    return folder.getFileHandle(baseOf(name), { create });
  }

  async #find(name: string): Promise<FileSystemHandle | undefined> {
    try {
      return await this.#file(name, false);
    } catch {
      return unlessMissing(this.#folder(name, false));
    }
  }
}

const parentOf = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf("/")));
const baseOf = (name: string) => name.slice(name.lastIndexOf("/") + 1);

async function copyFile(from: FileSystemFileHandle, folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  const copy = await folder.getFileHandle(name, { create: true });
  await (await from.getFile()).stream().pipeTo(await copy.createWritable());
}

const isMissing = (error: unknown) => (error as { name?: unknown }).name === "NotFoundError";

async function told<T>(path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    if (isMissing(cause)) throw missingFile(path, cause);
    const { name, message } = cause as Error;
    throw new StoreError(path, name === "QuotaExceededError" ? "the browser gives no more room" : message, { cause });
  }
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
