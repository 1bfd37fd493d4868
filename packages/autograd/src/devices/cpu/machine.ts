import { Allocator, createMemory } from "./memory.ts";
import { compileKernels, instantiate, type KernelModule, type KernelName, type Simd } from "./module.ts";

/** Where kernels find descriptions of their operands' axes: in the memory's first 64 KiB, which no block uses. */
export const DESCRIPTIONS = 1024;

/** The device's parts. They are made when it is first used, so that importing the package costs nothing. */
export interface Machine {
  readonly memory: Allocator;
  readonly kernels: KernelModule;
  readonly module: WebAssembly.Module;
  readonly simd: Simd;
}

let made: Machine | undefined;

export function machine(): Machine {
  made ??= create();
  return made;
}

function create(): Machine {
  const { module, simd } = compileKernels();
  const shared = createMemory();
  const kernels = instantiate(module, shared);
  const memory = new Allocator(shared, kernels.heapBase());
  kernels.setScratch(memory.allocate(kernels.scratchSize()));
  return { memory, kernels, module, simd };
}

/**
 * Runs a kernel over units 0 … units - 1.
 *
 * @param grain units that are worth a thread of their own.
 */
export function run(name: KernelName, units: number, _grain: number, ...args: number[]): void {
  if (units > 0) machine().kernels[name](0, units, ...args);
}
