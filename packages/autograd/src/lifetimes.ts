/// <reference lib="esnext.disposable" preserve="true" />
import { type Device, Storage } from "./device.ts";
import { bytesOf, type DType } from "./dtypes.ts";
import { holding, Modes, modes } from "./modes.ts";
import { largestOf, OutOfMemory } from "./outOfMemory.ts";
import { collectGarbage, nextTask, survivors } from "./platform.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/**
 * When memory on a device is given back. Nobody writes dispose calls; three rules do it, in this order:
 *
 * 1. `scope(fn)` frees what was made inside, except what it returns and what is kept.
 * 2. A graph ends with `backward()`. Its values, except single numbers such as losses, stay readable until the next
 *    graph has ended too: a loop without scopes holds two steps' values at most.
 * 3. Everything else is freed when JavaScript no longer reaches it. V8 does not see memory outside its heap and collects
 *    too late, so the allocator provokes a collection when much has piled up. Finalizers then run in a later task; a
 *    loop that never awaits has no later task, so in Node the survivors are looked up at once.
 */

/** Anything that holds storages: a Tensor, or a graph's node. */
interface Holder {
  readonly storage: Storage;
  /** Storages that the graph behind it needs for its backward pass. */
  graphStorages?(): Iterable<Storage>;
}

let count = 0;
/** What is needed to free a storage that is gone: a twin with the same handle, by number. Only for watched storages. */
const twins = new Map<number, Storage>();
const numbers = new WeakMap<Storage, number>();

const finalizers = new FinalizationRegistry<number>(freeUnreached);

const usage = { bytes: 0, peakBytes: 0, storages: 0 };

/** Device memory in use by tensors: bytes now and at most, and the number of blocks. */
export function memoryUsage(): { bytes: number; peakBytes: number; storages: number } {
  return { bytes: usage.bytes, peakBytes: usage.peakBytes, storages: usage.storages };
}

/** Starts counting `peakBytes` anew. */
export function resetPeakMemory(): void {
  usage.peakBytes = usage.bytes;
}

/**
 * Memory for a tensor that `origin` makes, under the care of the innermost scope, or else of the finalizer.
 * Errors: `OutOfMemory`, where the device has none left: says for what, and what is in use.
 */
export function allocate(device: Device, shape: Shape, dtype: DType, origin: string): Storage {
  const length = sizeOf(shape);
  if (footprint() > afterCollection * 1.5 + SLACK) collectNow();
  device.reclaim ??= collectNow;
  const storage = take(device, length, dtype, shape, origin);
  storage.id = count++;
  usage.bytes += length * bytesOf(dtype);
  usage.storages++;
  if (usage.bytes > usage.peakBytes) usage.peakBytes = usage.bytes;
  entrust(storage, stillOpen(modes().scope));
  return storage;
}

/** The device's memory, its storage named after the op. */
function take(device: Device, length: number, dtype: DType, shape: Shape, origin: string): Storage {
  try {
    const storage = device.allocate(length, dtype);
    storage.origin = origin;
    return storage;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const op = `${origin} ${formatShape(shape)}`;
    if (error instanceof OutOfMemory) throw new OutOfMemory(error.shortage, { op, largest: largestOn(device) });
    throw new RangeError(`${op}: ${error.message}`, { cause: error });
  }
}

/** The most of what is in use on a device, as text. Scopes that are open elsewhere, in other asynchronous functions, are not seen. */
function largestOn(device: Device): string {
  const storages = new Set(twins.values());
  for (let scope = modes().scope; scope !== undefined; scope = scope.outer) {
    for (const storage of scope.made) if (storage.freed === undefined) storages.add(storage);
  }
  const here = [...storages].filter((storage) => storage.device === device);
  return largestOf(here.map(({ origin, length, dtype }) => ({ origin, bytes: length * bytesOf(dtype) })));
}

/** Into a scope's care; outside of all of them, into the finalizer's. That one is slow, so what a scope holds is spared it. */
function entrust(storage: Storage, scope: Scope | undefined): void {
  if (scope !== undefined) {
    scope.take(storage);
    return;
  }
  const { id, device, dtype, length, handle } = storage;
  if (id === undefined) return;
  const twin = new Storage(device, dtype, length, handle);
  twin.origin = storage.origin;
  twins.set(id, twin);
  numbers.set(storage, id);
  finalizers.register(storage, id, storage);
}

function giveBack(storage: Storage, reason: string): void {
  storage.freed = reason;
  usage.bytes -= storage.length * bytesOf(storage.dtype);
  usage.storages--;
  storage.device.release(storage);
}

function freeUnreached(id: number): void {
  const twin = twins.get(id);
  if (twin !== undefined && twins.delete(id)) giveBack(twin, "nothing reached it any more");
}

/** Gives a storage's memory back now. Reading any tensor on it says so, with the reason. */
export function release(storage: Storage, reason: string): void {
  if (storage.freed !== undefined || storage.id === undefined) return;
  if (storage.scope === undefined && twins.delete(storage.id)) finalizers.unregister(storage);
  giveBack(storage, reason);
}

