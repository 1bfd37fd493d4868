import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Strided } from "../../src/device.ts";
import { setBlas } from "../../src/devices/cpu/blas.ts";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { cpuInfo } from "../../src/devices/cpu/info.ts";
import { getThreads, machine, setThreads } from "../../src/devices/cpu/machine.ts";
import { multiHeadAttention, randn } from "../../src/index.ts";
import { rowMajorStrides, type Shape, sizeOf } from "../../src/shape.ts";

// The device makes its parts at first use, so this comes in time: widened kernels attend without the library.
process.env.LECTERN_SIMD = "relaxed";

function make(shape: Shape, key: number): Strided {
  const storage = cpuDevice.allocate(sizeOf(shape), "float32");
  const x = { storage, shape, strides: rowMajorStrides(shape), offset: 0 };
  cpuDevice.normal(x, [key, 11]);
  return x;
}

/** The last two axes swapped: the same matrices, transposed, at no copy. */
function transposed({ storage, shape, strides, offset }: Strided): Strided {
  const swap = (values: readonly number[]) => [...values.slice(0, -2), values.at(-1)!, values.at(-2)!];
  return { storage, shape: swap(shape), strides: swap(strides), offset };
}

/** The first so many rows and columns of a larger matrix. */
function corner(x: Strided, rows: number, columns: number): Strided {
  return { ...x, shape: [rows, columns], offset: x.offset + 3 };
}

function expand(x: Strided, batch: number): Strided {
  return { ...x, shape: [batch, ...x.shape], strides: [0, ...x.strides] };
}

type Operands = [out: Shape, a: Strided, b: Strided, accumulate: boolean];

const PRODUCTS: Record<string, () => Operands> = {
  "two matrices": () => [[150, 140], make([150, 160], 1), make([160, 140], 2), false],
  "a transposed left operand": () => [[150, 140], transposed(make([160, 150], 1)), make([160, 140], 2), false],
  "a transposed right operand": () => [[150, 140], make([150, 160], 1), transposed(make([140, 160], 2)), false],
  "both transposed, and added": () => [
    [150, 140],
    transposed(make([160, 150], 1)),
    transposed(make([140, 160], 2)),
    true,
  ],
  "parts of larger matrices": () => [
    [150, 140],
    corner(make([200, 180], 1), 150, 160),
    corner(make([190, 170], 2), 160, 140),
    false,
  ],
  "a batch": () => [[9, 65, 63], make([9, 65, 66], 1), transposed(make([9, 63, 66], 2)), false],
  "a batch with one shared matrix on the left": () => [
    [9, 65, 63],
    expand(make([65, 66], 1), 9),
    make([9, 66, 63], 2),
    true,
  ],
  "rows that are all one": () => {
    const row = make([1, 160], 1);
    return [[150, 140], { ...row, shape: [150, 160], strides: [0, 1] }, make([160, 140], 2), false];
  },
};

function product([shape, a, b, accumulate]: Operands): Float32Array {
  const out = make(shape, 3);
  cpuDevice.matmul(out, a, b, accumulate);
  const values = cpuDevice.downloadSync(out.storage, 0, out.storage.length);
  cpuDevice.release(out.storage);
  return Float32Array.from(values);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

// Where the machine has no BLAS both ways are the same, and these prove that nothing breaks without one.
describe("the system's BLAS", () => {
  beforeEach(() => setBlas(true));
  afterAll(() => setBlas(true));

  for (const [name, operands] of Object.entries(PRODUCTS)) {
    it(`multiplies ${name} as WebAssembly does, to rounding`, () => {
      const given = operands();
      const withBlas = product(given);
      setBlas(false);
      expect(largestDifference(withBlas, product(given))).toBeLessThan(1e-4);
    });
  }

  it("multiplies in attention too, with long contexts", () => {
    const { kernels } = machine();
    const { blasAttention, blasAttentionGrad } = kernels;
    const calls: string[] = [];
    cpuInfo();
    const qkv = randn([1, 150, 96], { device: "cpu", requiresGrad: true });
    const threads = getThreads();
    try {
      // On the main thread alone, which is the only one whose calls can be seen.
      setThreads(1);
      kernels.blasAttention = (...args) => {
        calls.push("blasAttention");
        blasAttention(...args);
      };
      kernels.blasAttentionGrad = (...args) => {
        calls.push("blasAttentionGrad");
        blasAttentionGrad(...args);
      };
      multiHeadAttention(qkv, 2, { causal: true }).sum().backward();
    } finally {
      Object.assign(kernels, { blasAttention, blasAttentionGrad });
      setThreads(threads);
    }
    expect(calls).toEqual(cpuInfo().blas === undefined ? [] : ["blasAttention", "blasAttentionGrad"]);
  });

  it("is named, or the reason why there is none", () => {
    const { blas, blasReason } = cpuInfo();
    expect((blas === undefined) !== (blasReason === undefined)).toBe(true);
  });

  it("can be switched off", () => {
    setBlas(false);
    expect(cpuInfo()).toMatchObject({ blas: undefined, blasReason: "switched off" });
  });
});
