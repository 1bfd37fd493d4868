import {
  type Device,
  isFloat,
  NUMBER_TYPES,
  type NumberTypeName,
  noGrad,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
} from "@lectern/autograd";
import {
  CHECKSUMS,
  DamagedFileError,
  describeChecksums,
  headerChecksum,
  parseChecksums,
  RunningChecksum,
  SUMMED_BYTES,
} from "./checksums.ts";
import { decodeNumbers, encodeNumbers } from "./fileNumbers.ts";
import { type FileLike, fileAt } from "./files.ts";
import {
  checkedMetadata,
  type Entry,
  FormatError,
  headerLength,
  LENGTH_BYTES,
  layout,
  METADATA,
  type Place,
  parseHeader,
  TYPES,
  type TypeName,
} from "./safetensorsHeader.ts";
import { type StoredFile, StoreError, type StoreReader } from "./store/store.ts";
import { PART_BYTES, type StoredTensor, type StoredTensors } from "./storedTensor.ts";

/** Tensors in files, in the safetensors format. They are read and written in parts: a file may be larger than the memory. */

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>;
  /** What else the file says, in strings. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Some of a tensor's numbers, row-major, from the element with that number on. */
export type LookAt = (name: string, values: TypedArray, start: number) => void;

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
  /** Looks at a tensor's numbers, a part from the given one on, and throws where they should not be: then nothing is written. */
  readonly check?: LookAt;
}

// --- writing --------------------------------------------------------------------------------------

/** The type that a tensor is written as, where its device holds floats in double precision or not. */
function typeOf({ dtype }: Tensor, types: SafetensorsTypes, isDouble: boolean): TypeName {
  const held = isDouble && isFloat(dtype) ? "float64" : dtype;
  const wanted: NumberTypeName = (isFloat(dtype) ? types.float : types.integer) ?? held;
  return (Object.keys(TYPES) as TypeName[]).find((name) => TYPES[name] === wanted)!;
}

/** The devices of some tensors on which floats are in double precision: one number of each is read. */
async function doubles(tensors: Iterable<Tensor>): Promise<Set<Device>> {
  const floats = new Map(
    Array.from(tensors, (t) => [t.device, t] as const).filter(([, t]) => isFloat(t.dtype) && t.size),
  );
  const found = new Set<Device>();
  for (const [device, { storage }] of floats) {
    if ((await device.download(storage, 0, 1)) instanceof Float64Array) found.add(device);
  }
  return found;
}

interface Written {
  readonly name: string;
  readonly t: Tensor;
  readonly dtype: TypeName;
  readonly bytes: number;
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
  const inDouble = await doubles(tensors.values());
  const list: Written[] = Array.from(tensors, ([name, t]) => {
    const dtype = typeOf(t, types, inDouble.has(t.device));
    return { name, t, dtype, bytes: t.size * NUMBER_TYPES[TYPES[dtype]].bytes };
  });
  // As Python's writer orders them, so that every tensor begins at a multiple of its element's size.
  const rank = ({ dtype }: Written) => Object.keys(TYPES).indexOf(dtype);
  list.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  const header = headerOf(list, metadata);
  const sums = checksums ? await headerChecksum({ ...header, [METADATA]: metadata }) : undefined;
  // The sums are known at the end, and have the same length as what keeps their place until then.
  const withSums = (sumOf: (name: string) => string) => {
    if (sums === undefined) return bytesOf(header);
    const text = describeChecksums(sums, Object.fromEntries(list.map(({ name }) => [name, sumOf(name)])));
    return bytesOf({ ...header, [METADATA]: { ...metadata, [CHECKSUMS]: text } });
  };
  await fileAt(file).write(async (append, overwrite) => {
    const found = new Map<string, string>();
    await append(withSums(() => "0".repeat(64)));
    for (const { name, t, dtype } of list) {
      const sum = new RunningChecksum();
      for await (const { start, values } of partsOf(t, SUMMED_BYTES / NUMBER_TYPES[TYPES[dtype]].bytes)) {
        check?.(name, values, start);
        const bytes = encodeNumbers(name, TYPES[dtype], values);
        await Promise.all([append(bytes), sums === undefined ? undefined : sum.add(bytes)]);
      }
      if (sums !== undefined) found.set(name, await sum.value());
    }
    if (sums !== undefined)
      await overwrite(
        0,
        withSums((name) => found.get(name)!),
      );
  });
}

