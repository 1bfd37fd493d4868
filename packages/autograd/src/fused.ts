import type { Device } from "./device.ts";
import { environment } from "./devices/cpu/environment.ts";
import { device as deviceNamed } from "./devices.ts";

/** The kernels that a device need not have. */
export type OptionalKernel = Exclude<
  { [Name in keyof Device]-?: undefined extends Device[Name] ? Name : never }[keyof Device],
  "reclaim" | "finish" | "capacity"
>;

let enabled: boolean | undefined;

/** Whether fused kernels are used, where a device has them. */
export function fusedEnabled(): boolean {
  enabled ??= environment("LECTERN_FUSED") !== "off";
  return enabled;
}

/**
 * Switches fused kernels off and on: without them every op that has a composite definition is computed by it. Slower, and
 * the same numbers to rounding: for seeing what fusing is worth, and that it changes nothing. Off with LECTERN_FUSED=off.
 */
export function setFused(on: boolean): void {
  enabled = on;
}

/** Whether a device has all of these kernels, and may use them. */
export function canFuse(device: Device, kernels: readonly OptionalKernel[] = []): boolean {
  if (!fusedEnabled()) return false;
  // Asked at each call of an op: a loop, as `every` would make a closure.
  for (let i = 0; i < kernels.length; i++) if (device[kernels[i]] === undefined) return false;
  return true;
}

/** Ops that are fused where a device has these kernels. */
const fusedOps = new Map<string, readonly OptionalKernel[]>();

/** Called where an op is defined. */
export function registerFused(op: string, kernels: readonly OptionalKernel[]): void {
  fusedOps.set(op, kernels);
}

/** Which ops have kernels of their own on a device, and which it composes of others. Errors: an unknown device. */
export function fusedKernels(of: string | Device): { fused: string[]; composed: string[] } {
  const device = deviceNamed(of);
  const has = (kernels: readonly OptionalKernel[]) => kernels.every((kernel) => device[kernel] !== undefined);
  const all = [...fusedOps].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    fused: all.filter(([, kernels]) => has(kernels)).map(([op]) => op),
    composed: all.filter(([, kernels]) => !has(kernels)).map(([op]) => op),
  };
}
