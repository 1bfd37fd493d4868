import { rand, tensor } from "./creation.ts";
import { defaultDevice, setDefaultDevice } from "./devices.ts";
import { isFloat } from "./dtypes.ts";
import { gradients } from "./engine/functional.ts";
import { scoped } from "./lifetimes.ts";
import { formatShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export interface GradcheckOptions {
  /** Step of the central difference. */
  eps?: number;
  atol?: number;
  rtol?: number;
}

/** Copies on `reference`, in double precision, that require gradients wherever they are floats. */
function prepare(inputs: readonly Tensor[]): Tensor[] {
  return inputs.map((x) => {
    const copy = tensor(x.detach().dataSync(), { shape: x.shape, dtype: x.dtype, device: "reference" });
    return isFloat(x.dtype) ? copy.requiresGrad_() : copy;
  });
}

function onReference<T>(fn: () => T): T {
  const before = defaultDevice();
  setDefaultDevice("reference");
  try {
    return fn();
  } finally {
    setDefaultDevice(before);
  }
}

/** d sum(f * weights) / d inputs[which], by central differences. */
function numeric(
  f: (...x: Tensor[]) => Tensor,
  inputs: Tensor[],
  which: number,
  weights: Tensor,
  eps: number,
): number[] {
  const values = inputs[which].dataSync();
  const at = (i: number, value: number) => {
    const moved = values.slice();
    moved[i] = value;
    const x = tensor(moved, { shape: inputs[which].shape, device: "reference", requiresGrad: true });
    return scoped(() =>
      f(...inputs.with(which, x))
        .mul(weights)
        .sum()
        .itemSync(),
    );
  };
  return Array.from(values, (v, i) => (at(i, v + eps) - at(i, v - eps)) / (2 * eps));
}

/**
 * Holds the gradients of a function against central differences, in double precision on `reference`.
 * inputs: its tensor arguments; int32 ones are left as they are. Returns true; errors name the first element that differs.
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { eps = 1e-6, atol = 1e-6, rtol = 1e-4 }: GradcheckOptions = {},
): boolean {
  return onReference(() => {
    const x = prepare(inputs);
    const output = f(...x);
    // Random weights, so that an error cannot hide in a sum of gradients (softmax sums to 1).
    const weights = rand(output.shape).add(0.5);
    const wanted = x.filter((input) => input.requiresGrad);
    const found = gradients(output, wanted, { seed: weights, allowUnused: true });
    wanted.forEach((input, i) => {
      const expected = numeric(f, x, x.indexOf(input), weights, eps);
      const actual = found[i]?.dataSync() ?? new Float64Array(input.size);
      expected.forEach((value, j) => {
        if (Math.abs(actual[j] - value) <= atol + rtol * Math.abs(value)) return;
        throw new Error(
          `gradcheck: input ${x.indexOf(input)} ${formatShape(input.shape)}, element ${j}: ` +
            `the rule gives ${actual[j]}, differences give ${value}`,
        );
      });
    });
    return true;
  });
}

/** `gradcheck` of the gradient itself: that the backward rules can be differentiated, and rightly. */
export function gradgradcheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): boolean {
  return onReference(() => {
    const seed = rand(f(...prepare(inputs)).shape).add(0.5);
    const count = inputs.length;
    const gradient = (...all: Tensor[]): Tensor => {
      const x = all.slice(0, count);
      const wanted = x.filter((input) => input.requiresGrad);
      const found = gradients(f(...x), wanted, { seed: all[count], createGraph: true, allowUnused: true });
      // One scalar out of all gradients: their sum of squares reaches every second derivative.
      return found.reduce<Tensor>((sum, g) => (g === undefined ? sum : sum.add(g.square().sum())), tensor(0));
    };
    return gradcheck(gradient, [...inputs, seed], { atol: 1e-5, ...options });
  });
}
