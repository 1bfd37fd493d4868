import { afterAll, describe, expect, it } from "vitest";
import type { Strided } from "../../src/device.ts";
import { whyDawnFails } from "../../src/devices/gpu/backends/dawn.ts";
import { bufferSize, describeError } from "../../src/devices/gpu/backends/webgpu.ts";
import { createGpuDevice, openGpu } from "../../src/devices/gpu/device.ts";
import type { BackendName } from "../../src/devices/gpu/gpujs.ts";
import { device } from "../../src/devices.ts";
import { expectSameResults, expectSteady } from "./expectations.ts";
import { layersToCome } from "./layersToCome.ts";
import { takeSteps } from "./steps.ts";

const gpu = await createGpuDevice({ backend: "webasm" });
afterAll(() => gpu.close());

function place(values: number[], dtype: "float32" | "int32" = "float32"): Strided {
  const storage = gpu.allocate(values.length, dtype);
  gpu.upload(storage, values, 0);
  return { storage, shape: [values.length], strides: [1], offset: 0 };
}

const valuesOf = async ({ storage }: Strided) => [...(await gpu.download(storage, 0, storage.length))];

describe("opening a gpu", () => {
  it("takes the best backend that works, and says why not a better one", async () => {
    const best = await createGpuDevice();
    const { backend, reasons, adapter } = best.info();
    const order: BackendName[] = ["webgpu", "webgl2", "webasm"];
    expect(Object.keys(reasons)).toEqual(order.slice(0, order.indexOf(backend)));
    expect(adapter).not.toBe("");
    await best.close();
  });

  it("fails with the reason where the backend asked for cannot be had", async () => {
    await expect(createGpuDevice({ backend: "webgl2" })).rejects.toThrow(
      "gpu: the backend webgl2 cannot be had: there is no OffscreenCanvas here: WebGL needs a browser",
    );
  });
});

describe("the gpu that is open", () => {
  it("is one, however many ask for it at once, and stays while nothing else than it is asked for", async () => {
    const [first, second] = await Promise.all([openGpu({ backend: "webasm" }), openGpu({ backend: "webasm" })]);
    expect(second).toBe(first);
    expect(await openGpu({ backend: "webasm", product: "blocked" })).toBe(first);
    const other = await openGpu({ backend: "webasm", product: "plain" });
    expect(other).not.toBe(first);
    expect(other.info()).toMatchObject({ backend: "webasm", product: "plain", fused: false });
    expect(first.isLost()).toBe(true);
    await other.close();
  });

  it("is gone when it was closed, which reading says, and is opened anew", async () => {
    const device = await openGpu({ backend: "webasm" });
    const storage = device.allocate(1, "float32");
    await device.close();
    await expect(device.download(storage, 0, 1)).rejects.toThrow("the GPU was lost (it was closed)");
    const again = await openGpu({ backend: "webasm" });
    expect(again).not.toBe(device);
    expect([...(await again.download(again.allocate(1, "float32"), 0, 1))]).toEqual([0]);
    await again.close();
  });

  it("has what only WebGPU has nowhere else", async () => {
    await expect(createGpuDevice({ backend: "webasm", product: "tiled" })).rejects.toThrow("it has no tiled product");
    await expect(createGpuDevice({ backend: "webasm", fused: true })).rejects.toThrow("it has no fused kernels");
  });
});

describe("why there is no WebGPU in Node", () => {
  it.each([
    [
      { code: "ERR_MODULE_NOT_FOUND", message: "Cannot find package 'webgpu'" },
      "is not installed: `npm install webgpu`",
    ],
    [
      { code: "ERR_DLOPEN_FAILED", message: "libstdc++.so.6: version `GLIBCXX_3.4.31' not found (required by dawn)" },
      "the system's C++ library (libstdc++6) is too old for the package webgpu, which needs GLIBCXX_3.4.31",
    ],
    [
      { code: "ERR_DLOPEN_FAILED", message: "libc.so.6: version `GLIBC_2.38' not found (required by dawn)" },
      "the system's C library is too old for the package webgpu, which needs GLIBC_2.38",
    ],
    [new Error("something else\n  at length"), /^the package webgpu does not load: something else$/],
  ])("%j", (error, reason) => {
    expect(whyDawnFails(error)).toMatch(reason);
  });
});

