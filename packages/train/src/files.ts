/**
 * Files that are either whole or not there. Node's modules are imported when they are needed, so that everything that
 * needs no files works in a browser too.
 */

/** Fills a file through `write`; it appears under its name once it is whole and on the disk. */
export async function writeFileWith(path: string, write: (append: Append) => Promise<void>): Promise<void> {
  const { mkdir, open, rename, rm } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  const temporary = `${path}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(temporary, "w");
    try {
      await write(async (part) => {
        await file.appendFile(part);
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export type Append = (part: string | Uint8Array) => Promise<void>;

export async function writeAtomically(path: string, content: string): Promise<void> {
  await writeFileWith(path, (append) => append(content));
}

/** Errors: no such file; says what kind of file was looked for. */
export async function readText(path: string, kind: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path, kind));
}

export async function readBytes(path: string, kind: string): Promise<Uint8Array> {
  const { readFile } = await import("node:fs/promises");
  try {
    // A Buffer's slice() would share its memory; a Uint8Array's copies.
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    const missing = (error as { code?: unknown }).code === "ENOENT";
    throw new Error(`no ${kind} file: ${path}: ${missing ? "it does not exist" : (error as Error).message}`, {
      cause: error,
    });
  }
}
