import type { StoreReader } from "../store/store.ts";

/** Where a file lies in a zip archive, as it is: PyTorch compresses nothing. */
export interface ZipEntry {
  /** Reads from its `start`-th byte on. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  readonly size: number;
}

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 65_535;
const LOCAL_SIZE = 30;
/** The directory of an archive with a hundred thousand tensors is a tenth of this. */
const MOST_DIRECTORY = 2 ** 26;
/** Sizes that stand in the extra field, since 32 bits do not hold them. */
const ELSEWHERE = 0xffffffff;

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);
const long = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/**
 * The files in a zip archive that are not compressed (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), with
 * the extension for more than 4 GB. Errors say what is wrong, without the archive's name.
 */
export async function zipEntries(reader: StoreReader): Promise<Map<string, ZipEntry>> {
  const { start, length } = await findDirectory(reader);
  if (length > MOST_DIRECTORY) throw new Error("its directory is larger than any archive of tensors has");
  const bytes = await reader.read(start, within(reader, start, length));
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at + 46 <= bytes.length && view.getUint32(at, true) === ENTRY; ) {
    const [method, nameLength, extraLength, commentLength] = [10, 28, 30, 32].map((i) => view.getUint16(at + i, true));
    const nameEnd = at + 46 + nameLength;
    const next = nameEnd + extraLength + commentLength;
    if (next > bytes.length) throw new Error("its directory is not whole");
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    if (entries.has(name)) throw new Error("its directory has a name twice");
    const [packed, size, offset] = longSizes(view, at, bytes.subarray(nameEnd, nameEnd + extraLength));
    if (method === 0 && packed !== size) throw new Error("its directory contradicts itself");
    if (method === 0) entries.set(name, entryAt(reader, offset, size));
    at = next;
  }
  return entries;
}

function within({ size }: StoreReader, start: number, length: number): number {
  if (!Number.isSafeInteger(start) || start + length > size) throw new Error("its directory points behind its end");
  return length;
}

/** Where the list of the files lies. */
async function findDirectory(reader: StoreReader): Promise<{ start: number; length: number }> {
  const tailSize = Math.min(reader.size, END_SIZE + LONGEST_COMMENT);
  const tail = await reader.read(reader.size - tailSize, tailSize);
  const view = viewOf(tail);
  let at = tail.length - END_SIZE;
  while (at >= 0 && view.getUint32(at, true) !== END) at--;
  if (at < 0) throw new Error("its end is missing");
  const locator = at - 20;
  if (locator >= 0 && view.getUint32(locator, true) === END_64_LOCATOR) {
    const where = long(view, locator + 8);
    const end = viewOf(await reader.read(where, within(reader, where, 56)));
    if (end.getUint32(0, true) !== END_64) throw new Error("its directory is not where it should be");
    return { start: long(end, 48), length: long(end, 40) };
  }
  return { start: view.getUint32(at + 16, true), length: view.getUint32(at + 12, true) };
}

/** Compressed size, size and place of an entry; those that need more than 32 bits stand in its extra field, in this order. */
function longSizes(view: DataView, at: number, extra: Uint8Array): [number, number, number] {
  const fields: [number, number, number] = [
    view.getUint32(at + 20, true),
    view.getUint32(at + 24, true),
    view.getUint32(at + 42, true),
  ];
  const [packed, size, offset] = fields;
  if (!fields.includes(ELSEWHERE)) return fields;
  const more = viewOf(extra);
  for (let i = 0; i + 4 <= extra.length; i += 4 + more.getUint16(i + 2, true)) {
    if (more.getUint16(i, true) !== 1) continue;
    let next = i + 4;
    const take = (field: number) => {
      if (field !== ELSEWHERE) return field;
      next += 8;
      if (next > extra.length) throw new Error("its directory is not whole");
      return long(more, next - 8);
    };
    const real = take(size);
    return [take(packed), real, take(offset)];
  }
  throw new Error("its directory is not whole");
}

function entryAt(reader: StoreReader, offset: number, size: number): ZipEntry {
  let dataStart: number | undefined;
  return {
    size,
    async read(start, length) {
      if (dataStart === undefined) {
        const local = viewOf(await reader.read(offset, within(reader, offset, LOCAL_SIZE)));
        if (local.getUint32(0, true) !== LOCAL) throw new Error("its directory points where no file is");
        dataStart = offset + LOCAL_SIZE + local.getUint16(26, true) + local.getUint16(28, true);
      }
      if (start + length > size) throw new Error("a file in it is shorter than it should be");
      return reader.read(dataStart + start, within(reader, dataStart + start, length));
    },
  };
}
