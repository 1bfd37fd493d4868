import { expect, it } from "vitest";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { cpuInfo } from "../../src/devices/cpu/info.ts";

// Read when the first large product asks for the library.
process.env.LECTERN_BLAS = "libthere-is-none.so.0";

it("multiplies without a BLAS where the library is missing, and says why", () => {
  const ones = { storage: cpuDevice.allocate(256 * 256, "float32"), shape: [256, 256], strides: [256, 1], offset: 0 };
  const out = { ...ones, storage: cpuDevice.allocate(256 * 256, "float32") };
  cpuDevice.fill(ones, 1);
  cpuDevice.matmul(out, ones, ones, false);
  expect([...cpuDevice.downloadSync(out.storage, 0, 3)]).toEqual([256, 256, 256]);
  const { blas, blasReason } = cpuInfo();
  expect(blas).toBeUndefined();
  expect(blasReason).toMatch(/libthere-is-none|koffi/);
});
