import { unzipSync } from "fflate";
import { unpackTar } from "modern-tar";
import type { Source } from "../source.ts";

/** Archives in memory, for a page. Node reads them from the disk (`tar.ts`, `zip.ts`), where they need not fit into memory. */

/** One file out of a zip archive. Errors: the archive is damaged, or has no such file. */
export async function unzip(archive: Source, fileName: string): Promise<Uint8Array> {
  try {
    const { [fileName]: found } = unzipSync(await archive.bytes(), { filter: ({ name }) => name === fileName });
    if (found === undefined) throw new Error(`it holds no ${fileName}`);
    return found;
  } catch (cause) {
    throw notWhole(archive, "zip", cause);
  }
}

/** The files of a tar archive, compressed or not, whose paths are wanted. Errors: the archive is damaged. */
export async function untar(archive: Source, wanted: RegExp): Promise<{ path: string; bytes: Uint8Array }[]> {
  try {
    const bytes = new Uint8Array(await archive.bytes());
    const plain = new Blob([bytes]).stream();
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const stream = isGzip ? plain.pipeThrough(new DecompressionStream("gzip")) : plain;
    const files = await unpackTar(stream, { strict: true, filter: ({ name }) => wanted.test(name) });
    return files.flatMap(({ header, data }) => (data === undefined ? [] : [{ path: header.name, bytes: data }]));
  } catch (cause) {
    throw notWhole(archive, "tar", cause);
  }
}

function notWhole({ name }: Source, kind: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${name} is no whole ${kind} archive (${reason}); delete it and fetch it again`, { cause });
}
