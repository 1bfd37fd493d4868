import {
  type Device,
  isFloat,
  NUMBER_TYPES,
  type NumberTypeName,
  type Shape,
  scope,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
} from "@lectern/autograd";
import { CHECKSUMS, checksum, DamagedFileError, headerChecksum, parseChecksums } from "./checksums.ts";
import { decodeNumbers, encodeNumbers } from "./fileNumbers.ts";
import { type FileLike, fileAt } from "./files.ts";
import { parseJson } from "./json.ts";
import { type StoredFile, StoreError, type StoreReader } from "./store/store.ts";
import { PART_BYTES, type StoredTensor, type StoredTensors } from "./storedTensor.ts";

/**
 * The safetensors format (https://github.com/huggingface/safetensors): the header's length as 8 bytes, little-endian;
 * the header, JSON that says of each tensor its type, shape and where its bytes lie; the bytes, row-major,
 * little-endian, one tensor right behind the other.
 */

interface Entry {
  dtype: string;
  shape: number[];
  /** First byte and the one after the last, counted from the end of the header. */
  data_offsets: [number, number];
}

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>;
  /** What else the file says, in strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's names of types, in the order that Python's writer puts them: the widest first. */
const TYPES = {
  I64: "int64",
  F64: "float64",
  F32: "float32",
  I32: "int32",
  BF16: "bfloat16",
  F16: "float16",
  U8: "uint8",
  BOOL: "bool",
} as const satisfies Record<string, NumberTypeName>;
type TypeName = keyof typeof TYPES;

/** The header's key for what is no tensor. */
const METADATA = "__metadata__";

/** As what numbers are written, where it is not as their device holds them. */
export interface SafetensorsTypes {
  /** `float32`, `bfloat16` or `float16` take less room than what is held, and are rounded to the nearest. */
  readonly float?: "float64" | "float32" | "bfloat16" | "float16";
  /** `int64` is what PyTorch's indices are. Errors: a number that does not fit. */
  readonly integer?: "int64" | "int32" | "uint8" | "bool";
}

/** How a file is written. */
export interface SafetensorsOptions extends SafetensorsTypes {
  /** The metadata get a checksum of everything, which `loadSafetensors` looks at. */
  readonly checksums?: boolean;
  /** Looks at a tensor's numbers before anything is written, and throws where they should not be. */
  readonly check?: (name: string, values: TypedArray) => void;
}

/** The type that a tensor is written as. */
function typeOf(t: Tensor, values: TypedArray, types: SafetensorsTypes): TypeName {
  const held = values instanceof Float64Array ? "float64" : t.dtype;
  const wanted: NumberTypeName = (isFloat(t.dtype) ? types.float : types.integer) ?? held;
  return (Object.keys(TYPES) as TypeName[]).find((name) => TYPES[name] === wanted)!;
}

/**
 * Writes tensors to a file that appears once it is whole. Each is written as its device holds it, unless `types` says
 * otherwise: float32 as F32, on `reference`, which computes in double precision, as F64, so that nothing is lost; int32 as I32.
 * Errors: a number that the wanted type cannot hold.
 */
export async function saveSafetensors(
  file: FileLike,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
  { checksums = false, check, ...types }: SafetensorsOptions = {},
): Promise<void> {
  if (tensors.has(METADATA)) throw new Error(`saveSafetensors: a tensor cannot be called ${METADATA}`);
  const parts: { name: string; dtype: TypeName; shape: Shape; bytes: Uint8Array }[] = [];
  for (const [name, t] of tensors) {
    const values = await t.data();
    check?.(name, values);
    const dtype = typeOf(t, values, types);
    parts.push({ name, dtype, shape: t.shape, bytes: encodeNumbers(name, TYPES[dtype], values) });
  }
  const header: [string, Entry | Readonly<Record<string, string>>][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, metadata]);
  // As Python's writer orders them, so that every tensor begins at a multiple of its element's size.
  const rank = ({ dtype }: { dtype: TypeName }) => Object.keys(TYPES).indexOf(dtype);
  parts.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  let end = 0;
  for (const { name, dtype, shape, bytes } of parts) {
    const start = end;
    end += bytes.length;
    header.push([name, { dtype, shape: [...shape], data_offsets: [start, end] }]);
  }
  const described = Object.fromEntries(header);
  if (checksums) described[METADATA] = { ...metadata, ...(await checksumsOf(described, parts)) };
  const json = new TextEncoder().encode(JSON.stringify(described));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  await fileAt(file).write(async (append) => {
    await append(length);
    await append(padded);
    for (const { bytes } of parts) await append(bytes);
  });
}

