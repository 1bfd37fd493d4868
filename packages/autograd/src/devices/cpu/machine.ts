import { environment } from "./environment.ts";
import type { BlasLibrary } from "./library.mjs";
import { Allocator, createMemory } from "./memory.ts";
import { compileKernels, instantiate, type Kernel, type KernelModule, type KernelName, type Simd } from "./module.ts";
import { availableThreads, Pool, whyNoThreads } from "./pool.ts";

/** Where kernels find descriptions of their operands' axes without threads: in the first 64 KiB, which no block uses. */
export const DESCRIPTIONS = 1024;

/** Parts of a job for each thread: more than one, so that a thread that is late holds nobody up. */
export const PARTS_PER_THREAD = 2;

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
function checkThreads(count: number, source: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_THREADS) return count;
  throw new RangeError(`${source} is ${count}: it has to be a whole number from 1 to ${MAX_THREADS}`);
}

/** Threads that kernels run on, the main thread among them: the processors there are, or LECTERN_THREADS. */
export function getThreads(): number {
  if (threads === undefined) {
    const wanted = environment("LECTERN_THREADS");
    const most = Math.min(availableThreads(), MAX_THREADS);
    threads = wanted ? checkThreads(Number(wanted), "LECTERN_THREADS") : most;
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

/** Returns when everything queued has been computed. Errors: a kernel that failed. */
export function finish(): void {
  made?.pool?.finish();
}

/** The memory for the host to read and write: everything queued has been computed. */
export function finishedMemory(): Allocator {
  finish();
  return machine().memory;
}

/**
 * Runs a kernel over units 0 … units - 1: at once where it is small and nothing is queued, else with the threads.
 *
 * @param grain units that are worth a thread of their own.
 */
export function run(name: KernelName, units: number, grain: number, ...args: number[]): void {
  if (units <= 0) return;
  const { kernels, pool } = machine();
  const parts = pool === undefined ? 1 : Math.min(Math.floor(units / grain), pool.threads * PARTS_PER_THREAD);
  if (pool === undefined || (parts < 2 && pool.idle)) kernels[name](0, units, ...args);
  else pool.run(name, units, Math.max(parts, 1), args);
}
