import type { Strided } from "../../device.ts";
import { PARTS } from "./control.mjs";
import { environment } from "./environment.ts";
import type { Footprint } from "./footprint.ts";
import type { BlasLibrary } from "./library.mjs";
import { Allocator, createMemory } from "./memory.ts";
import { compileKernels, instantiate, type Kernel, type KernelModule, type KernelName, type Simd } from "./module.ts";
import { blockOf } from "./operands.ts";
import { availableThreads, Pool, whyNoThreads } from "./pool.ts";

/** Where kernels find descriptions of their operands' axes without threads: in the first 64 KiB, which no block uses. */
export const DESCRIPTIONS = 1024;

/** Parts of a job for each thread: more than one, so that a thread that is late holds nobody up. */
const PARTS_PER_THREAD = 2;

/** Parts of rows begin at multiples of this, and sums over rows are taken of so many at a time (blockSums.ts). */
export const ROWS_TOGETHER = 32;

const MAX_THREADS = 64;

/** The device's parts. They are made when it is first used, so that importing the package costs nothing. */
export interface Machine {
  readonly memory: Allocator;
  readonly kernels: KernelModule & Record<KernelName, Kernel>;
  readonly module: WebAssembly.Module;
  readonly simd: Simd;
  pool: Pool | undefined;
  /** The BLAS library that the pool's workers open too. */
  blas: string | undefined;
}

let made: Machine | undefined;
let threads: number | undefined;

export function machine(): Machine {
  made ??= create();
  return made;
}

function create(): Machine {
  const { module, simd } = compileKernels();
  const shared = createMemory();
  const none = () => {
    throw new Error("cpu: no BLAS has been opened");
  };
  const exported = instantiate(module, shared);
  const kernels = { ...exported, blasMatmul: none, blasAttention: none, blasAttentionGrad: none };
  const memory = new Allocator(shared, kernels.heapBase());
  kernels.setScratch(memory.allocate(kernels.scratchSize()));
  const parts: Machine = { memory, kernels, module, simd, pool: undefined, blas: undefined };
  // Jobs are told apart by the blocks they touch.
  memory.onMerge = () => parts.pool?.finish();
  renewPool(parts);
  return parts;
}

function renewPool(parts: Machine): void {
  const { memory, kernels, module, blas } = parts;
  parts.pool?.stop();
  const count = getThreads();
  parts.pool = count > 1 ? new Pool(count, memory, kernels, module, kernels.scratchSize(), blas) : undefined;
}

/** Makes a BLAS library's functions kernels, on this thread and, where it is named, on the workers. */
export function useBlas({ matmul, attention, attentionGrad }: BlasLibrary, name: string | undefined): void {
  const parts = machine();
  Object.assign(parts.kernels, { blasMatmul: matmul, blasAttention: attention, blasAttentionGrad: attentionGrad });
  parts.blas = name;
  if (name !== undefined) renewPool(parts);
}

/** Errors: not a whole number from 1 to 64. */
function checkThreads(given: number | string, source: string): number {
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_THREADS) return count;
  throw new RangeError(`${source} is ${given}: it has to be a whole number from 1 to ${MAX_THREADS}`);
}

/** Threads that kernels run on, the main thread among them: the processors there are, or LECTERN_THREADS. */
export function getThreads(): number {
  if (threads === undefined) {
    const wanted = environment("LECTERN_THREADS");
    const most = Math.min(availableThreads(), MAX_THREADS);
    threads = wanted ? checkThreads(wanted, "LECTERN_THREADS") : most;
    if (whyNoThreads() !== undefined) threads = 1;
  }
  return threads;
}

/**
 * Sets the number of threads. No result depends on it. Where there can be no threads it stays 1 (`cpuInfo()` says why).
 * Errors: not a whole number from 1 to 64.
 */
export function setThreads(count: number): void {
  threads = whyNoThreads() === undefined ? checkThreads(count, "setThreads: the number of threads") : 1;
  if (made !== undefined && (made.pool?.threads ?? 1) !== threads) renewPool(made);
}

/** The address where what the next kernel has to know of its operands is to be written. */
export function nextDescription(): number {
  return machine().pool?.nextDescription ?? DESCRIPTIONS;
}

/** Returns when everything queued has been computed, or all that touches a tensor's memory. Errors: a kernel that failed. */
export function finish(x?: Pick<Strided, "storage">): void {
  made?.pool?.finish(x && blockOf(x));
}

/** The memory for the host to read and write: what has been queued, or all of it that touches a tensor, is computed. */
export function finishedMemory(x?: Pick<Strided, "storage">): Allocator {
  finish(x);
  return machine().memory;
}

/** Runs a kernel that may touch anything: see `runTouching`. */
export function run(name: KernelName, units: number, grain: number, ...args: number[]): void {
  runTouching(undefined, name, units, grain, ...args);
}

/**
 * Runs a kernel over units 0 … units - 1: at once where it is small and nothing is queued, else with the threads, beside
 * those queued before it that its footprint allows.
 *
 * @param grain units that are worth a thread of their own.
 */
export function runTouching(
  footprint: Footprint | undefined,
  name: KernelName,
  units: number,
  grain: number,
  ...args: number[]
): void {
  if (units <= 0) return;
  const { kernels, pool } = machine();
  const parts = pool === undefined ? 1 : Math.min(Math.floor(units / grain), mostParts());
  if (pool === undefined || (parts < 2 && pool.idle)) kernels[name](0, units, ...args);
  else if (parts >= 2) pool.run(name, units, stepOf(units, parts, footprint), args, footprint);
  else {
    // In one part it is not cut where others are.
    if (footprint !== undefined) footprint.height = 0;
    pool.run(name, units, units, args, footprint);
  }
}

/** Parts that a job is cut into at most. */
export function mostParts(): number {
  return Math.min(getThreads() * PARTS_PER_THREAD, PARTS);
}

/** Rows of a part, for jobs that are cut along so many rows: the same for all of them, so that part follows part. */
export function heightOf(rows: number): number {
  return Math.ceil(rows / mostParts() / ROWS_TOGETHER) * ROWS_TOGETHER;
}

/** Whether cutting along rows leaves at least half of the parts that a job is worth. */
export function cutsWell(rows: number, parts: number): boolean {
  return Math.ceil(rows / heightOf(rows)) >= parts / 2;
}

/** Units of a part. Writes down in the footprint whether that is so many rows. */
function stepOf(units: number, parts: number, footprint: Footprint | undefined): number {
  if (footprint !== undefined && footprint.rows > 0) {
    if (footprint.height > 0) return 1;
    const height = heightOf(footprint.rows);
    const step = (height * units) / footprint.rows;
    if (Number.isInteger(step) && cutsWell(footprint.rows, parts)) {
      footprint.height = height;
      return Math.min(step, units);
    }
  }
  const step = Math.ceil(units / parts);
  // On a multiple of 16 where parts are long, so that no two write to one line of the cache.
  return step < 256 ? step : Math.ceil(step / 16) * 16;
}