/** Exempts storages from scopes and ended graphs: parameters, gradients, optimiser state. Only a finalizer frees them. */
export function keep<T extends Holder>(holder: T): T {
  holder.storage.kept = true;
  return holder;
}

// --- rule 1: scopes -----------------------------------------------------------------------------

/** The storages made while a scope is open. `using s = scope()` closes it at the end of its block. */
export class Scope implements Disposable {
  /** What was entrusted to it; some of that may have gone to another one since, which `Storage.scope` tells. */
  readonly #made: Storage[] = [];
  /** Who gets what this one spares. */
  readonly outer: Scope | undefined;
  /** Closed, or left for a moment. */
  away = false;

  constructor(outer: Scope | undefined) {
    this.outer = outer;
  }

  /** What it looks after. */
  get made(): readonly Storage[] {
    return this.#made.filter((storage) => this.holds(storage));
  }

  holds(storage: Storage): boolean {
    return storage.scope === this;
  }

  /** From now on it looks after a storage. */
  take(storage: Storage): void {
    storage.scope = this;
    this.#made.push(storage);
  }

  /** From now on it does not. False where it did not before. */
  drop(storage: Storage): boolean {
    if (storage.scope !== this) return false;
    storage.scope = undefined;
    return true;
  }

  /** Spares these tensors (and the graphs behind them): they go to the enclosing scope. */
  keep<T>(value: T): T {
    const outer = stillOpen(this.outer);
    for (const storage of storagesOf(value)) if (this.drop(storage)) entrust(storage, outer);
    return value;
  }

  /** Runs `fn`, which does not await, as if this scope were not open: what it makes belongs to the enclosing one. */
  outside<T>(fn: () => T): T {
    const before = this.away;
    this.away = true;
    try {
      return fn();
    } finally {
      this.away = before;
    }
  }

  [Symbol.dispose](): void {
    if (this.away) return;
    this.away = true;
    const here = modes();
    here.scope = stillOpen(here.scope);
    for (const storage of this.#made) {
      if (storage.freed !== undefined || storage.scope !== this) continue;
      if (!storage.kept) release(storage, "its scope ended: return it from the scope, or keep it with s.keep(t)");
      else if (this.drop(storage)) entrust(storage, undefined);
    }
    this.#made.length = 0;
  }
}

function stillOpen(scope: Scope | undefined): Scope | undefined {
  let found = scope;
  while (found?.away) found = found.outer;
  return found;
}

/**
 * Frees, when `fn` has ended, the memory of every tensor made inside it, except those it returns (alone, or in arrays,
 * objects and maps), parameters, gradients and optimiser state. An asynchronous `fn` keeps its scope open until it has
 * settled; what runs beside it while it waits is not in it. Without a function: `using s = scope()`, for a block that does
 * not await. Errors: an asynchronous `fn` in a browser.
 *
 * ```ts
 * import { randn, scope } from "@lectern/autograd";
 *
 * const x = randn([1000, 1000]);
 * const mean = scope(() => x.square().mean()); // the square is freed
 * ```
 */
export function scope(): Scope;
export function scope<T>(fn: () => T): T;
export function scope<T>(fn?: () => T): T | Scope {
  const here = modes();
  const opened = new Scope(stillOpen(here.scope));
  if (fn !== undefined) return holding("scope", new Modes(here.recording, opened, here), fn, opened);
  here.scope = opened;
  return opened;
}

/** `scope` for a function that does not await: cheaper. */
export function scoped<T>(fn: () => T): T {
  const opened = scope();
  try {
    return opened.keep(fn());
  } finally {
    opened[Symbol.dispose]();
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

/** Whether `detach()` was called for a tensor on this storage. */
export function isSpared(storage: Storage): boolean {
  return spared.has(storage);
}

/** Called by `backward()` with the values that only its graph needed; frees those of the graph before. */
export function endGraph(storages: Storage[]): void {
  const now = new Set(storages);
  for (const storage of ended) {
    if (storage.length > 1 && !storage.kept && !now.has(storage) && !spared.has(storage)) {
      release(storage, "its graph was used up by backward(), and so was a later one: keep it with t.detach()");
    }
  }
  ended = [...now];
}

// --- rule 3: what nothing reaches -----------------------------------------------------------------

/** What a block costs in the JavaScript heap, about, in bytes: tiny tensors pile up too. */
const BLOCK = 512;
const footprint = () => usage.bytes + BLOCK * usage.storages;

/** How much more than the last collection left may pile up before the next. */
const SLACK = 64 * 2 ** 20;
let afterCollection = 0;

/** Provokes a collection and, where the host can tell at once, frees what it found. Devices call it when memory is short. */
export function collectNow(): void {
  collectGarbage();
  const alive = survivors(numbers);
  if (alive !== undefined) {
    for (const id of [...twins.keys()]) if (!alive.has(id)) freeUnreached(id);
  }
  afterCollection = footprint();
}

/**
 * Called wherever a value is awaited. Where only finalizers can free memory (in a browser), provokes a collection when
 * much has piled up, and lets a task pass in which they run.
 */
export async function settle(): Promise<void> {
  if (footprint() < afterCollection * 1.2 + SLACK / 2) return;
  await nextTask();
  collectNow();
  await nextTask();
  afterCollection = footprint();
}
