import { describe, expect, it } from "vitest";
import {
  gradcheck,
  gradgradcheck,
  manualSeed,
  rand,
  randn,
  type Shape,
  setDefaultDevice,
  type Tensor,
} from "../../src/index.ts";
import { formatShape, sizeOf } from "../../src/shape.ts";

// Double precision, whatever the default is.
setDefaultDevice("reference");

/** An op's function of float tensors, and what to try it on. All of it runs in double precision on `reference`. */
export interface OpCase {
  name: string;
  f: (...inputs: Tensor[]) => Tensor;
  /** Shapes of the inputs, one list a trial. */
  shapes: readonly (readonly Shape[])[];
  /** Where the op is smooth; normally distributed numbers unless said otherwise. */
  draw?: (shape: Shape) => Tensor;
  /** False where second derivatives are not to be taken. */
  second?: boolean;
}

/** Numbers from `low` to `high`. */
export const between = (low: number, high: number) => (shape: Shape) =>
  rand(shape)
    .mul(high - low)
    .add(low);

/** Numbers of either sign, but none so near to 0 that a difference quotient would reach across. */
export const awayFromZero = (shape: Shape) => {
  const x = randn(shape);
  return x.add(x.sign().mul(0.1));
};

/** Distinct numbers at least 0.1 apart, in random order: for ops that compare elements. */
export const distinct = (shape: Shape) =>
  rand([sizeOf(shape)])
    .topk(sizeOf(shape))
    .indices.float()
    .mul(0.1)
    .sub(sizeOf(shape) / 20)
    .reshape(shape);

/** Shapes for functions of one tensor: odd sizes, axes of size 1, scalars. */
export const ONE: readonly (readonly Shape[])[] = [[[3, 5]], [[1, 7]], [[2, 1, 3]], [[]]];

/** Shapes for functions of two tensors that broadcast: either one, both, scalars, axes of size 1. */
export const TWO: readonly (readonly Shape[])[] = [
  [
    [3, 5],
    [3, 5],
  ],
  [[2, 3, 4], [4]],
  [[5], [3, 1]],
  [
    [2, 1, 3],
    [1, 4, 1],
  ],
  [[], [3]],
  [[1, 1], []],
];

/** The same numbers, seen through memory that does not lie row-major: what `show` makes of what `hide` made. */
const layouts: { name: string; hide: (x: Tensor) => Tensor; show: (x: Tensor, shape: Shape) => Tensor }[] = [
  {
    name: "transposed",
    hide: (x) => reversed(x).clone(),
    show: (x) => reversed(x),
  },
  {
    name: "sliced",
    hide: (x) => spaced(x),
    show: (x, shape) => shape.reduce<Tensor>((part, n, axis) => part.slice(axis, 1, 1 + 2 * n, 2), x),
  },
  {
    name: "expanded",
    hide: (x) => (x.rank === 0 ? x : x.slice(0, 0, 1).clone()),
    show: (x, shape) => x.expand(shape),
  },
];

const reversed = (x: Tensor) => x.permute(x.shape.map((_, axis) => x.rank - 1 - axis));

/** x with a zero before every element, along every axis. */
const spaced = (x: Tensor) =>
  x.shape.reduce<Tensor>((wide, n, axis) => {
    const apart = wide.unsqueeze(axis + 1);
    const pairs = apart.expand(apart.shape.with(axis + 1, 2)).clone();
    return pairs.reshape(wide.shape.with(axis, 2 * n));
  }, x);

/** Registers the tests that every differentiable op has to pass. */
export function checkOp({ name, f, shapes, draw = randn, second = true }: OpCase): void {
  const inputsFor = (trial: readonly Shape[], index: number) => {
    manualSeed(`${name} ${index}`);
    return trial.map((shape) => draw(shape));
  };
  const label = (trial: readonly Shape[]) => trial.map(formatShape).join(", ");

  describe(name, () => {
    it.each(shapes.map((trial, index) => ({ trial, index, on: label(trial) })))(
      "agrees with differences on $on",
      ({ trial, index }) => {
        const inputs = inputsFor(trial, index);
        expect(gradcheck(f, inputs)).toBe(true);
        if (second) expect(gradgradcheck(f, inputs)).toBe(true);
      },
    );

    it.each(layouts)("takes $name inputs", ({ hide, show }) => {
      const inputs = inputsFor(shapes[0], 0);
      const hidden = inputs.map(hide);
      const shown = (...given: Tensor[]) => given.map((x, i) => show(x, inputs[i].shape));
      const dense = shown(...hidden).map((x) => x.clone());
      expect(f(...shown(...hidden)).arraySync()).toEqual(f(...dense).arraySync());
      expect(gradcheck((...given) => f(...shown(...given)), hidden)).toBe(true);
    });
  });
}

/** The elements as numbers, row-major, with every zero positive. */
export const valuesOf = (x: Tensor): number[] => Array.from(x.dataSync(), (value) => value + 0);

/** Fails where a value is further from its counterpart than rounding in double precision explains. */
export function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, want] of expected.entries()) {
    const near = Object.is(actual[i], want) || Math.abs(actual[i] - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!near) expect.fail(`element ${i} is ${actual[i]}, expected ${want}`);
  }
}
