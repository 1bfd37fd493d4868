import { NUMBER_TYPES, type NumberTypeName, type Shape, sizeOf } from "@lectern/autograd";
import { shown } from "@lectern/nn";
import { parseJson } from "./json.ts";

/**
 * The header of a safetensors file (https://github.com/huggingface/safetensors): its length as 8 bytes, little-endian; then JSON
 * that says of each tensor its type, shape and where its bytes lie, one right behind the other to the file's end.
 */

export interface Entry {
  dtype: string;
  shape: number[];
  /** First byte and the one after the last, counted from the end of the header. */
  data_offsets: [number, number];
}

/** The format's names of types, in the order that Python's writer puts them: the widest first. */
export const TYPES = {
  I64: "int64",
  F64: "float64",
  F32: "float32",
  I32: "int32",
  BF16: "bfloat16",
  F16: "float16",
  U8: "uint8",
  BOOL: "bool",
} as const satisfies Record<string, NumberTypeName>;
export type TypeName = keyof typeof TYPES;

/** The header's key for what is no tensor. */
export const METADATA = "__metadata__";

/** A file that is not what the format says, and so not as anybody wrote it. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Where a tensor lies in its file, from the file's first byte on. */
export interface Place {
  readonly name: string;
  readonly dtype: TypeName;
  readonly shape: Shape;
  readonly start: number;
  readonly length: number;
}

export const LENGTH_BYTES = 8;
const MOST_HEADER = 1e8;

/** Errors: a file of so many bytes cannot begin so. */
export function headerLength(start: Uint8Array, size: number): number {
  if (start.length < LENGTH_BYTES) throw new FormatError("it is shorter than the 8 bytes of the header's length");
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (LENGTH_BYTES + length > size) throw new FormatError("its header is not whole");
  if (length > MOST_HEADER) throw new FormatError("its header is longer than 100 MB, the most that the format allows");
  return length;
}

/** Where a file's tensors lie, one right behind the other to its end. Errors: its header does not say so. */
export function layout(headerBytes: Uint8Array, size: number): { places: Place[]; metadata: Record<string, string> } {
  const { [METADATA]: metadata = {}, ...entries } = parseHeader(headerBytes);
  const dataStart = LENGTH_BYTES + headerBytes.length;
  const inOrder = Object.entries(entries).map(([name, entry]) => ({ name, ...checkedEntry(name, entry) }));
  inOrder.sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  let filled = 0;
  const places = inOrder.map(({ name, dtype, shape, data_offsets: [start, end] }) => {
    if (start !== filled) throw new FormatError(`there is a gap or an overlap before tensor ${shown(name)}`);
    if (dataStart + end > size) throw new FormatError(`it ends in the middle of tensor ${shown(name)}`);
    filled = end;
    return { name, dtype, shape, start: dataStart + start, length: end - start };
  });
  if (dataStart + filled !== size)
    throw new FormatError(`there are ${size - dataStart - filled} bytes behind the last tensor`);
  return { places, metadata: checkedMetadata(metadata) };
}

export function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError("its header is no JSON");
  }
  const header = parsed(text);
  if (!isRecord(header)) throw new FormatError("its header is no JSON object");
  return header;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text, "its header");
  } catch (cause) {
    throw new FormatError((cause as Error).message, { cause });
  }
}

function checkedEntry(name: string, entry: unknown): { dtype: TypeName; shape: Shape; data_offsets: [number, number] } {
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  const isList = (list: unknown): list is number[] => Array.isArray(list) && list.every(isCount);
  if (!isRecord(entry)) throw new FormatError(`the header does not describe tensor ${shown(name)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isList(shape) || !isList(offsets) || offsets.length !== 2) {
    throw new FormatError(`the header does not describe tensor ${shown(name)}`);
  }
  if (!Object.hasOwn(TYPES, dtype)) {
    throw new Error(`tensor ${shown(name)} is ${shown(dtype)}, and only ${Object.keys(TYPES).join(", ")} are read`);
  }
  const type = dtype as TypeName;
  const [start, end] = offsets;
  if (end - start !== sizeOf(shape) * NUMBER_TYPES[TYPES[type]].bytes) {
    throw new FormatError(`tensor ${shown(name)} has ${end - start} bytes, which is not the size of its shape`);
  }
  return { dtype: type, shape, data_offsets: [start, end] };
}

export function checkedMetadata(metadata: unknown): Record<string, string> {
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
    throw new FormatError("its metadata are not strings");
  }
  return metadata as Record<string, string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
