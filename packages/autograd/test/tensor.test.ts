import { describe, expect, it } from "vitest";
import {
  arange,
  type DType,
  defaultDevice,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  setDefaultDevice,
  tensor,
  zeros,
  zerosLike,
} from "../src/index.ts";

setDefaultDevice("reference");

describe("making tensors", () => {
  it("from numbers and nested arrays, of any depth", () => {
    expect([tensor(3).shape, tensor(3).itemSync()]).toEqual([[], 3]);
    const cube = [[[1, 2]], [[3, 4]], [[5, 6]]];
    expect([tensor(cube).shape, tensor(cube).arraySync()]).toEqual([[3, 1, 2], cube]);
    expect([tensor([]).shape, tensor([[], []]).shape]).toEqual([[0], [2, 0]]);
    expect(tensor([[], []]).arraySync()).toEqual([[], []]);
  });

  it("from typed arrays, under any shape", () => {
    const x = tensor(Float32Array.of(1, 2, 3, 4, 5, 6), { shape: [2, 3] });
    expect(x.arraySync()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([x.dtype, tensor(Int32Array.of(1)).dtype, tensor(Float64Array.of(1)).dtype]).toEqual([
      "float32",
      "int32",
      "float32",
    ]);
    expect(tensor([1, 2], { dtype: "int32" }).dtype).toBe("int32");
  });

  it("copies what it is given", () => {
    const values = Float64Array.of(1, 2);
    const x = tensor(values);
    values[0] = 9;
    expect(x.arraySync()).toEqual([1, 2]);
    x.dataSync()[0] = 9;
    expect(x.arraySync()).toEqual([1, 2]);
  });

  it("full of one number", () => {
    expect(zeros([2]).arraySync()).toEqual([0, 0]);
    expect(ones([1, 2]).arraySync()).toEqual([[1, 1]]);
    expect(full([], 7).itemSync()).toBe(7);
    const like = zeros([2, 1], { dtype: "int32" });
    for (const [x, value] of [
      [zerosLike(like), 0] as const,
      [onesLike(like), 1] as const,
      [fullLike(like, 5), 5] as const,
    ]) {
      expect([x.shape, x.dtype, x.arraySync()]).toEqual([[2, 1], "int32", [[value], [value]]]);
    }
  });

  it.each<[args: [number, number?, number?], values: number[], dtype: DType]>([
    [[3], [0, 1, 2], "int32"],
    [[1, 4], [1, 2, 3], "int32"],
    [[5, 0, -2], [5, 3, 1], "int32"],
    [[0, 1, 0.25], [0, 0.25, 0.5, 0.75], "float32"],
    [[2, 2], [], "int32"],
    [[0], [], "int32"],
  ])("counting: arange(%j) is %j", (args, values, dtype) => {
    const x = arange(...args);
    expect([x.arraySync(), x.dtype]).toEqual([values, dtype]);
  });

  it("evenly spaced, and as identity matrices", () => {
    expect(linspace(0, 1, 5).arraySync()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect([linspace(3, 9, 1).arraySync(), linspace(3, 9, 0).arraySync()]).toEqual([[3], []]);
    expect(eye(2).arraySync()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(2, 3).arraySync()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(eye(1, 1, { dtype: "int32" }).dtype).toBe("int32");
  });

  it("on the default device or another, with a gradient or without", () => {
    expect(defaultDevice().name).toBe("reference");
    expect(zeros([1], { device: "cpu" }).device.name).toBe("cpu");
    expect([zeros([1]).requiresGrad, zeros([1], { requiresGrad: true }).requiresGrad]).toEqual([false, true]);
  });
});

describe("reading tensors", () => {
  it("awaited and at once, also through views", async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] }).T;
    const expected = [
      [1, 4],
      [2, 5],
      [3, 6],
    ];
    expect([await x.array(), x.arraySync()]).toEqual([expected, expected]);
    expect([Array.from(await x.data()), Array.from(x.dataSync())]).toEqual([expected.flat(), expected.flat()]);
    expect([await x.slice(0, 2).slice(1, 1).item(), x.max().itemSync()]).toEqual([6, 6]);
  });

  it("tells of itself", () => {
    const x = zeros([2, 3], { requiresGrad: true });
    expect([x.size, x.rank, zeros([2, 0]).size]).toEqual([6, 2, 0]);
  });
});

describe("moving tensors", () => {
  it("copies them to another device, and leaves them where they are if they are there", () => {
    const x = tensor([1.5, 2.5], { requiresGrad: true });
    const y = x.to("cpu");
    expect([y.device.name, y.requiresGrad, y.arraySync()]).toEqual(["cpu", true, [1.5, 2.5]]);
    expect(x.to("reference")).toBe(x);
    expect(y.to(x.device).device.name).toBe("reference");
    expect(tensor(Int32Array.of(7)).to("cpu").dtype).toBe("int32");
    expect(x.detach().expand(1, 2).T.to("cpu").arraySync()).toEqual([[1.5], [2.5]]);
  });
});
