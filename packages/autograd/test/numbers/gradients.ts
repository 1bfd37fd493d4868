import { gradients, type Tensor } from "../../src/index.ts";
import { gives, gradientsOf, type NumberCase } from "./numberCase.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** The gradient of a function that is followed by a square root, which is infinitely steep at 0. */
function flat(name: string, x: readonly number[], right: readonly number[], f: (x: Tensor) => Tensor): NumberCase {
  return gives(
    `the gradient of ${name} and a root`,
    right,
    (make) => gradientsOf(make, [[...x]], (leaf) => f(leaf).sqrt()),
    {
      special: true,
    },
  );
}

/** Where a function is flat, or a branch not taken, nothing passes: not even an infinity, of which 0 times would be NaN. */
export const gradientCases: readonly NumberCase[] = [
  flat("relu", [-1, 0, 4], [0, 0, 0.25], (x) => x.relu()),
  flat("leakyRelu", [4], [0.25], (x) => x.leakyRelu()),
  flat("clamp", [-1, 0, 4], [0, inf, 0.25], (x) => x.clamp(0)),
  flat("clamp from both sides", [-1, 4, 1], [0, 0, 0.5], (x) => x.clamp(0, 1)),
  flat("maximum", [-1, 4], [0, 0.25], (x) => x.maximum(0)),
  flat("minimum", [1, -4], [0.5, -0], (x) => x.neg().minimum(0).neg()),
  flat("floor", [0.5], [0], (x) => x.floor()),
  flat("round", [0.2], [0], (x) => x.round()),
  flat("sign", [0], [0], (x) => x.sign()),
  flat("a power of 0", [4], [0], (x) => x.pow(0).sub(1)),
  flat("a tensor's power of 0", [4], [0], (x) => x.pow(x.detach().mul(0)).sub(1)),
  flat("the largest of all", [0, -1], [inf, 0], (x) => x.max()),
  flat("the largest along an axis", [0, -1], [inf, nan], (x) => x.max(0)),
  flat("a choice", [-1, 4], [0, 0.25], (x) => x.maskedFill(x.lt(0), 0)),
  gives("the gradient of the standard deviation of equal numbers", [0, 0, 0], (make) =>
    gradientsOf(make, [[2, 2, 2]], (x) => x.std()),
  ),
  gives(
    "the second derivative of relu and a root",
    [0, -1 / 32],
    (make) => {
      const x = make([-1, 4], { requiresGrad: true });
      const slope = gradients(x.relu().sqrt().sum(), [x], { createGraph: true })[0]!;
      return gradients(slope.sum(), [x])[0]!;
    },
    { special: true },
  ),
  gives(
    "the gradients of a maximum with NaN and of equal ones",
    [1, 1, 0.5, 1, 1, 0.5],
    (make) =>
      gradientsOf(
        make,
        [
          [nan, 1, 3],
          [2, nan, 3],
        ],
        (a, b) => a.maximum(b),
      ),
    { special: true },
  ),
  gives(
    "the gradient of the largest where it is NaN",
    [1, 0],
    (make) => gradientsOf(make, [[nan, 1]], (x) => x.max()),
    { special: true },
  ),
];
