import { type Device, type DType, Storage } from "./device.ts";
import { collectGarbage, nextTask } from "./platform.ts";

/**
 * When memory on a device is given back. Nobody writes dispose calls; three rules do it, in this order:
 *
 * 1. `scope(fn)` frees what was made inside, except what it returns and what is kept.
 * 2. A graph ends with `backward()`. Its values stay readable until the next graph has ended too, so a loop that
 *    never awaits holds two steps' values at most.
 * 3. Everything else is freed by a finalizer once JavaScript no longer reaches it. V8 does not see memory outside its
 *    heap, so reading a value (`await t.item()`) provokes a collection when much has piled up, and lets finalizers run.
 */

/** Anything that holds storages: a Tensor, or a graph's node. */
interface Holder {
  readonly storage: Storage;
  /** Storages that the graph behind it needs for its backward pass. */
  graphStorages?(): Iterable<Storage>;
}

const finalizers = new FinalizationRegistry<{ device: Device; twin: Storage }>(({ device, twin }) => {
  if (twin.freed === undefined) giveBack(device, twin, "nothing reached it any more");
});

/** The finalizer may not hold the storage itself; it holds a twin with the same handle. */
const twins = new WeakMap<Storage, Storage>();

const usage = { bytes: 0, peakBytes: 0, storages: 0, bytesAfterCollection: 0 };
const BYTES: Record<DType, number> = { float32: 4, int32: 4 };
const COLLECT_AFTER = 64 * 2 ** 20;

/** Device memory in use by tensors: bytes now and at most, and the number of blocks. */
export function memoryUsage(): { bytes: number; peakBytes: number; storages: number } {
  return { bytes: usage.bytes, peakBytes: usage.peakBytes, storages: usage.storages };
}

/** Starts counting `peakBytes` anew. */
export function resetPeakMemory(): void {
  usage.peakBytes = usage.bytes;
}

/** Memory for a tensor of `length` elements, under the care of the innermost scope and of the finalizer. */
export function allocate(device: Device, length: number, dtype: DType): Storage {
  const storage = device.allocate(length, dtype);
  const twin = new Storage(device, dtype, length, storage.handle);
  twins.set(storage, twin);
  finalizers.register(storage, { device, twin }, storage);
  usage.bytes += length * BYTES[dtype];
  usage.storages++;
  if (usage.bytes > usage.peakBytes) usage.peakBytes = usage.bytes;
  scopes[scopes.length - 1]?.made.add(storage);
  return storage;
}

function giveBack(device: Device, storage: Storage, reason: string): void {
  storage.freed = reason;
  usage.bytes -= storage.length * BYTES[storage.dtype];
  usage.storages--;
  device.release(storage);
}

/** Gives a storage's memory back now. Reading any tensor on it says so, with the reason. */
export function release(storage: Storage, reason: string): void {
  const twin = twins.get(storage);
  if (storage.freed !== undefined || twin === undefined) return;
  storage.freed = reason;
  finalizers.unregister(storage);
  giveBack(storage.device, twin, reason);
}

/** Exempts storages from scopes and ended graphs: parameters, gradients, optimiser state. Only a finalizer frees them. */
export function keep<T extends Holder>(holder: T): T {
  holder.storage.kept = true;
  return holder;
}

// --- rule 1: scopes -----------------------------------------------------------------------------

/** The storages made while a scope is open. `using s = scope()` closes it at the end of its block. */
export class Scope implements Disposable {
  readonly made = new Set<Storage>();

  /** Spares these tensors (and the graphs behind them): they go to the enclosing scope. */
  keep<T>(value: T): T {
    const outer = scopes[scopes.indexOf(this) - 1];
    for (const storage of storagesOf(value)) {
      if (this.made.delete(storage)) outer?.made.add(storage);
    }
    return value;
  }

  [Symbol.dispose](): void {
    const at = scopes.lastIndexOf(this);
    if (at < 0) return;
    scopes.splice(at, 1);
    for (const storage of this.made) {
      if (!storage.kept) release(storage, "its scope ended: return it from the scope, or keep it with s.keep(t)");
    }
    this.made.clear();
  }
}

const scopes: Scope[] = [];

/**
 * Frees, when `fn` has ended, the memory of every tensor made inside it, except those it returns (alone, or in arrays,
 * objects and maps), parameters, gradients and optimiser state. An asynchronous `fn` keeps its scope open until it has
 * settled; do not let two of those overlap. Without a function: `using s = scope()`.
 */
export function scope(): Scope;
export function scope<T>(fn: () => T): T;
export function scope<T>(fn?: () => T): T | Scope {
  const opened = new Scope();
  scopes.push(opened);
  if (fn === undefined) return opened;
  let pending = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      pending = true;
      return result.then((value) => opened.keep(value)).finally(() => opened[Symbol.dispose]()) as T;
    }
    return opened.keep(result);
  } finally {
    if (!pending) opened[Symbol.dispose]();
  }
}

function* storagesOf(value: unknown, seen = new Set<unknown>()): Iterable<Storage> {
  if (typeof value !== "object" || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
  seen.add(value);
  const holder = value as Partial<Holder>;
  if (holder.storage instanceof Storage) {
    yield holder.storage;
    if (holder.graphStorages !== undefined) yield* holder.graphStorages();
    return;
  }
  const parts = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
  for (const part of parts) yield* storagesOf(part, seen);
}

// --- rule 2: ended graphs -----------------------------------------------------------------------

let ended: Storage[] = [];
const spared = new WeakSet<Storage>();

/** Called by `detach()`: somebody wants the value beyond its graph's end. */
export function spareFromGraph(storage: Storage): void {
  spared.add(storage);
}

/** Called by `backward()` with the values that only its graph needed; frees those of the graph before. */
export function endGraph(storages: Storage[]): void {
  const now = new Set(storages);
  for (const storage of ended) {
    if (!storage.kept && !now.has(storage) && !spared.has(storage)) {
      release(storage, "its graph was used up by backward(), and so was a later one: keep it with t.detach()");
    }
  }
  ended = [...now];
}

// --- rule 3: finalizers -------------------------------------------------------------------------

/**
 * Called wherever a value is awaited: when much memory has been taken since the last collection, provokes one and lets
 * a task pass, in which finalizers run.
 */
export async function settle(): Promise<void> {
  if (usage.bytes < usage.bytesAfterCollection * 1.5 + COLLECT_AFTER) return;
  // Two tasks: V8 keeps what this job touched alive until it ends, and finalizers run in a task after the collection.
  await nextTask();
  collectGarbage();
  await nextTask();
  usage.bytesAfterCollection = usage.bytes;
}
