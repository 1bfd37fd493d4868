import { describe, expect, it } from "vitest";
import { defineKernel, type Thread } from "../../src/devices/gpu/defineKernel.ts";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import { device, gradcheck, gradgradcheck, randn, type Tensor, tensor, zeros } from "../../src/index.ts";
import { expectSameResults } from "./expectations.ts";
import { blur, distances, manhattan, ownKernelResults, softplus } from "./ownKernels.ts";

const reference = device("reference");

describe("a kernel of one's own", () => {
  it("computes what it says", () => {
    const x = tensor([0, 1, -2], { device: reference });
    expect([...softplus(x).dataSync()]).toEqual([0, 1, -2].map((value) => Math.log(1 + Math.exp(value))));
    const rows = tensor([1, 2, 3, 4, 10, 20, 30, 40], { device: reference }).reshape(2, 4);
    expect(blur(rows, tensor([1, 1, 2], { device: reference })).arraySync()).toEqual([
      [9, 13],
      [90, 130],
    ]);
    const points = tensor([0, 0, 3, 4], { device: reference }).reshape(2, 2);
    expect(distances(points, points, 2, 1).arraySync()).toEqual([
      [0, 25],
      [25, 0],
    ]);
  });

  it("gives the same on the cpu and on the gpu as on the reference", async () => {
    const expected = await ownKernelResults(reference);
    expectSameResults(await ownKernelResults(device("cpu")), expected);
    const gpu = await createGpuDevice({ backend: "webasm" });
    expectSameResults(await ownKernelResults(gpu), expected);
    await gpu.close();
  });

  it("names a variable from around it, which a GPU does not see, and the line", async () => {
    const slope = 3;
    const scaled = defineKernel<[Tensor]>("scaled", {
      kernel(this: Thread, x: number[]): number {
        const value = x[this.thread.x];
        return value * slope;
      },
      shape: (x) => x.shape,
    });
    const gpu = await createGpuDevice({ backend: "webasm" });
    expect(() => scaled(tensor([1, 2], { device: gpu }))).toThrow(
      /^scaled .*: the kernel uses "slope" in its line 3, a variable from around it, which a GPU does not see/,
    );
    await gpu.close();
  });

  it("takes a kernel and what it calls as text", () => {
    const [a, b] = [
      [[1, 2]],
      [
        [4, -1],
        [0, 0],
      ],
    ].map((rows) => tensor(rows, { device: reference }));
    expect(manhattan(a, b, 2).arraySync()).toEqual([[6, 3]]);
    const half = () => defineKernel<[Tensor]>("half", { kernel: "function (x) { return x[", shape: (x) => x.shape });
    expect(half).toThrow("half: the text is no function of JavaScript: ");
  });

  it("has the gradient that was given, or that of its composite definition, which can be differentiated again", () => {
    const x = () => randn([2, 5], { device: reference });
    expect(gradcheck(softplus, [x()])).toBe(true);
    expect(gradcheck(blur, [x(), randn([3], { device: reference })])).toBe(true);
    expect(gradgradcheck(blur, [x(), randn([3], { device: reference })])).toBe(true);
  });

  it("says so where it has no gradient and one is asked for", () => {
    const x = randn([2, 3], { device: reference, requiresGrad: true });
    expect(() => distances(x, x, 3, 1).sum().backward()).toThrow(
      "distances: has no gradient: give defineKernel a backward rule, or a composite definition",
    );
  });

  it("takes arrays of up to three axes", () => {
    const x = zeros([1, 1, 1, 1], { device: reference });
    expect(() => distances(x, x, 1, 1)).toThrow(
      "distances: a kernel's arrays have up to three axes, not [1, 1, 1, 1]: reshape first",
    );
  });

  it("cannot be an arrow function, as gpu.js reads its text", async () => {
    const gpu = await createGpuDevice({ backend: "webasm" });
    const wrong = defineKernel<[Tensor]>("wrong", { kernel: (x: number[]) => x[0], shape: () => [1] });
    expect(() => wrong(zeros([1], { device: gpu }))).toThrow("write it as a method or a function");
    await gpu.close();
  });

  it("reports a function that gpu.js cannot translate, under its name, at the next read", async () => {
    const gpu = await createGpuDevice({ backend: "webasm" });
    const wrong = defineKernel<[Tensor]>("untranslatable", {
      kernel(this: Thread, x: number[]) {
        return [...x].length;
      },
      shape: () => [1],
    });
    await expect(wrong(zeros([1], { device: gpu })).item()).rejects.toThrow(/^gpu \(webasm\): untranslatable/);
    await gpu.close();
  });
});
