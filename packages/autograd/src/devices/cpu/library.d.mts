import type { Kernel } from "./module.ts";

export interface BlasLibrary {
  /** What the library says it is. */
  readonly description: string;
  /** True where it uses several processors by itself. */
  readonly ownThreads: boolean;
  /** As the kernels of these names. */
  readonly matmul: Kernel;
  readonly attention: Kernel;
  readonly attentionGrad: Kernel;
}

export declare function openLibrary(name: string, memory: WebAssembly.Memory, kernels: object): BlasLibrary;
