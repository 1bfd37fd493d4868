import { type NumberTypeName, type Shape, sizeOf } from "@lectern/autograd";
import { Built, Name, type Names, type Value } from "./pickle.ts";

/** What PyTorch's pickles say of tensors: the names that they need, and what those build. */

/** Numbers that lie one behind the other somewhere in the file. */
export class Storage extends Built {
  readonly kind = "storage";
  readonly key: string;
  readonly dtype: NumberTypeName;
  /** How many numbers. */
  readonly length: number;

  constructor(key: string, dtype: NumberTypeName, length: number) {
    super();
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }
}

/** A view of a storage. */
export class TorchTensor extends Built {
  readonly kind = "tensor";
  readonly storage: Storage;
  /** The place of the first element in its storage, and from one element to the next along each axis; in numbers. */
  readonly offset: number;
  readonly strides: readonly number[];
  readonly shape: Shape;

  /** Errors: a view that lies outside of its storage. */
  constructor(storage: Storage, offset: number, shape: Shape, strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    const last = shape.reduce((place, size, axis) => place + (size - 1) * strides[axis], offset);
    if (shape.length !== strides.length || (sizeOf(shape) > 0 && last >= storage.length)) {
      throw new Error("a tensor lies outside of its storage");
    }
  }
}

/** Types of storages, as `torch.save` names them. */
const STORAGES: Readonly<Record<string, NumberTypeName>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

const isCount = (value: Value | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isCounts = (value: Value | undefined): value is number[] => Array.isArray(value) && value.every(isCount);

/** `_rebuild_tensor_v2(storage, offset, shape, strides, …)`; what follows says nothing of the numbers. */
function rebuildTensor([storage, offset, shape, strides]: readonly Value[]): TorchTensor {
  if (!(storage instanceof Storage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new Error("it describes a tensor in a way that is not known here");
  }
  return new TorchTensor(storage, offset, shape, strides);
}

/** `_rebuild_parameter(tensor, requires_grad, …)` */
function rebuildParameter([tensor]: readonly Value[]): TorchTensor {
  if (tensor instanceof TorchTensor) return tensor;
  throw new Error("it describes a parameter in a way that is not known here");
}

const allowed = new Map(
  [
    new Name("collections.OrderedDict", () => new Map()),
    new Name("torch._utils._rebuild_tensor", rebuildTensor),
    new Name("torch._utils._rebuild_tensor_v2", rebuildTensor),
    new Name("torch._utils._rebuild_parameter", rebuildParameter),
    ...Object.keys(STORAGES).map((type) => new Name(`torch.${type}`)),
  ].map((name) => [name.name, name]),
);

/** `("storage", torch.FloatStorage, key, "cpu", length)`, and in the older format a view of it, which nobody makes. */
function storageOf(id: Value): Storage {
  const [tag, type, key, , length, view] = Array.isArray(id) ? (id as Value[]) : [];
  const dtype = type instanceof Name ? STORAGES[type.name.replace("torch.", "")] : undefined;
  if (
    tag !== "storage" ||
    dtype === undefined ||
    typeof key !== "string" ||
    !isCount(length) ||
    (view ?? null) !== null
  ) {
    throw new Error("it describes a storage in a way that is not known here");
  }
  return new Storage(key, dtype, length);
}

export const names: Names = {
  find: (module, name) => allowed.get(`${module}.${name}`),
  persistent: storageOf,
};

/** The tensors of a state dict. Errors: it is none. */
export function stateDictOf(value: Value): Map<string, TorchTensor> {
  if (!(value instanceof Map)) throw new Error("it holds no dictionary of tensors");
  for (const [key, tensor] of value) {
    if (typeof key !== "string" || !(tensor instanceof TorchTensor)) {
      const told = typeof key === "string" ? JSON.stringify(key.slice(0, 100)) : "a key that is no text";
      throw new Error(`it holds no dictionary of tensors: ${told} is something else`);
    }
  }
  return value as Map<string, TorchTensor>;
}
