import { createReadStream } from "node:fs";
import { Parser, type ReadEntry } from "tar";
import { ARCHIVE_LIMITS, tooMuch } from "./limits.ts";

/**
 * The files in a tar archive, compressed or not, whose paths are wanted. Nothing is unpacked to disk. Errors: it is not whole,
 * or unpacks to more than the limits.
 */
export async function readFromTar(
  archive: string,
  wanted: RegExp,
  limits = ARCHIVE_LIMITS,
): Promise<{ path: string; bytes: Uint8Array }[]> {
  const found: { path: string; parts: Uint8Array[] }[] = [];
  let [bytes, failure] = [0, undefined as Error | undefined];
  const onReadEntry = (entry: ReadEntry) => {
    const parts: Uint8Array[] = [];
    found.push({ path: entry.path, parts });
    if (found.length > limits.files) failure ??= tooMuch(limits);
    entry.on("data", (part: Uint8Array) => {
      bytes += part.length;
      if (bytes > limits.bytes) failure ??= tooMuch(limits);
      if (failure === undefined) parts.push(part);
    });
  };
  const parser = new Parser({ strict: true, filter: (path) => wanted.test(path), onReadEntry });
  try {
    await new Promise<void>((resolve, reject) => {
      const input = createReadStream(archive);
      const fail = (error: unknown) => {
        input.destroy();
        reject(error);
      };
      input.on("error", fail);
      parser.on("error", fail);
      parser.on("end", resolve);
      input.on("data", (part) => {
        parser.write(part as Buffer);
        if (failure !== undefined) fail(failure);
      });
      input.on("end", () => parser.end());
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${archive} is no whole tar archive (${reason}); delete it and fetch it again`, { cause });
  }
  return found.map(({ path, parts }) => ({ path, bytes: Buffer.concat(parts) }));
}
