import type { BackendName } from "./gpujs.ts";
import type { ArgumentType, KernelSpec } from "./kernel.ts";

/** A block of memory of a backend: a GPU buffer, a texture or a Float32Array. May be longer than what is kept in it. */
export interface Block {
  readonly length: number;
}

/** A kernel on a backend. */
export interface Program {
  /** False until `prepare` is done: WebGPU compiles asynchronously. */
  readonly ready: boolean;
  prepare(): Promise<void>;
  /**
   * Runs the kernel and gives its results in new blocks. A gpu.js kernel has one result, and one thread for each of its
   * elements (`[x]` or `[x, y, z]`); one in WGSL has results of `lengths`, and runs so many groups of threads.
   */
  run(threads: readonly number[], args: readonly (Block | number)[], lengths: readonly number[]): Block[];
}

/**
 * A kernel written in WebGPU's own language, for what gpu.js cannot say: memory that a group of threads shares, and
 * several results. Binding 0 is a uniform struct of the numbers among the arguments, in order; then come the arrays, and
 * last the results.
 */
export interface WgslSpec {
  readonly name: string;
  readonly code: string;
  /** The types of the numbers. */
  readonly numbers: readonly ("int" | "float")[];
}

/** What the three ways of gpu.js to run a kernel have in common. */
export interface Backend {
  readonly name: BackendName;
  /** The hardware, in its driver's words. */
  readonly adapter: string;
  /** True where the adapter is a program: there, work that is shared among threads is not faster but slower. */
  readonly software: boolean;
  /** Elements that one block can hold. */
  readonly maxLength: number;

  compile(spec: KernelSpec): Program;
  /** Only on WebGPU. */
  compileWgsl?(spec: WgslSpec): Program;
  /** A block that holds these values. */
  make(values: Float32Array): Block;
  /** Overwrites part of a block, where the backend can. */
  write?(block: Block, start: number, values: Float32Array): void;
  /** Copies the first `length` elements of `source` into a block, where the backend can. */
  copyInto?(block: Block, start: number, source: Block, length: number): void;
  /** Copies elements as they are at the time of the call. */
  read(block: Block, start: number, length: number): Promise<Float32Array>;
  free(block: Block): void;
  /** The same memory, to be indexed by several numbers; sizes from the last axis on. Not to be freed. */
  shaped(block: Block, sizes: readonly number[]): Block;
  /** Called with what the GPU reports outside of any call, such as that it ran out of memory. */
  onError: ((message: string) => void) | undefined;
  /** Why the GPU is gone, with everything that was on it; undefined while it is there. */
  readonly lost: string | undefined;
  close(): Promise<void>;

  /** Blocks that hold values, and blocks that are kept for reuse. */
  readonly blocks: { live: number; pooled: number };
}

/** What is said where an allocation fails, on whatever backend. */
export const FULL = "the GPU has no memory left: make the batch or the model smaller";

/** Why a device that was closed is gone. */
export const CLOSED = "it was closed";

/** Settings of gpu.js that every backend shares: sizes may change from call to call without a new compilation. */
export const KERNEL_SETTINGS = {
  dynamicOutput: true,
  dynamicArguments: true,
  pipeline: true,
  immutable: false,
  loopMaxIterations: 2 ** 30,
  precision: "single",
  // On WebGL: full float precision whatever the output's size; otherwise a kernel is compiled anew when it grows.
  tactic: "precision",
} as const;

/** gpu.js's name for what a thread gives. */
export function returnType({ gives }: KernelSpec): string {
  return gives === 4 ? "Array(4)" : "Number";
}

/** gpu.js's names for a kernel's argument types, given its names for arrays on this backend. */
export function argumentTypes(spec: KernelSpec, array: string, { nested = array, quads = array } = {}): string[] {
  const scalars = { int: "Integer", float: "Float" };
  const names: Record<ArgumentType, string> = { array, array2: nested, array3: nested, quads, ...scalars };
  return spec.types.map((type) => names[type]);
}
