/** gpu.js as a whole. What it has of WebGPU's types stays here, which not every program that uses the device has. */

import type { BackendName, GpuJs } from "./gpujs.ts";

/** The adapter and device that all of gpu.js's WebGPU kernels share. */
export interface WebGpuContext {
  readonly adapter: GPUAdapter;
  readonly device: GPUDevice;
  readonly isLost: boolean;
}

export interface GpuJsLibrary {
  readonly GPU: new (settings: { mode?: BackendName | "cpu"; canvas?: object; context?: object }) => GpuJs;
  /** A flat array with sizes, to be indexed by several numbers. */
  input(values: Float32Array, sizes: number[]): object;
  readonly WebGPUContext: { acquire(): Promise<WebGpuContext>; destroy(): Promise<void> };
}

let library: Promise<GpuJsLibrary> | undefined;

/** Loads gpu.js when a GPU is asked for, and not before. */
export function loadGpuJs(): Promise<GpuJsLibrary> {
  library ??= import("#gpujs").then((module) => {
    // Node's entry point is a record of classes; the browser's is the class GPU with the others as static members.
    const found = (module as unknown as { default?: unknown }).default ?? module;
    return found as GpuJsLibrary;
  });
  return library;
}
