import { describe, expect, it, vi } from "vitest";
import {
  concat,
  device,
  embedding,
  gradcheck,
  gradgradcheck,
  manualSeed,
  profile,
  randn,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
} from "../src/index.ts";

const cpu = device("cpu");
const [BATCH, WIDTH] = [3, 5];

/** Bytes that a backward pass allocates, bytes that its kernels read and write, and how many of them run. */
async function costOf(loss: () => Tensor): Promise<{ allocated: number; moved: number; kernels: number }> {
  const y = loss();
  let allocated = 0;
  const { allocate } = cpu;
  const spy = vi.spyOn(cpu, "allocate").mockImplementation((length, dtype) => {
    allocated += 4 * length;
    return allocate(length, dtype);
  });
  const rows = await profile(cpu, () => y.backward());
  spy.mockRestore();
  const sum = (key: "bytes" | "calls") => rows.reduce((total, row) => total + row[key], 0);
  return { allocated, moved: sum("bytes"), kernels: sum("calls") };
}

const sequence = (time: number, axis: number) => {
  manualSeed(1);
  const shape = axis === 0 ? [time, BATCH, WIDTH] : [BATCH, time, WIDTH];
  return randn(shape, { requiresGrad: true });
};

const add = (parts: readonly Tensor[]) => parts.reduce((sum, part) => sum.add(part)).sum();

/** Each uses a sequence of T steps, step by step. */
const ways: Record<string, (time: number) => Tensor> = {
  "select, along the first axis"(time) {
    const x = sequence(time, 0);
    return add(Array.from({ length: time }, (_, t) => x.select(0, t).tanh()));
  },
  "select, along the middle axis"(time) {
    const x = sequence(time, 1);
    return add(Array.from({ length: time }, (_, t) => x.select(1, t).tanh()));
  },
  "an RNN"(time) {
    const x = sequence(time, 1);
    const w = randn([WIDTH, WIDTH], { requiresGrad: true });
    let h = x.select(1, 0);
    for (let t = 1; t < time; t++) h = h.matmul(w).add(x.select(1, t)).tanh();
    return h.sum();
  },
  split(time) {
    return add(
      sequence(time, 1)
        .split(1, 1)
        .map((part) => part.exp()),
    );
  },
};

describe("a tensor taken apart in T steps", () => {
  for (const [name, loss] of Object.entries(ways)) {
    it(`costs as T, not as its square: ${name}`, async () => {
      const [short, long] = [await costOf(() => loss(64)), await costOf(() => loss(512))];
      for (const key of ["allocated", "moved", "kernels"] as const) {
        expect(long[key] / short[key], key).toBeLessThan(8.5);
      }
    });
  }

  it("costs as T in memory and kernels where rows of a table are looked up one by one", async () => {
    const loss = (time: number) => {
      const table = randn([time, WIDTH], { requiresGrad: true });
      return add(Array.from({ length: time }, (_, t) => embedding(table, tensor([t], { dtype: "int32" })).exp()));
    };
    const [short, long] = [await costOf(() => loss(64)), await costOf(() => loss(512))];
    expect(long.allocated / short.allocated).toBeLessThan(8.5);
    expect(long.kernels / short.kernels).toBeLessThan(8.5);
  });
});

describe("the gradient of a slice", () => {
  const slices: Record<string, (x: Tensor) => Tensor> = {
    overlapping: (x) =>
      x
        .narrow(1, 0, 3)
        .mul(x.narrow(1, 1, 3))
        .mul(x.narrow(1, 2, 3)),
    "beside the whole": (x) => concat([x.select(1, 0).exp(), x.sum(1), x.select(1, 0)]),
    "every second": (x) => x.slice(1, 0, 5, 2).mul(x.slice(1, 0, 3)),
    "of both axes": (x) =>
      x
        .select(0, 1)
        .narrow(0, 1, 2)
        .mul(x.narrow(1, 3, 2)),
    "in any order": (x) => stack([4, 0, 2, 0].map((t) => x.select(1, t)).map((part) => part.square())),
    "by index": (x) => x.indexSelect(1, tensor([4, 4, 0], { dtype: "int32" })).mul(x.narrow(1, 1, 3)),
  };
  for (const [name, f] of Object.entries(slices)) {
    it(`is right where others of the same tensor gather: ${name}`, () => {
      setDefaultDevice("reference");
      manualSeed(2);
      const x = randn([2, 5]);
      setDefaultDevice("cpu");
      expect(gradcheck(f, [x])).toBe(true);
      expect(gradgradcheck(f, [x])).toBe(true);
    });
  }

  it("leaves a gradient alone that is another tensor's too", () => {
    const [x, w] = [tensor([1, 2, 3], { requiresGrad: true }), tensor([4, 5, 6], { requiresGrad: true })];
    const y = x.mul(1);
    // y and w get one and the same gradient before the slice's arrives.
    const both = y
      .add(w)
      .mul(tensor([1, 10, 100]))
      .sum();
    y.narrow(0, 0, 2).mul(7).sum().add(both).backward();
    expect([w.grad!.arraySync(), x.grad!.arraySync()]).toEqual([
      [1, 10, 100],
      [8, 17, 100],
    ]);
  });
});