/** The metadata's entry of checksums; none where the system cannot make them. */
async function checksumsOf(
  header: object,
  parts: readonly { name: string; bytes: Uint8Array }[],
): Promise<Record<string, string>> {
  const sum = await headerChecksum(header);
  if (sum === undefined) return {};
  const sums: [string, string | undefined][] = [];
  for (const { name, bytes } of parts) sums.push([name, await checksum(bytes)]);
  return { [CHECKSUMS]: JSON.stringify({ header: sum, tensors: Object.fromEntries(sums) }) };
}

/**
 * What compares a tensor's bytes with the checksums in a file's header, where it has any. Errors: the header itself is not
 * as it was written.
 */
async function checker(
  path: string,
  headerBytes: Uint8Array,
): Promise<(name: string, bytes: Uint8Array) => Promise<void>> {
  const header = parseHeader(headerBytes);
  const { [CHECKSUMS]: text, ...metadata } = checkedMetadata(header[METADATA] ?? {});
  if (text === undefined) return async () => {};
  const wanted = parseChecksums(text);
  const found = await headerChecksum({ ...header, [METADATA]: metadata });
  if (found !== undefined && found !== wanted.header) throw new DamagedFileError(path, "its header");
  return async (name, bytes) => {
    const sum = await checksum(bytes);
    if (sum !== undefined && sum !== wanted.tensors[name]) throw new DamagedFileError(path, `tensor "${name}"`);
  };
}

/**
 * Reads a file's tensors onto a device (the default one unless given), and its metadata. Errors: no such file, or one
 * that is not whole, not as it was written, or no safetensors file; a type that is not among `TYPES`, or a whole number that int32 cannot hold.
 */
export async function loadSafetensors(file: FileLike, device?: Device): Promise<SafetensorsFile> {
  const stored = fileAt(file);
  return told(stored, () =>
    stored.read("safetensors", async (reader) => {
      const {
        header,
        layout: { places, metadata },
      } = await readLayout(reader);
      const check = await checker(stored.path, header);
      const tensors = new Map<string, Tensor>();
      for (const place of places) {
        const bytes = await reader.read(place.start, place.length);
        await check(place.name, bytes);
        tensors.set(place.name, toTensor(place, bytes, device));
      }
      return { tensors, metadata };
    }),
  );
}

/** Opens a file for as long as `use` takes: what is in it is known before anything of it is read. Errors as `loadSafetensors`. */
export async function readSafetensors<T>(
  file: FileLike,
  use: (tensors: StoredTensors) => Promise<T>,
  device?: Device,
): Promise<T> {
  const stored = fileAt(file);
  return stored.read("safetensors", async (reader) => {
    const eachPart = async (place: Place, each: Parameters<StoredTensor["eachPart"]>[0]) => {
      const [rows = 1, ...rest] = place.shape;
      const rowBytes = place.length / Math.max(1, rows);
      const atOnce = Math.max(1, Math.floor(PART_BYTES / Math.max(1, rowBytes)));
      for (let start = 0; start < rows; start += atOnce) {
        const count = Math.min(atOnce, rows - start);
        const bytes = await reader.read(place.start + start * rowBytes, count * rowBytes);
        const shape = place.shape.length === 0 ? [] : [count, ...rest];
        scope(() => each(toTensor({ ...place, shape }, bytes, device), 0, start));
      }
    };
    const { places } = await told(stored, async () => (await readLayout(reader)).layout);
    const tensors = places.map((place): [string, StoredTensor] => [
      place.name,
      {
        shape: place.shape,
        dtype: TYPES[place.dtype],
        eachPart: (each) => told(stored, () => eachPart(place, each)),
      },
    ]);
    return use(new Map(tensors));
  });
}

/** What `act` gives. Errors: what is wrong with a file, with the file's name. */
async function told<T>(stored: StoredFile, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof StoreError || error instanceof DamagedFileError) throw error;
    throw new Error(`no safetensors file: ${stored}: ${(error as Error).message}`, { cause: error });
  }
}

