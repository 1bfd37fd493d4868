import { blas, whyNoBlas } from "./blas.ts";
import { getThreads, machine } from "./machine.ts";
import type { MemoryStats } from "./memory.ts";
import type { Simd } from "./module.ts";
import { whyNoThreads } from "./pool.ts";

/** What the cpu device computes with here, and why not with more. */
export interface CpuInfo {
  /** The build of the kernels: `relaxed` has fused multiply-adds, `widened` also vectors of 256 bits. */
  readonly simd: Simd;
  /** Why it is not the `widened` one. */
  readonly simdReason: string | undefined;
  readonly threads: number;
  /** Why there is but one thread, or fewer than asked for. */
  readonly threadsReason: string | undefined;
  /** What the system's BLAS says it is; undefined where there is none. */
  readonly blas: string | undefined;
  readonly blasReason: string | undefined;
  readonly memory: MemoryStats;
}

/** What the cpu device works with on this machine. Opens the system's BLAS if that has not been done. */
export function cpuInfo(): CpuInfo {
  const { simd, simdReason, memory } = machine();
  const library = blas();
  return {
    simd,
    simdReason,
    threads: getThreads(),
    threadsReason: whyNoThreads() ?? machine().pool?.failure,
    blas: library?.description,
    blasReason: whyNoBlas(),
    memory: memory.stats,
  };
}
