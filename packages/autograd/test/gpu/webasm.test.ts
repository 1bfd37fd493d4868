import { describe, expect, it } from "vitest";
import type { Device } from "../../src/device.ts";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { referenceDevice } from "../../src/devices/reference/device.ts";
import { cases } from "../conformance/cases/index.ts";
import { matmulCases } from "../conformance/cases/matmul.ts";
import { describeConformance } from "../conformance/conformance.ts";

const gpu = await createGpuDevice({ backend: "webasm" });
describeConformance(gpu);

/** What a device has besides kernels. */
const OTHERS = ["reclaim", "finish", "release", "capacity", "info", "stats", "isLost", "close", "runKernel"];

const kernelsOf = (device: Device) =>
  Object.entries(device)
    .filter(([name, member]) => typeof member === "function" && !OTHERS.includes(name))
    .map(([name]) => name);

describe("the conformance suite", () => {
  it("has cases for every kernel there is, on whatever device", () => {
    const covered = new Set<string>(cases.map(({ kernel }) => kernel));
    const all = [gpu, cpuDevice, referenceDevice].flatMap(kernelsOf);
    expect(all.length).toBeGreaterThan(80);
    expect(all.filter((name) => !covered.has(name))).toEqual([]);
  });

  it("finds every kernel of the reference on the gpu", () => {
    expect(kernelsOf(referenceDevice).filter((name) => !kernelsOf(gpu).includes(name))).toEqual([]);
  });
});

const plain = await createGpuDevice({ backend: "webasm", product: "plain" });
describe("device gpu, with one element of a product a thread", () => {
  for (const { kernel, name, run } of matmulCases) it(`${kernel}: ${name}`, () => run(plain));
});
