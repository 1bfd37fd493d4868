import { type UnzipFileInfo, unzipSync } from "fflate";
import { unpackTar } from "modern-tar";
import type { Source } from "../source.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits, tooMuch } from "./limits.ts";

/** Archives in memory, for a page. Node reads them from the disk (`tar.ts`, `zip.ts`), where they need not fit into memory. */

/** One file out of a zip archive. Errors: the archive is damaged, or has no such file. */
export async function unzip(archive: Source, fileName: string, limits = ARCHIVE_LIMITS): Promise<Uint8Array> {
  try {
    const filter = ({ name, originalSize }: UnzipFileInfo) => {
      if (name === fileName && originalSize > limits.bytes) throw tooMuch(limits);
      return name === fileName;
    };
    const { [fileName]: found } = unzipSync(await archive.bytes(), { filter });
    if (found === undefined) throw new Error(`it holds no ${fileName}`);
    return found;
  } catch (cause) {
    throw notWhole(archive, "zip", cause);
  }
}

/** The files of a tar archive, compressed or not, whose paths are wanted. Errors: the archive is damaged. */
export async function untar(
  archive: Source,
  wanted: RegExp,
  limits = ARCHIVE_LIMITS,
): Promise<{ path: string; bytes: Uint8Array }[]> {
  try {
    const bytes = new Uint8Array(await archive.bytes());
    const plain = new Blob([bytes]).stream();
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const stream = isGzip ? plain.pipeThrough(new DecompressionStream("gzip")) : plain;
    const files = await unpackTar(stream.pipeThrough(counted(limits)), {
      strict: true,
      filter: ({ name }) => wanted.test(name),
    });
    return files.flatMap(({ header, data }) => (data === undefined ? [] : [{ path: header.name, bytes: data }]));
  } catch (cause) {
    throw notWhole(archive, "tar", cause);
  }
}

/** Lets bytes through. Errors: more of them than an archive may have. */
function counted(limits: ArchiveLimits): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(part, controller) {
      bytes += part.length;
      if (bytes > limits.bytes) throw tooMuch(limits);
      controller.enqueue(part);
    },
  });
}

function notWhole({ name }: Source, kind: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${name} is no whole ${kind} archive (${reason}); delete it and fetch it again`, { cause });
}