type Header = Readonly<Record<string, Entry | Readonly<Record<string, string>>>>;

function headerOf(list: readonly Written[], metadata: Readonly<Record<string, string>>): Header {
  const header: [string, Header[string]][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA, metadata]);
  let end = 0;
  for (const { name, t, dtype, bytes } of list) {
    const start = end;
    end += bytes;
    header.push([name, { dtype, shape: [...t.shape], data_offsets: [start, end] }]);
  }
  return Object.fromEntries(header);
}

/** What a file begins with. */
function bytesOf(header: Header): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/** A tensor's numbers, row-major, so many at once. */
async function* partsOf(t: Tensor, atOnce: number): AsyncIterable<{ start: number; values: TypedArray }> {
  const flat = t.isContiguous() ? noGrad(() => t.detach().reshape([t.size])) : undefined;
  // One with gaps is put together as a whole.
  const whole = flat === undefined ? await t.data() : undefined;
  for (let start = 0; start < t.size; start += atOnce) {
    const count = Math.min(atOnce, t.size - start);
    const values = whole?.subarray(start, start + count) ?? (await flat!.narrow(0, start, count).data());
    yield { start, values };
  }
}

// --- reading --------------------------------------------------------------------------------------

/** A file of which is known what is in it, before its numbers are read. */
export interface OpenSafetensors {
  readonly tensors: StoredTensors;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads all of it once, compares it with its checksums, where it has any, and shows every number to `lookAt`. Errors:
   * it is not as it was written.
   */
  verify(lookAt?: LookAt): Promise<void>;
}

/**
 * Opens a file for as long as `use` takes. Its tensors come on a device, the default one unless given. Errors: no such file,
 * or one that is not whole, or no safetensors file; a type that is not among `TYPES`.
 */
export async function openSafetensors<T>(
  file: FileLike,
  use: (open: OpenSafetensors) => Promise<T>,
  device?: Device,
): Promise<T> {
  const stored = fileAt(file);
  return stored.read("safetensors", async (reader) => {
    const { places, metadata, sums } = await told(stored, describe(stored.path, reader));
    const tensors = places.map((place): [string, StoredTensor] => [
      place.name,
      {
        shape: place.shape,
        dtype: TYPES[place.dtype],
        eachPart: (each) => told(stored, eachPart(reader, place, each, device)),
      },
    ]);
    const verify = async (lookAt?: LookAt) => {
      if (sums === undefined && lookAt === undefined) return;
      for (const place of places) await told(stored, verifyTensor(stored.path, reader, place, sums, lookAt));
    };
    return use({ tensors: new Map(tensors), metadata, verify });
  });
}

/** The same, for whoever asks for nothing but the tensors. */
export function readSafetensors<T>(
  file: FileLike,
  use: (tensors: StoredTensors) => Promise<T>,
  device?: Device,
): Promise<T> {
  return openSafetensors(file, ({ tensors }) => use(tensors), device);
}

/**
 * Reads a file's tensors onto a device (the default one unless given), and its metadata. Errors: no such file, or one
 * that is not whole, not as it was written, or no safetensors file; a type that is not among `TYPES`, or a whole number that int32 cannot hold.
 */