describe("the kernels of a gpu", () => {
  it("are enough for convolutions and recurrent layers, with their gradients", async () => {
    expectSameResults(await layersToCome(gpu), await layersToCome(device("reference")));
  });
});

describe("memory of a gpu", () => {
  it("keeps as many blocks and kernels as after the first step, whatever the batch's length", async () => {
    expectSteady(await takeSteps(gpu, () => gpu.stats()));
  });

  it("takes none for a storage that is never written, and reads it as zeros", async () => {
    const before = gpu.stats().liveBlocks;
    const storage = gpu.allocate(5, "float32");
    expect(gpu.stats().liveBlocks).toBe(before);
    expect([...(await gpu.download(storage, 0, 5))]).toEqual([0, 0, 0, 0, 0]);
    gpu.release(storage);
    expect(gpu.stats().liveBlocks).toBe(before);
  });

  it("refuses a tensor larger than a buffer can be, at once", () => {
    expect(() => gpu.allocate(2 ** 40, "float32")).toThrow(/a tensor of 1099511627776 elements is larger than/);
  });

  it("names the op whose result would be larger than a buffer can be", () => {
    const storage = gpu.allocate(8, "float32");
    const shape = [2 ** 15, 2 ** 15];
    const huge: Strided = { storage, shape, strides: [0, 0], offset: 0 };
    expect(() => gpu.unary("exp", huge, huge, 0, 0)).toThrow(
      /^gpu: exp .*: a result of 1073741824 elements is larger than one buffer of this GPU can be \(\d+\)/,
    );
  });

  it("has buffers of few sizes", () => {
    const sizes = new Set(Array.from({ length: 4096 }, (_, i) => bufferSize(i + 1)));
    expect(sizes.size).toBe(25);
    for (let i = 1; i < 5000; i += 7) {
      expect(bufferSize(i)).toBeGreaterThanOrEqual(4 * i);
      if (i >= 64) expect(bufferSize(i)).toBeLessThanOrEqual(1.25 * 4 * i);
    }
  });

  it("has no values at once: reading waits", () => {
    const x = place([1]);
    expect(() => gpu.downloadSync(x.storage, 0, 1)).toThrow("use the asynchronous reads");
  });

  it("reads values as they are when they are asked for, not when they arrive", async () => {
    const x = place([1, 2]);
    const early = valuesOf(x);
    gpu.unary("affine", x, x, 10, 0);
    expect(await early).toEqual([1, 2]);
    expect(await valuesOf(x)).toEqual([10, 20]);
  });
});

describe("an error on a gpu", () => {
  it("has one line, which begins with the op that WebGPU's message is about", () => {
    const message =
      '[Invalid Buffer "matmul"] is invalid.\n - While validating entries[1] as a Buffer.\n - While calling [Device].';
    expect(describeError(message)).toBe(
      'matmul: [Invalid Buffer "matmul"] is invalid. - While validating entries[1] as a Buffer. - While calling [Device].',
    );
    expect(describeError("no more\n")).toBe("no more");
  });

  it("is told at the next read, of whatever, with the op's name, and only there", async () => {
    const x = place([1, 2, 3]);
    const index = place([0, 7], "int32");
    const out = place([0, 0]);
    gpu.indexSelect(out, x, index, { outer: 1, size: 3, inner: 1 });
    await expect(valuesOf(x)).rejects.toThrow("indexSelect: index 7 is outside 0 … 2");
    expect(await valuesOf(x)).toEqual([1, 2, 3]);
    expect(await valuesOf(out)).toEqual([1, 0]);
  });

  it("is found again when the same bad indices are used again", async () => {
    const x = place([1, 2, 3]);
    const index = place([-2], "int32");
    const out = place([0]);
    for (let i = 0; i < 2; i++) {
      gpu.indexSelect(out, x, index, { outer: 1, size: 3, inner: 1 });
      await expect(valuesOf(out)).rejects.toThrow("indexSelect: index -2 is outside 0 … 2");
    }
  });
});
