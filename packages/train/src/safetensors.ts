import {
  type Device,
  isFloat,
  NUMBER_TYPES,
  type NumberTypeName,
  type Shape,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
} from "@lectern/autograd";
import { decodeNumbers, encodeNumbers } from "./fileNumbers.ts";
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

/** As what numbers are written, where it is not as their device holds them. */
export interface SafetensorsTypes {
  /** `float32`, `bfloat16` or `float16` take less room than what is held, and are rounded to the nearest. */
  readonly float?: "float64" | "float32" | "bfloat16" | "float16";
  /** `int64` is what PyTorch's indices are. Errors: a number that does not fit. */
  readonly integer?: "int64" | "int32" | "uint8" | "bool";
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
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
  types: SafetensorsTypes = {},
): Promise<void> {
  const parts: { name: string; dtype: TypeName; shape: Shape; bytes: Uint8Array }[] = [];
  for (const [name, t] of tensors) {
    const values = await t.data();
    const dtype = typeOf(t, values, types);
    parts.push({ name, dtype, shape: t.shape, bytes: encodeNumbers(name, TYPES[dtype], values) });
  }
  const header: Record<string, Entry | Readonly<Record<string, string>>> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  // As Python's writer orders them, so that every tensor begins at a multiple of its element's size.
  const rank = ({ dtype }: { dtype: TypeName }) => Object.keys(TYPES).indexOf(dtype);
  parts.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  let end = 0;
  for (const { name, dtype, shape, bytes } of parts) {
    const start = end;
    end += bytes.length;
    header[name] = { dtype, shape: [...shape], data_offsets: [start, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true);
  await writeFileWith(path, async (append) => {
    await append(length);
    await append(padded);
    for (const { bytes } of parts) await append(bytes);
  });
}

/**
 * Reads a file's tensors onto a device (the default one unless given), and its metadata. Errors: no such file, or one
 * that is not whole or no safetensors file; a type that is not among `TYPES`, or a whole number that int32 cannot hold.
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
    const type = TYPES[dtype];
    const values = decodeNumbers(name, type, new Uint8Array(bytes.subarray(dataStart + start, dataStart + end)));
    tensors.set(name, tensor(values, { shape, dtype: NUMBER_TYPES[type].heldAs, device }));
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
