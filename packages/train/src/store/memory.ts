import { assertWithin, missingFile, type Store, StoreError, type StoreReader, type StoreWriter } from "./store.ts";

/** Files in memory, for as long as the store is: for tests, and for runs that nobody needs afterwards. */
export class MemoryStore implements Store {
  readonly path: string;
  readonly #files = new Map<string, Uint8Array>();

  constructor(path = "memory") {
    this.path = path;
  }

  pathOf(name: string): string {
    return `${this.path}/${name}`;
  }

  async list(folder = ""): Promise<string[]> {
    const inside = [...this.#files.keys()].filter((name) => isWithin(name, folder));
    const rest = inside.map((name) => (folder === "" ? name : name.slice(folder.length + 1)));
    return [...new Set(rest.map((name) => name.split("/", 1)[0]))];
  }

  async size(name: string): Promise<number | undefined> {
    return this.#files.get(name)?.length;
  }

  async reader(name: string): Promise<StoreReader> {
    const bytes = this.#files.get(name);
    const path = this.pathOf(name);
    if (bytes === undefined) throw missingFile(path);
    return {
      size: bytes.length,
      async read(start, length) {
        assertWithin(path, bytes.length, start, length);
        return bytes.slice(start, start + length);
      },
      async close() {},
    };
  }

  async writer(name: string): Promise<StoreWriter> {
    const parts: Uint8Array[] = [];
    return {
      append: async (part) => {
        // The caller may go on to use its memory for something else.
        parts.push(typeof part === "string" ? new TextEncoder().encode(part) : part.slice());
      },
      overwrite: async (start, bytes) => {
        const all = joined(parts.splice(0));
        all.set(bytes, start);
        parts.push(all);
      },
      commit: async () => {
        this.#files.set(name, joined(parts));
      },
      async abort() {},
    };
  }

  async append(name: string, text: string): Promise<void> {
    const there = this.#files.get(name) ?? new Uint8Array(0);
    this.#files.set(name, joined([there, new TextEncoder().encode(text)]));
  }

  async rename(name: string, to: string): Promise<void> {
    if ((await this.list(to)).length > 0 || this.#files.has(to)) {
      throw new StoreError(this.pathOf(to), "it is there already");
    }
    const moved = [...this.#files].filter(([file]) => file === name || isWithin(file, name));
    if (moved.length === 0) throw missingFile(this.pathOf(name));
    for (const [file, bytes] of moved) {
      this.#files.delete(file);
      this.#files.set(to + file.slice(name.length), bytes);
    }
  }

  async remove(name: string): Promise<void> {
    for (const file of this.#files.keys()) {
      if (file === name || isWithin(file, name)) this.#files.delete(file);
    }
  }
}

const isWithin = (name: string, folder: string) => folder === "" || name.startsWith(`${folder}/`);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
