import { type Device, NUMBER_TYPES, scope, sizeOf, type TypedArray, tensor } from "@lectern/autograd";
import { decodeNumbers } from "../fileNumbers.ts";
import { type FileLike, fileAt } from "../files.ts";
import { StoreError, type StoreReader } from "../store/store.ts";
import { PART_BYTES, type StoredTensor, type StoredTensors } from "../storedTensor.ts";
import { Unpickler } from "./pickle.ts";
import { names, type Storage, stateDictOf, type TorchTensor } from "./tensors.ts";
import { type ZipEntry, zipEntries } from "./zip.ts";

/**
 * The files of `torch.save(model.state_dict(), path)`, `pytorch_model.bin` among them: since PyTorch 1.6 a zip archive of a
 * pickle, `data.pkl`, and the storages' numbers, `data/0`, …; before, pickles with the numbers behind them. Only tensors
 * and dictionaries are read, and nothing in a file is executed.
 */

/** Pickles say where numbers lie, and hold none: those of the largest models are smaller. */
const MOST_PICKLE = 2 ** 24;

/** What a file holds, and where its storages' bytes lie. */
interface Contents {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  bytes(storage: Storage): ZipEntry;
}

/**
 * Opens a file for as long as `use` takes: what is in it is known before any of its numbers is read. Errors: no such file,
 * one that is damaged, or that holds something else than a dictionary of tensors; each names the file.
 */
export async function readTorch<T>(
  file: FileLike,
  use: (tensors: StoredTensors) => Promise<T>,
  device?: Device,
): Promise<T> {
  const stored = fileAt(file);
  const told = async <R>(act: () => Promise<R>): Promise<R> => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new Error(`no file of PyTorch's: ${stored}: ${(error as Error).message}`, { cause: error });
    }
  };
  return stored.read("PyTorch", async (reader) => {
    const contents = await told(() => open(reader));
    const tensors = await told(async () => {
      assertHeld(contents.tensors, reader.size);
      return Array.from(contents.tensors, ([name, view]): [string, StoredTensor] => {
        const bytes = contents.bytes(view.storage);
        const needed = view.storage.length * NUMBER_TYPES[view.storage.dtype].bytes;
        if (bytes.size !== needed)
          throw new Error(`the numbers of ${name} are ${bytes.size} bytes instead of ${needed}`);
        const eachPart: StoredTensor["eachPart"] = (each) => told(() => readParts(name, view, bytes, each, device));
        return [name, { shape: view.shape, dtype: view.storage.dtype, eachPart }];
      });
    });
    return use(new Map(tensors));
  });
}

/** Tensors may share their numbers, but not so much of them that a small file asks for all memory. Errors: they do. */
function assertHeld(tensors: ReadonlyMap<string, TorchTensor>, fileSize: number): void {
  let bytes = 0;
  for (const { shape, storage } of tensors.values()) bytes += sizeOf(shape) * NUMBER_TYPES[storage.dtype].bytes;
  if (bytes > 4 * fileSize) throw new Error(`its tensors are ${bytes} bytes, which it cannot hold`);
}

async function open(reader: StoreReader): Promise<Contents> {
  const start = await reader.read(0, Math.min(2, reader.size));
  // "PK"
  return start[0] === 0x50 && start[1] === 0x4b ? openZip(reader) : openOld(reader);
}

// --- the zip archive --------------------------------------------------------------------------------

async function openZip(reader: StoreReader): Promise<Contents> {
  const entries = await zipEntries(reader);
  const [pickle, ...more] = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined || more.length > 0) throw new Error("it holds no data.pkl, or it is compressed");
  const folder = pickle.replace(/data\.pkl$/, "");
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(await order.read(0, Math.min(order.size, 16))) !== "little") {
    throw new Error("its numbers are big-endian");
  }
  const { size, read } = entries.get(pickle)!;
  if (size > MOST_PICKLE) throw new Error("its data.pkl is larger than that of any model");
  return {
    tensors: stateDictOf(new Unpickler(await read(0, size), names).load()),
    bytes({ key }) {
      const entry = entries.get(`${folder}data/${key}`);
      if (entry === undefined) throw new Error(`it holds no data/${key.slice(0, 100)}`);
      return entry;
    },
  };
}

