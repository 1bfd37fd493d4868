import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Device } from "../../src/device.ts";
import type { DType } from "../../src/dtypes.ts";
import { type Tensor, tensor } from "../../src/index.ts";

interface FixtureArray {
  shape: number[];
  dtype: DType;
  values: number[];
}

interface FixtureCase {
  inputs: FixtureArray[];
  output: FixtureArray;
  seed?: FixtureArray;
  gradients?: (FixtureArray | null)[];
}

/** One function of several tensors for each case of a fixture: what the script that made it does in PyTorch. */
export type OpsByName = Readonly<Record<string, (...inputs: Tensor[]) => Tensor>>;

/** A device, and how near it has to come. */
export interface Trial {
  readonly device: Device;
  readonly tolerance: number;
  /** Cases that go beyond what the device says it can do. */
  readonly lacks?: RegExp;
}

/** Tests that on every device the ops give what PyTorch gave, values and gradients. `fixture` lies in `test/fixtures`. */
export function describeAgreement(fixture: string, ops: OpsByName, trials: readonly Trial[]): void {
  const text = readFileSync(new URL(`../fixtures/${fixture}`, import.meta.url), "utf8");
  const cases = JSON.parse(text) as Record<string, FixtureCase>;

  it(`${fixture} has a case for every function here, and none more`, () => {
    expect(Object.keys(ops).sort()).toEqual(Object.keys(cases).sort());
  });

  describe.each(trials)("on device $device.name, agreement with PyTorch", ({ device, tolerance, lacks }) => {
    const read = ({ shape, dtype, values }: FixtureArray) =>
      tensor(Float64Array.from(values), { shape, dtype, device });

    it.each(Object.keys(cases).filter((name) => !lacks?.test(name)))("%s", async (name) => {
      const { inputs, output, seed, gradients } = cases[name];
      const leaves = inputs.map((input) => {
        const x = read(input);
        return input.dtype === "float32" ? x.requiresGrad_() : x;
      });
      const y = ops[name](...leaves);
      expect(y.shape).toEqual(output.shape);
      expect([y.dtype, y.device.name]).toEqual([output.dtype, device.name]);
      await expectValues(y, output, tolerance, "value");
      if (seed === undefined || gradients === undefined) {
        expect(y.requiresGrad).toBe(false);
        return;
      }
      y.backward(read(seed));
      for (const [i, leaf] of leaves.filter((x) => x.requiresGrad).entries()) {
        const expected = gradients[i];
        if (expected === null) expect(leaf.grad).toBeUndefined();
        else await expectValues(leaf.grad!, expected, tolerance, `gradient ${i}`);
      }
    });
  });
}

/** `tolerance` is absolute for small numbers and relative for large ones; an infinity, a NaN has to be just that. */
async function expectValues(x: Tensor, { values }: FixtureArray, tolerance: number, what: string): Promise<void> {
  const found = await x.data();
  expect(found).toHaveLength(values.length);
  for (const [i, want] of values.entries()) {
    const got = found[i] + 0;
    const near = Object.is(got, want) || Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!near) expect.fail(`${what}: element ${i} is ${got}, expected ${want}`);
  }
}
