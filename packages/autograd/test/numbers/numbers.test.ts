import { afterEach, describe, expect, it } from "vitest";
import type { Device } from "../../src/device.ts";
import { createGpuDevice } from "../../src/devices/gpu/device.ts";
import {
  arange,
  crossEntropy,
  device,
  gradients,
  multinomial,
  randint,
  randperm,
  setFused,
  tensor,
} from "../../src/index.ts";
import { numberCases } from "./index.ts";
import { faultOf } from "./numberCase.ts";

const gpu = await createGpuDevice({ backend: "webasm" });

describe.each([device("reference"), device("cpu"), gpu])("on $name", (on) => {
  it.each(numberCases)("$name gives $right", async (one) => {
    expect(await faultOf(one, on)).toBeUndefined();
  });
});

describe("weights that are no weights", () => {
  const wrong = [
    [Number.NaN, 0.5, 0.5],
    [-1, 0.5, 0.5],
    [0, 0, 0],
    [Number.POSITIVE_INFINITY, 0.5, 0.5],
  ];
  const rows = (weights: number[], on: Device) => tensor([[1, 2, 3], weights], { device: on });

  it.each(wrong)("%s, %s and %s are refused by multinomial", (...weights) => {
    for (const name of ["reference", "cpu"]) {
      for (const replacement of [true, false]) {
        expect(() => multinomial(rows(weights, device(name)), 2, { replacement })).toThrow(
          /multinomial: the weights of a row have to be finite .* \[2, 3\]/,
        );
      }
    }
  });

  it.each(wrong)("%s, %s and %s are told by the gpu when it is read", async (...weights) => {
    await expect(multinomial(rows(weights, gpu), 2, { replacement: true }).data()).rejects.toThrow(/outside 0 … 2/);
  });

  it("while others are taken", async () => {
    for (const on of [device("reference"), device("cpu"), gpu]) {
      expect(await multinomial(tensor([[0, 1e-30, 0]], { device: on }), 1).array()).toEqual([[1]]);
    }
  });
});

it.each(["reference", "cpu"])("int32 times a number is taken modulo 2^32, on %s", (name) => {
  const x = tensor(Int32Array.of(2147483647, -2147483648, 65537), { device: name });
  expect([...x.mul(2147483647).dataSync()]).toEqual([1, -2147483648, 2147418111]);
  expect([...x.add(1).dataSync()]).toEqual([-2147483648, -2147483647, 65538]);
  expect([...x.mul_(65537).dataSync()]).toEqual([2147418111, -2147483648, 131073]);
});

describe("a gpu's hundred thousand elements", () => {
  const count = 100_000;

  it("are summed up one after the other", async () => {
    const sums = await arange(0, count, 1, { device: gpu }).mul(0).add(1).cumsum(0).data();
    expect(sums.length).toBe(count);
    expect(sums.every((sum, i) => sum === i + 1)).toBe(true);
  });

  it("come in random order, each once, and in order again", async () => {
    const shuffled = randperm(count, { device: gpu });
    expect(new Set(await shuffled.data()).size).toBe(count);
    const { values } = shuffled.float().topk(count, 0, { largest: false });
    expect((await values.data()).every((value, i) => value === i)).toBe(true);
  });
});

describe("randint", () => {
  it("reaches odd numbers and many of them, however far it goes", () => {
    const values = randint(0, 2 ** 30, [100_000]).dataSync();
    const odd = values.filter((value) => value % 2 === 1).length;
    expect(odd).toBeGreaterThan(49_000);
    expect(odd).toBeLessThan(51_000);
    expect(new Set(values).size).toBeGreaterThan(99_900);
    expect(Math.min(...values)).toBeLessThan(2 ** 17);
    expect(Math.max(...values)).toBeGreaterThan(2 ** 30 - 2 ** 17);
  });

  it("reaches every number of a few beside each other, wherever they lie", () => {
    for (const low of [-(2 ** 31), -3, 2 ** 30 - 3, 2 ** 31 - 7]) {
      const values = new Set(randint(low, low + 7, [1000]).dataSync());
      expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 7 }, (_, i) => low + i));
    }
  });

  it("takes the whole range of int32", () => {
    const values = randint(-(2 ** 31), 2 ** 31 - 1, [10_000]).dataSync();
    expect(values.filter((value) => value < 0).length).toBeGreaterThan(4700);
    expect(values.filter((value) => value >= 0).length).toBeGreaterThan(4700);
  });

  it("says what int32 cannot hold", () => {
    expect(() => randint(0, 2 ** 32, [3])).toThrow("randint: an int32 tensor cannot hold 4294967295");
    expect(() => tensor(Int32Array.of(1)).mul(3e9)).toThrow("mul: an int32 tensor cannot hold 3000000000");
  });
});

describe("cross entropy without its kernel", () => {
  afterEach(() => setFused(true));

  it.each(["reference", "cpu"])("lets a logit of -Infinity cost nothing, on %s", (name) => {
    setFused(false);
    const logits = tensor([[Number.NEGATIVE_INFINITY, 2, 3]], { device: name });
    const loss = crossEntropy(logits, tensor(Int32Array.of(2), { device: name }));
    expect(loss.itemSync()).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  it.each(["reference", "cpu"])("gives no gradient where no target counts, on %s", (name) => {
    const x = tensor([[1, 2, 3]], { device: name, requiresGrad: true });
    const loss = crossEntropy(x, tensor(Int32Array.of(-100), { device: name }));
    expect(loss.itemSync()).toBeNaN();
    for (const createGraph of [false, true]) {
      const [dx] = gradients(loss, [x], { createGraph, retainGraph: true });
      expect([...dx!.dataSync()].every((value) => value === 0)).toBe(true);
    }
  });

  it.each([undefined, [1, 2, 0.5]])("agrees with the kernel, also in the gradient, with weights %j", (weights) => {
    const make = () =>
      tensor(
        [
          [0.3, -1, 2],
          [Number.NEGATIVE_INFINITY, 1, 0],
          [1, 1, 1],
        ],
        { requiresGrad: true },
      );
    const targets = tensor(Int32Array.of(0, 2, -100));
    const weight = weights && tensor(weights);
    for (const reduction of ["mean", "sum", "none"] as const) {
      const [fused, composite] = [true, false].map((on) => {
        setFused(on);
        const x = make();
        const loss = crossEntropy(x, targets, { weight, reduction });
        const [dx] = gradients(loss.sum(), [x]);
        return [...loss.reshape(-1).dataSync(), ...dx!.dataSync()];
      });
      composite.forEach((value, i) => {
        expect(value).toBeCloseTo(fused[i], 6);
      });
    }
  });
});
