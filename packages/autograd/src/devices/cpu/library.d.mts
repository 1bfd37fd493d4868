import type { Helpers } from "./generated/interface.mjs";
import type { BlasKernels } from "./table.mjs";

export interface BlasLibrary {
  /** What the library says it is. */
  readonly description: string;
  /** True where it uses several processors by itself. */
  readonly ownThreads: boolean;
  readonly kernels: BlasKernels;
}

export declare function openLibrary(
  name: string,
  memory: WebAssembly.Memory,
  kernels: Helpers,
  fault: number,
): BlasLibrary;
