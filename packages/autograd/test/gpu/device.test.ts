import { afterAll, describe, expect, it } from "vitest";
import type { Strided } from "../../src/device.ts";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
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

describe("the kernels of a gpu", () => {
  it("are enough for convolutions and recurrent layers, with their gradients", async () => {
    expectSameResults(await layersToCome(gpu), await layersToCome(device("reference")));
  });
});

describe("memory of a gpu", () => {
  it("keeps as many blocks and kernels as after the first step, whatever the batch's length", async () => {
    expectSteady(await takeSteps(gpu));
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
