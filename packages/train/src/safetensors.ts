import { type Device, type DType, type Shape, sizeOf, type Tensor, type TypedArray, tensor } from "@lectern/autograd";
import { readBytes, writeFileWith } from "./files.ts";

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

const ARRAYS = { F64: Float64Array, F32: Float32Array, I32: Int32Array } as const;
type TypeName = keyof typeof ARRAYS;
const DTYPES: Record<TypeName, DType> = { F64: "float32", F32: "float32", I32: "int32" };

function typeName(values: TypedArray): TypeName {
  if (values instanceof Float64Array) return "F64";
  return values instanceof Float32Array ? "F32" : "I32";
}

/**
 * Writes tensors to a file that appears once it is whole. Each is written as its device holds it: float32 as F32, on
 * `reference`, which computes in double precision, as F64, so that nothing is lost; int32 as I32.
 */
export async function saveSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const arrays = new Map<string, TypedArray>();
  for (const [name, t] of tensors) arrays.set(name, await t.data());
  const header: Record<string, Entry | Readonly<Record<string, string>>> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  // As Python's writer orders them: the widest type first, so that every tensor begins at a multiple of its element's size.
  const typeNames = Object.keys(ARRAYS);
  const rank = (values: TypedArray) => typeNames.indexOf(typeName(values));
  const order = [...arrays].sort(([a, x], [b, y]) => rank(x) - rank(y) || (a < b ? -1 : 1));
  let end = 0;
  for (const [name, values] of order) {
    const start = end;
    end += values.byteLength;
    header[name] = { dtype: typeName(values), shape: [...tensors.get(name)!.shape], data_offsets: [start, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  await writeFileWith(path, async (append) => {
    await append(length);
    await append(padded);
    for (const [, values] of order) await append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  });
}

/**
 * Reads a file's tensors onto a device (the default one unless given), and its metadata. Errors: no such file, or one
 * that is not whole or no safetensors file; types other than F64, F32 and I32.
 */
export async function loadSafetensors(path: string, device?: Device): Promise<SafetensorsFile> {
  const bytes = await readBytes(path, "safetensors");
  try {
    return parseSafetensors(bytes, device);
  } catch (error) {
    throw new Error(`no safetensors file: ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** The same from bytes in memory. Errors say what is wrong, without a file's name. */
export function parseSafetensors(bytes: Uint8Array, device?: Device): SafetensorsFile {
  const { header, dataStart } = parseHeader(bytes);
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  let filled = 0;
  const inOrder = Object.entries(entries).map(([name, entry]) => [name, checkedEntry(name, entry)] as const);
  inOrder.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  for (const [name, { dtype, shape, data_offsets }] of inOrder) {
    const [start, end] = data_offsets;
    if (start !== filled) throw new Error(`there is a gap or an overlap before tensor "${name}"`);
    if (dataStart + end > bytes.length) throw new Error(`it ends in the middle of tensor "${name}"`);
    filled = end;
    // Copied, so that the numbers begin at a multiple of their size.
    const own = bytes.slice(dataStart + start, dataStart + end);
    tensors.set(name, tensor(new ARRAYS[dtype](own.buffer), { shape, dtype: DTYPES[dtype], device }));
  }
  if (dataStart + filled !== bytes.length) {
    throw new Error(`there are ${bytes.length - dataStart - filled} bytes behind the last tensor`);
  }
  return { tensors, metadata: checkedMetadata(metadata) };
}

function parseHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw new Error("it is shorter than the 8 bytes of the header's length");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = 8 + Number(view.getBigUint64(0, true));
  if (dataStart > bytes.length) throw new Error("its header is not whole");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch {
    throw new Error("its header is no JSON");
  }
  if (!isRecord(header)) throw new Error("its header is no JSON object");
  return { header, dataStart };
}

function checkedEntry(name: string, entry: unknown): { dtype: TypeName; shape: Shape; data_offsets: [number, number] } {
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(isCount);
  if (!isRecord(entry)) throw new Error(`the header does not describe tensor "${name}"`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isList(shape) || !isList(offsets) || offsets.length !== 2) {
    throw new Error(`the header does not describe tensor "${name}"`);
  }
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new Error(`tensor "${name}" is ${dtype}, and only ${Object.keys(ARRAYS).join(", ")} are read`);
  }
  const type = dtype as TypeName;
  const [start, end] = offsets;
  if (end - start !== sizeOf(shape) * ARRAYS[type].BYTES_PER_ELEMENT) {
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
