/**
 * The way to the GPU. What lies behind is loaded when it is opened, and not before: nobody else waits for it. `#gpu` is
 * `device.ts`, and in a bundle for browsers `generated/device.js`, the same with the texts of its kernels in their place.
 */

import type { GpuDevice, GpuInfo, GpuOptions, GpuStats } from "./device.ts";

let loaded: typeof import("#gpu") | undefined;

/**
 * Opens the GPU, so that `model.to("gpu")` finds it. Opening it again gives the same device, unless something else than
 * that is asked for, or the GPU was lost or closed meanwhile. Errors: no backend works here, or not the one that is asked for.
 */
export async function openGpu(options?: GpuOptions): Promise<GpuDevice> {
  loaded ??= await import("#gpu");
  return loaded.openGpu(options);
}

/** What the opened GPU runs on. Errors: none has been opened. */
export function gpuInfo(): GpuInfo {
  return behind().gpuInfo();
}

/** Memory and kernels of the opened GPU. Errors: none has been opened. */
export function gpuStats(): GpuStats {
  return behind().gpuStats();
}

function behind(): NonNullable<typeof loaded> {
  if (loaded === undefined) throw new Error("gpu: not opened yet: call `await openGpu()` first");
  return loaded;
}
