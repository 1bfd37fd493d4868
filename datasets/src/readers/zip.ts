import { crc32 } from "node:zlib";
import { type Entry, open, type ZipFile } from "yauzl";
import { ARCHIVE_LIMITS, tooMuch } from "./limits.ts";

/**
 * One file's bytes out of a zip archive. Throws where the archive is damaged (sizes and CRC-32 are checked), has no
 * such file, or one that unpacks to more than the limit.
 */
export async function readFromZip(path: string, fileName: string, limits = ARCHIVE_LIMITS): Promise<Buffer> {
  try {
    const zip = await openZip(path);
    try {
      const entry = await findEntry(zip, fileName);
      // What the directory says is what is unpacked at most.
      if (entry.uncompressedSize > limits.bytes) throw tooMuch(limits);
      const bytes = await readEntry(zip, entry);
      if (crc32(bytes) !== entry.crc32) throw new Error(`the checksum of ${fileName} is wrong`);
      return bytes;
    } finally {
      zip.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} is no whole zip archive (${reason}); delete it and fetch it again`, { cause });
  }
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

function findEntry(zip: ZipFile, fileName: string): Promise<Entry> {
  return new Promise((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", () => reject(new Error(`it holds no ${fileName}`)));
    zip.on("entry", (entry: Entry) => (entry.fileName === fileName ? resolve(entry) : zip.readEntry()));
    zip.readEntry();
  });
}

async function readEntry(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
