import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Strided } from "../../src/device.ts";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { getThreads, machine, setThreads } from "../../src/devices/cpu/machine.ts";
import { rowMajorStrides, type Shape, sizeOf } from "../../src/shape.ts";
import { describeConformance } from "../conformance/conformance.ts";

function make(shape: Shape, key = 1): Strided {
  const x = {
    storage: cpuDevice.allocate(sizeOf(shape), "float32"),
    shape,
    strides: rowMajorStrides(shape),
    offset: 0,
  };
  cpuDevice.normal(x, [key, 7]);
  return x;
}

function transposed(x: Strided): Strided {
  return { ...x, shape: [...x.shape].reverse(), strides: [...x.strides].reverse() };
}

const bits = (x: Strided) => new Int32Array(cpuDevice.downloadSync(x.storage, 0, x.storage.length).buffer);

/** Starts the workers with a job large enough, and waits for them. */
async function startWorkers(): Promise<void> {
  const x = make([1 << 18]);
  cpuDevice.unary("exp", x, x, 0, 0);
  const pool = machine().pool!;
  while (pool.ready < pool.threads - 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Kernels on operands so large and so odd that they are shared out, and unevenly. */
const JOBS: Record<string, () => Strided> = {
  "a square product": () => {
    const out = make([301, 263]);
    cpuDevice.matmul(out, make([301, 517], 2), make([517, 263], 3), false);
    return out;
  },
  "a product with transposed operands, added to what is there": () => {
    const out = make([129, 515]);
    cpuDevice.matmul(out, transposed(make([700, 129], 2)), transposed(make([515, 700], 3)), true);
    return out;
  },
  "a product with few rows": () => {
    const out = make([3, 6001]);
    cpuDevice.matmul(out, make([3, 517], 2), make([517, 6001], 3), false);
    return out;
  },
  ...Object.fromEntries(
    [1, 2, 5, 24].map((rows) => [
      `a layer's product of ${rows} ${rows === 1 ? "row" : "rows"}`,
      () => {
        const out = make([rows, 6001]);
        cpuDevice.linear!(out, make([rows, 517], 2), make([6001, 517], 3), make([6001], 4), rows > 1);
        return out;
      },
    ]),
  ),
  "a batch of products": () => {
    const out = make([37, 65, 63]);
    cpuDevice.matmul(out, make([37, 65, 33], 2), make([37, 33, 63], 3), false);
    return out;
  },
  gelu: () => {
    const out = make([100_003]);
    cpuDevice.unary("gelu", out, make([100_003], 2), 0, 0);
    return out;
  },
  "a sum of two arrays, one broadcast": () => {
    const out = make([1003, 301]);
    cpuDevice.binary("add", out, make([1003, 301], 2), { ...make([301], 3), shape: [1003, 301], strides: [0, 1] });
    return out;
  },
  "a sum of all elements": () => {
    const out = make([1]);
    cpuDevice.reduce("sum", out, make([500_009], 2), { outer: 1, size: 500_009, inner: 1 });
    return out;
  },
  "a sum over rows": () => {
    const out = make([263]);
    cpuDevice.reduce("sum", out, make([2001, 263], 2), { outer: 1, size: 2001, inner: 263 });
    return out;
  },
  softmax: () => {
    const out = make([777, 301]);
    cpuDevice.softmax(out, make([777, 301], 2));
    return out;
  },
  "a layer norm's weights": () => {
    const [out, mean, rstd] = [make([263]), make([2001], 4), make([2001], 5)];
    cpuDevice.layerNormGrad(
      undefined,
      out,
      undefined,
      make([2001, 263], 2),
      make([2001, 263], 3),
      mean,
      rstd,
      undefined,
    );
    return out;
  },
  dropout: () => {
    const out = make([100_003]);
    cpuDevice.dropout(out, make([100_003], 2), 0.3, [5, 6]);
    return out;
  },
};

describe("threads", () => {
  beforeAll(async () => {
    setThreads(3);
    await startWorkers();
  });
  afterAll(() => setThreads(1));

  for (const [name, job] of Object.entries(JOBS)) {
    it(`give ${name} the very same numbers as one thread does`, () => {
      const shared = bits(job());
      const { pool } = machine();
      machine().pool = undefined;
      const alone = bits(job());
      machine().pool = pool;
      expect(shared).toEqual(alone);
    });
  }

  it("can be set again, and the new ones work", async () => {
    setThreads(2);
    expect(getThreads()).toBe(2);
    await startWorkers();
    expect(machine().pool?.ready).toBe(1);
    expect(machine().pool?.failure).toBeUndefined();
    setThreads(3);
    await startWorkers();
  });

  it("are refused in numbers that make no sense", () => {
    expect(() => setThreads(0)).toThrow(
      "setThreads: the number of threads is 0: it has to be a whole number from 1 to",
    );
    expect(() => setThreads(1.5)).toThrow("is 1.5");
  });

  describeConformance(cpuDevice);
});
