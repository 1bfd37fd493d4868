import { concat, full, scaledDotProductAttention } from "../../src/index.ts";
import { gives, gradientsOf, type NumberCase } from "./numberCase.ts";

const ODD = [41, 47, 55, 61, 82, 83, 94, 97, 107, 109, 110, 115, 121, 122, 123];

/** A division by a number is rounded once; multiplying by its reciprocal rounds twice, and overflows for a small one. */
export const divisionCases: readonly NumberCase[] = [
  gives(
    "a number divided by itself",
    ODD.map(() => 1),
    (make) => ODD.map((n) => make([n]).div(n)).reduce((all, x) => concat([all, x])),
  ),
  gives(
    "a number divided by itself in place",
    ODD.map(() => 1),
    (make) => ODD.map((n) => make([n]).div_(n)).reduce((all, x) => concat([all, x])),
  ),
  gives("0 and 1e-37 divided by 1e-39", [0, 100], (make) => make([0, 1e-37]).div(1e-39), {
    relative: 1e-5,
    special: true,
  }),
  gives("the gradient of a division", [1, 1], (make) => gradientsOf(make, [[1, 2]], (x) => x.div(41).mul(41))),
  gives("the mean of equal numbers", [7], (_, device) => full([7], 7, { device }).mean()),
  gives("the variance of equal numbers", [0], (_, device) => full([7], 7, { device }).var()),
  gives("the mean of equal int32", [7], (_, device) => full([7], 7, { device, dtype: "int32" }).mean()),
  gives("the gradient of a mean", [1 / 3, 1 / 3, 1 / 3], (make) => gradientsOf(make, [[1, 2, 3]], (x) => x.mean())),
  gives("attention to seven equal keys", [7, 7, 7], (_, device) => {
    const of = (value: number, time: number) => full([1, 1, time, 3], value, { device });
    return scaledDotProductAttention(of(1, 1), of(1, 7), of(7, 7));
  }),
];