export async function loadSafetensors(file: FileLike, device?: Device): Promise<SafetensorsFile> {
  const stored = fileAt(file);
  return stored.read("safetensors", async (reader) => {
    const { places, metadata, sums } = await told(stored, describe(stored.path, reader));
    const tensors = new Map<string, Tensor>();
    for (const place of places) {
      await told(stored, verifyTensor(stored.path, reader, place, sums));
      const read = reader.read(place.start, place.length);
      tensors.set(
        place.name,
        await told(
          stored,
          read.then((bytes) => toTensor(place, bytes, device)),
        ),
      );
    }
    return { tensors, metadata };
  });
}

/** What an operation gives. Errors name the file, and tell one that is damaged from one that cannot be read. */
async function told<T>(file: StoredFile, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof StoreError || error instanceof DamagedFileError) throw error;
    const message = `no safetensors file: ${file}: ${(error as Error).message}`;
    throw error instanceof FormatError
      ? new DamagedFileError(message, { cause: error })
      : new Error(message, { cause: error });
  }
}

type Sums = ReturnType<typeof parseChecksums>;

/** What a file's header says. Errors: it is not whole, or not as it was written. */
async function describe(path: string, reader: StoreReader) {
  const start = await reader.read(0, Math.min(LENGTH_BYTES, reader.size));
  const bytes = await reader.read(start.length, headerLength(start, reader.size));
  const { places, metadata } = layout(bytes, reader.size);
  const sums = await checkedSums(path, bytes);
  return { places, metadata, sums };
}

/** The checksums of a file, where it has any, and the system can make them. Errors: the header is not as it was written. */
async function checkedSums(path: string, bytes: Uint8Array): Promise<Sums | undefined> {
  const header = parseHeader(bytes);
  const { [CHECKSUMS]: text, ...metadata } = checkedMetadata(header[METADATA] ?? {});
  if (text === undefined) return undefined;
  const sums = parseChecksums(text);
  const found = await headerChecksum({ ...header, [METADATA]: metadata });
  if (found !== undefined && found !== sums.header) throw DamagedFileError.of(path, "its header");
  return found === undefined ? undefined : sums;
}

async function verifyTensor(
  path: string,
  reader: StoreReader,
  place: Place,
  sums: Sums | undefined,
  lookAt?: LookAt,
): Promise<void> {
  if (sums === undefined && lookAt === undefined) return;
  const { name, dtype, start, length } = place;
  const atOnce = sums?.part ?? SUMMED_BYTES;
  const sum = new RunningChecksum();
  for (let at = 0; at < length; at += atOnce) {
    const bytes = await reader.read(start + at, Math.min(atOnce, length - at));
    if (sums !== undefined) await sum.add(bytes);
    lookAt?.(name, decodeNumbers(name, TYPES[dtype], bytes), at / NUMBER_TYPES[TYPES[dtype]].bytes);
  }
  if (sums !== undefined && (await sum.value()) !== sums.tensors[name]) {
    throw DamagedFileError.of(path, `tensor "${name}"`);
  }
}

async function eachPart(
  reader: StoreReader,
  place: Place,
  each: Parameters<StoredTensor["eachPart"]>[0],
  device: Device | undefined,
): Promise<void> {
  if (place.length === 0) return;
  const [rows = 1, ...rest] = place.shape;
  const rowBytes = place.length / Math.max(1, rows);
  const atOnce = Math.max(1, Math.floor(PART_BYTES / Math.max(1, rowBytes)));
  for (let start = 0; start < rows; start += atOnce) {
    const count = Math.min(atOnce, rows - start);
    const bytes = await reader.read(place.start + start * rowBytes, count * rowBytes);
    const shape = place.shape.length === 0 ? [] : [count, ...rest];
    scope(() => each(toTensor({ ...place, shape }, bytes, device), 0, start));
  }
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

function toTensor({ name, dtype, shape }: Place, bytes: Uint8Array<ArrayBuffer>, device?: Device): Tensor {
  const type = TYPES[dtype];
  return tensor(decodeNumbers(name, type, bytes), { shape, dtype: NUMBER_TYPES[type].heldAs, device });
}
