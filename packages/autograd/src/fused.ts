import { environment } from "./devices/cpu/environment.ts";

let enabled: boolean | undefined;

/** Whether fused kernels are used, where a device has them. */
export function fusedEnabled(): boolean {
  enabled ??= environment("LECTERN_FUSED") !== "off";
  return enabled;
}

/**
 * Switches fused kernels off and on: without them every op that has a composite definition is computed by it, and
 * optimisers go through their parameters one by one. Slower, and the same numbers to rounding: for seeing what fusing is
 * worth, and that it changes nothing. Off with LECTERN_FUSED=off.
 */
export function setFused(on: boolean): void {
  enabled = on;
}
