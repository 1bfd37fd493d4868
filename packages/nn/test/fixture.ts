import { readFileSync } from "node:fs";
import { type NestedArray, type Tensor, tensor } from "@lectern/autograd";
import { expect } from "vitest";

/** A tensor in a fixture. */
export interface Numbers {
  shape: number[];
  values: number[];
}

/** One module run by PyTorch: see `fixtures/make_layers.py`. */
export interface LayerCase {
  weights: Record<string, Numbers>;
  inputs: Numbers[];
  seed: Numbers;
  output: Numbers;
  inputGradient: Numbers | null;
  gradients: Record<string, Numbers>;
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8")) as T;
}

export const floats = ({ shape, values }: Numbers): Tensor => tensor(values, { shape, dtype: "float32" });
export const ints = (data: NestedArray): Tensor => tensor(data, { dtype: "int32" });
export const intsOf = ({ shape, values }: Numbers): Tensor => tensor(values, { shape, dtype: "int32" });

/** Checks shape and values; `tolerance` is absolute for small numbers and relative for large ones. */
export function expectClose(actual: Tensor | undefined, expected: Numbers, tolerance: number, what = "values"): void {
  expect(actual?.shape, `${what}: shape`).toEqual(expected.shape);
  const values = actual!.dataSync();
  for (const [i, wanted] of expected.values.entries()) {
    const error = Math.abs(values[i] - wanted) / Math.max(1, Math.abs(wanted));
    expect(error, `${what}: element ${i} is ${values[i]}, should be ${wanted}`).toBeLessThan(tolerance);
  }
}
