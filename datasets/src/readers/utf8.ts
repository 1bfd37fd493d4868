import { constants, isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";

/**
 * A file's text. Throws, naming the file, where there is none, it is a folder, has no bytes, is longer than a string
 * can be, or is not UTF-8.
 */
export async function readUtf8(path: string): Promise<string> {
  return decodeUtf8(await readBytes(path), path);
}

/** A file's bytes, with `readUtf8`'s errors except the last. */
export async function readBytes(path: string): Promise<Buffer> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new Error(`${path}: there is no such file`, { cause });
  });
  if (!stats.isFile()) throw new Error(`${path} is not a file`);
  if (stats.size === 0) throw new Error(`${path} is empty: there is nothing to learn from`);
  if (stats.size > constants.MAX_STRING_LENGTH) {
    const limit = Math.floor(constants.MAX_STRING_LENGTH / 1e6);
    throw new Error(`${path} has ${Math.ceil(stats.size / 1e6)} MB, a text can have ${limit}: split it`);
  }
  return readFile(path);
}

/** Bytes as text, without a byte order mark. `what` names them in the error, which gives the first bad byte's offset. */
export function decodeUtf8(bytes: Buffer, what: string): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  const utf16 = bytes.length >= 2 && ["fffe", "feff"].includes(bytes.toString("hex", 0, 2));
  const guess = utf16 ? "it looks like UTF-16: " : "";
  throw new Error(`${what} is not UTF-8: byte ${firstBadByte(bytes)} does not fit; ${guess}save it as UTF-8`);
}

/** Decoding puts U+FFFD where bytes are bad, so encoding again first differs there. */
function firstBadByte(bytes: Buffer): number {
  const again = Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === again[offset]) offset++;
  return offset;
}