/** The header's bytes, and what it says. */
async function readLayout(reader: StoreReader) {
  const start = await reader.read(0, Math.min(LENGTH_BYTES, reader.size));
  const header = await reader.read(start.length, headerLength(start, reader.size));
  return { header, layout: layout(header, reader.size) };
}

/** The same from bytes in memory. Errors say what is wrong, without a file's name. */
export function parseSafetensors(bytes: Uint8Array, device?: Device): SafetensorsFile {
  // A Buffer's own slice() would share its memory, and the numbers have to begin at a multiple of their size.
  const copy = (start: number, length: number) => new Uint8Array(bytes.subarray(start, start + length));
  const header = copy(LENGTH_BYTES, headerLength(bytes, bytes.length));
  const { places, metadata } = layout(header, bytes.length);
  const read = (place: Place) => toTensor(place, copy(place.start, place.length), device);
  return { tensors: new Map(places.map((place) => [place.name, read(place)])), metadata };
}

/** Where a tensor lies in its file, from the file's first byte on. */
interface Place {
  readonly name: string;
  readonly dtype: TypeName;
  readonly shape: Shape;
  readonly start: number;
  readonly length: number;
}

function toTensor({ name, dtype, shape }: Place, bytes: Uint8Array<ArrayBuffer>, device?: Device): Tensor {
  const type = TYPES[dtype];
  return tensor(decodeNumbers(name, type, bytes), { shape, dtype: NUMBER_TYPES[type].heldAs, device });
}

const LENGTH_BYTES = 8;
const MOST_HEADER = 1e8;

/** Errors: a file of so many bytes cannot begin so. */
function headerLength(start: Uint8Array, size: number): number {
  if (start.length < LENGTH_BYTES) throw new Error("it is shorter than the 8 bytes of the header's length");
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (LENGTH_BYTES + length > size) throw new Error("its header is not whole");
  if (length > MOST_HEADER) throw new Error("its header is longer than 100 MB, the most that the format allows");
  return length;
}

/** Where a file's tensors lie, one right behind the other to its end. Errors: its header does not say so. */
function layout(headerBytes: Uint8Array, size: number): { places: Place[]; metadata: Record<string, string> } {
  const { [METADATA]: metadata = {}, ...entries } = parseHeader(headerBytes);
  const dataStart = LENGTH_BYTES + headerBytes.length;
  const inOrder = Object.entries(entries).map(([name, entry]) => ({ name, ...checkedEntry(name, entry) }));
  inOrder.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  let filled = 0;
  const places = inOrder.map(({ name, dtype, shape, data_offsets: [start, end] }) => {
    if (start !== filled) throw new Error(`there is a gap or an overlap before tensor "${name}"`);
    if (dataStart + end > size) throw new Error(`it ends in the middle of tensor "${name}"`);
    filled = end;
    return { name, dtype, shape, start: dataStart + start, length: end - start };
  });
  if (dataStart + filled !== size)
    throw new Error(`there are ${size - dataStart - filled} bytes behind the last tensor`);
  return { places, metadata: checkedMetadata(metadata) };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("its header is no JSON");
  }
  const header = parseJson(text, "its header");
  if (!isRecord(header)) throw new Error("its header is no JSON object");
  return header;
}

function checkedEntry(name: string, entry: unknown): { dtype: TypeName; shape: Shape; data_offsets: [number, number] } {
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(isCount);
  if (!isRecord(entry)) throw new Error(`the header does not describe tensor "${name}"`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isList(shape) || !isList(offsets) || offsets.length !== 2) {
    throw new Error(`the header does not describe tensor "${name}"`);
  }
  if (!Object.hasOwn(TYPES, dtype)) {
    throw new Error(`tensor "${name}" is ${dtype}, and only ${Object.keys(TYPES).join(", ")} are read`);
  }
  const type = dtype as TypeName;
  const [start, end] = offsets;
  if (end - start !== sizeOf(shape) * NUMBER_TYPES[TYPES[type]].bytes) {
    throw new Error(`tensor "${name}" has ${end - start} bytes, which is not the size of its shape`);
  }
  return { dtype: type, shape, data_offsets: [start, end] };
}

function checkedMetadata(metadata: unknown): Record<string, string> {
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw new Error("its metadata are not strings");
  }
  return metadata as Record<string, string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
