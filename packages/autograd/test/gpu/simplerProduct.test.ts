import { expect, it, vi } from "vitest";

/** Products that fail here, as where something has rewritten a kernel's text. */
const failing = vi.hoisted(() => new Set<string>());
vi.mock("../../src/devices/gpu/kernels/matmul.ts", async (original) => {
  const { matmul } = await original<typeof import("../../src/devices/gpu/kernels/matmul.ts")>();
  const chosen: typeof matmul = (runtime, ...args) => {
    if (failing.has(runtime.product)) throw new Error("the kernel cannot be read");
    matmul(runtime, ...args);
  };
  return { matmul: chosen };
});
const { createGpuDevice } = await import("../../src/devices/gpu/device.ts");
const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

it("tells that a product fails whose place a simpler one takes", async () => {
  failing.add("blocked");
  const gpu = await createGpuDevice({ backend: "webasm" });
  expect(gpu.info()).toMatchObject({
    product: "plain",
    productReason: "the blocked product fails: the kernel cannot be read",
  });
  expect(warn).toHaveBeenCalledExactlyOnceWith(
    "gpu: the blocked product fails: the kernel cannot be read; products are plain, and slower",
  );
  await gpu.close();
  await expect(createGpuDevice({ backend: "webasm", product: "blocked" })).rejects.toThrow("the kernel cannot be read");
});

it("tells that a backend is there, and fails", async () => {
  failing.add("plain");
  await expect(createGpuDevice()).rejects.toThrow("no webasm: the kernel cannot be read");
  expect(warn).toHaveBeenLastCalledWith("gpu: webasm is there, but fails: the kernel cannot be read");
});
