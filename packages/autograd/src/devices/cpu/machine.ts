import { MAX_THREADS } from "./control.mjs";
import { environment } from "./environment.ts";
import type { Helpers } from "./generated/interface.mjs";
import type { BlasLibrary } from "./library.mjs";
import { Allocator, createMemory } from "./memory.ts";
import { compileKernels, instantiate, type Simd } from "./module.ts";
import { availableThreads, type OpenedBlas, Pool, whyNoThreads } from "./pool.ts";
import type { AllKernels } from "./table.mjs";
import { hasLongVectors } from "./widening.ts";

/** The device's parts. They are made when it is first used, so that importing the package costs nothing. */
export interface Machine {
  readonly memory: Allocator;
  readonly kernels: AllKernels & Helpers;
  readonly module: WebAssembly.Module;
  readonly simd: Simd;
  readonly simdReason: string | undefined;
  pool: Pool | undefined;
  /** The BLAS library that the pool's workers open too. */
  blas: OpenedBlas | undefined;
}

let made: Machine | undefined;
let threads: number | undefined;

export function machine(): Machine {
  made ??= create();
  return made;
}

let wide: boolean | undefined;

/** Whether our own kernels are as wide as a library's: what lies between products is not worth its calls then. */
export function isAsWideAsBlas(): boolean {
  wide ??= machine().simd === "widened" && !hasLongVectors();
  return wide;
}

/** The parts, where they have been used. */
export function machineIfMade(): Machine | undefined {
  return made;
}

function create(): Machine {
  const { module, simd, simdReason } = compileKernels();
  const { memory: shared, limit } = createMemory();
  const none = () => {
    throw new Error("cpu: no BLAS has been opened");
  };
  const exported = instantiate(module, shared);
  const kernels = { ...exported, blasMatmul: none, blasAttention: none, blasAttentionGrad: none };
  const memory = new Allocator(shared, kernels.heapBase(), limit);
  kernels.setScratch(memory.allocate(kernels.scratchSize()));
  const parts: Machine = { memory, kernels, module, simd, simdReason, pool: undefined, blas: undefined };
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

/** Makes a BLAS library's functions kernels, on this thread and, where it is to be opened there, on the workers. */
export function useBlas({ kernels, ownThreads }: BlasLibrary, opened: OpenedBlas): void {
  const parts = machine();
  Object.assign(parts.kernels, kernels);
  if (ownThreads) return;
  parts.blas = opened;
  renewPool(parts);
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
