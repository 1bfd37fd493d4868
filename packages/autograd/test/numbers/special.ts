import { concat, full } from "../../src/index.ts";
import { gives, gradientsOf, type NumberCase } from "./numberCase.ts";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Bases and exponents, and what IEEE 754 makes of them. */
const POWERS: readonly (readonly [base: number, exponent: number, power: number])[] = [
  [1, inf, 1],
  [1, -inf, 1],
  [1, nan, 1],
  [-1, inf, 1],
  [-1, -inf, 1],
  [-1, nan, nan],
  [nan, 0, 1],
  [nan, 1, nan],
  [2, inf, inf],
  [2, -inf, 0],
  [-0.5, -inf, inf],
  [0.5, inf, 0],
  [0, -2, inf],
  [-0, -2, inf],
  [-0, -3, -inf],
  [-0, 3, -0],
  [-0, 2, 0],
  [-2, 3, -8],
  [-2, 0.5, nan],
  [-inf, 3, -inf],
  [-inf, 2, inf],
];

const special = { special: true };

/** Infinities, NaN and the sign of zero, as PyTorch has them. */
export const specialCases: readonly NumberCase[] = [
  gives(
    "powers of tensors",
    POWERS.map(([, , power]) => power),
    (make) => make(POWERS.map(([base]) => base)).pow(make(POWERS.map(([, exponent]) => exponent))),
    special,
  ),
  ...POWERS.map(([base, exponent, power]) =>
    gives(`${base} to the power of the number ${exponent}`, [power], (make) => make([base]).pow(exponent), special),
  ),
  gives(
    "the gradients of powers of 0",
    [-inf, 0, 1, 0, -inf, 0, 0, 0],
    (make) =>
      gradientsOf(
        make,
        [
          [0, 0, 0, 0],
          [-1, 0, 1, 2],
        ],
        (a, b) => a.pow(b),
      ),
    special,
  ),
  gives("logSumExp with an infinity", [inf], (make) => make([inf, 1000, 1]).logSumExp(0)),
  gives("the gradient of logSumExp with an infinity", [nan, 0, 0], (make) =>
    gradientsOf(make, [[inf, 1000, 1]], (x) => x.logSumExp(0)),
  ),
  gives("logSumExp of nothing but -Infinity", [-inf], (make) => make([-inf, -inf]).logSumExp(0)),
  gives("logSumExp of large numbers", [1000 + Math.log(2)], (make) => make([1000, 1000]).logSumExp(0)),
  gives("logSumExp over no elements", [-inf, -inf], (_, device) => full([2, 0], 0, { device }).logSumExp(1)),
  gives("maximum with NaN", [nan, nan], (make) => make([nan, 1]).maximum(make([2, nan])), special),
  gives("minimum with NaN", [nan, nan], (make) => make([nan, 1]).minimum(make([2, nan])), special),
  gives("sign of NaN, and of -0", [nan, 0], (make) => make([nan, -0]).sign(), special),
  gives("clamp of NaN and infinities", [nan, 1, -1], (make) => make([nan, inf, -inf]).clamp(-1, 1), special),
  gives("neg of zeros", [-0, 0], (make) => make([0, -0]).neg()),
  gives("zeros times a number", [-0, 0, 0, -0], (make) => make([0, -0, 0, -0]).mul(make([-1, -1, 2, 2]))),
  gives("zeros times the number -1", [-0, 0], (make) => make([0, -0]).mul(-1)),
  gives("zeros times 2, in place", [0, -0], (make) => make([0, -0]).mul_(2)),
  gives("zeros divided by 2", [0, -0], (make) => make([0, -0]).div(2)),
  gives("-0 less 0", [-0], (make) => make([-0]).sub(0)),
  gives("-0 and 0", [0], (make) => make([-0]).add(0), special),
  gives("tanh of zeros", [0, -0], (make) => make([0, -0]).tanh()),
  gives("floor and round of -0 and of what is near", [-0, -0, -0, -0], (make) =>
    concat([make([-0]).floor(), make([-0, -0.3, -0.5]).round()]),
  ),
  gives("the gradient of a negation of 0", [-0], (make) => {
    const x = make([1], { requiresGrad: true });
    x.neg().backward(make([0]));
    return x.grad!;
  }),
];
