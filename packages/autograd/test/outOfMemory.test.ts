import { describe, expect, it } from "vitest";
import { type Device, Storage } from "../src/device.ts";
import { referenceDevice } from "../src/devices/reference/device.ts";
import type { DType } from "../src/dtypes.ts";
import { full, OutOfMemory, ones, scope, type Tensor, zeros } from "../src/index.ts";
import { inUnits, largestOf } from "../src/outOfMemory.ts";

const MIB = 2 ** 20;

/** The reference device, as if it held no more than so many bytes. */
function deviceOf(most: number): Device {
  let inUse = 0;
  const device: Device = {
    ...referenceDevice,
    name: "small",
    allocate(length: number, dtype: DType) {
      const bytes = 4 * length;
      if (inUse + bytes > most) throw new OutOfMemory({ device: "small", bytes, inUse, most });
      inUse += bytes;
      return new Storage(device, dtype, length, referenceDevice.allocate(length, dtype).handle);
    },
    release(storage) {
      inUse -= 4 * storage.length;
    },
  };
  return device;
}

/** So many MiB of float32. */
const shape = (mib: number) => [mib, MIB / 4];

describe("a device without memory for more", () => {
  it("says which op asked for how much, and what the largest of what is there was made by", () => {
    const device = deviceOf(15 * MIB);
    const weights = zeros(shape(6), { device });
    const kept: Tensor[] = [];
    const more = () =>
      scope(() => {
        for (let i = 0; i < 3; i++) kept.push(ones(shape(2), { device }));
        const sum = kept[0].add(1);
        return [sum.exp(), weights];
      });
    expect(more).toThrow(
      "exp [2, 262144]: small: out of memory: 2.0 MiB do not fit beside the 14.0 MiB in use (6.0 MiB of zeros, 3 x 2.0 MiB of ones, " +
        "2.0 MiB of affine), of 15.0 MiB that there can be: take a smaller batch, context or model, or give back what is no longer",
    );
  });

  it("says what could never fit, and what to do", () => {
    expect(() => full(shape(17), 1, { device: deviceOf(16 * MIB) })).toThrow(
      "full [17, 262144]: small: out of memory: 17.0 MiB at once are more than this device can hold (16.0 MiB): take a smaller batch",
    );
  });

  it("is the cpu device beyond 4 GiB, which it says before anything is computed", () => {
    const ask = () => zeros([2 ** 15, 2 ** 15, 2], { device: "cpu" });
    expect(ask).toThrow(
      "zeros [32768, 32768, 2]: cpu: out of memory: 8.0 GiB at once are more than this device can hold (4.0 GiB)",
    );
    expect(ones([3], { device: "cpu" }).sum().itemSync()).toBe(3);
  });
});

it("counts memory in units that people read", () => {
  expect([0, 1.25 * MIB, 1023 * MIB, 2 ** 30, 6.5 * 2 ** 30].map(inUnits)).toEqual([
    "0.0 MiB",
    "1.3 MiB",
    "1023.0 MiB",
    "1.0 GiB",
    "6.5 GiB",
  ]);
});

it("puts blocks that are alike together, the most first", () => {
  const blocks = [...new Array(5).fill({ origin: "randn", bytes: MIB }), { origin: "matmul", bytes: 3 * MIB }];
  expect(largestOf(blocks)).toBe("5 x 1.0 MiB of randn, 3.0 MiB of matmul");
  expect(largestOf([])).toBe("");
});