// --- the older format -------------------------------------------------------------------------------

const MAGIC = 0x1950a86a20f9469cfc6cn;
const OLD_PROTOCOL = 1001;

/** A magic number, a protocol, the writer's sizes, the dictionary, the storages' keys; then each storage's length and numbers. */
async function openOld(reader: StoreReader): Promise<Contents> {
  const pickles = new Unpickler(await reader.read(0, Math.min(reader.size, MOST_PICKLE)), names);
  const isOld = () => pickles.load() === MAGIC && pickles.load() === OLD_PROTOCOL;
  if (!isOld()) throw new Error("it does not begin as one");
  const system = pickles.load();
  if (!(system instanceof Map) || system.get("little_endian") !== true) throw new Error("its numbers are big-endian");
  const tensors = stateDictOf(pickles.load());
  const keys = pickles.load();
  if (!Array.isArray(keys)) throw new Error("it does not list its storages");
  const storages = new Map(Array.from(tensors.values(), ({ storage }) => [storage.key, storage]));
  const entries = new Map<string, ZipEntry>();
  let at = pickles.position;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (storage === undefined) throw new Error("it lists a storage that no tensor has");
    const length = new DataView((await reader.read(at, Math.min(8, reader.size - at))).buffer);
    if (length.byteLength < 8) throw new Error("it ends in the middle of a storage");
    if (Number(length.getBigUint64(0, true)) !== storage.length) {
      throw new Error(`the storage ${storage.key.slice(0, 100)} has another length than its tensors say`);
    }
    const [start, size] = [at + 8, storage.length * NUMBER_TYPES[storage.dtype].bytes];
    if (start + size > reader.size) throw new Error("it ends in the middle of a storage");
    entries.set(storage.key, { size, read: (from, count) => reader.read(start + from, count) });
    at = start + size;
  }
  return {
    tensors,
    bytes({ key }) {
      const entry = entries.get(key);
      if (entry === undefined) throw new Error(`it does not hold the storage ${key.slice(0, 100)}`);
      return entry;
    },
  };
}

// --- numbers ----------------------------------------------------------------------------------------

/** Reads a view in parts along the axis on which neighbours lie farthest apart, so that each part is one stretch of the file. */
async function readParts(
  name: string,
  { storage, offset, shape, strides }: TorchTensor,
  bytes: ZipEntry,
  each: Parameters<StoredTensor["eachPart"]>[0],
  device?: Device,
): Promise<void> {
  if (sizeOf(shape) === 0) return;
  const width = NUMBER_TYPES[storage.dtype].bytes;
  const axis = farthestAxis(shape, strides);
  const [size, stride] = axis < 0 ? [1, 0] : [shape[axis], strides[axis]];
  const atOnce = Math.max(1, Math.floor(PART_BYTES / (Math.max(1, stride) * width)));
  for (let start = 0; start < size; start += atOnce) {
    const count = Math.min(atOnce, size - start);
    const part = axis < 0 ? [] : shape.with(axis, count);
    const length = 1 + part.reduce((last, n, i) => last + (n - 1) * strides[i], 0);
    const stretch = await bytes.read((offset + start * stride) * width, length * width);
    const values = gather(decodeNumbers(name, storage.dtype, stretch), part, strides);
    const dtype = NUMBER_TYPES[storage.dtype].heldAs;
    scope(() => each(tensor(values, { shape: part, dtype, device }), Math.max(0, axis), start));
  }
}

function farthestAxis(shape: readonly number[], strides: readonly number[]): number {
  const axes = shape.map((_, axis) => axis);
  return axes.sort((a, b) => strides[b] - strides[a] || shape[b] - shape[a])[0] ?? -1;
}

/** A view's elements in row-major order, from the stretch that holds them; that itself where they lie so. */
function gather(values: TypedArray, shape: readonly number[], strides: readonly number[]): TypedArray {
  const rowMajor = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  if (shape.every((size, axis) => size === 1 || strides[axis] === rowMajor[axis])) return values;
  const gathered = new (values.constructor as Float32ArrayConstructor)(sizeOf(shape)) as TypedArray;
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < gathered.length; to++) {
    gathered[to] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= index[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return gathered;
}
