import { describe, it } from "vitest";
import type { Device } from "../../src/device.ts";
import { casesFor } from "./cases/index.ts";
import type { Tolerance } from "./check.ts";

/** Registers a test for every case that concerns a device. `tolerance` is that of single precision unless given. */
export function describeConformance(device: Device, tolerance?: Tolerance): void {
  const all = casesFor(device);
  const kernels = new Set(all.map(({ kernel }) => kernel));
  describe(`device ${device.name}`, () => {
    for (const kernel of kernels) {
      describe(kernel, () => {
        for (const { name, run } of all.filter((one) => one.kernel === kernel)) it(name, () => run(device, tolerance));
      });
    }
  });
}
