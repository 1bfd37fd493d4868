import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  einsum,
  gradgradcheck,
  huberLoss,
  meshgrid,
  mseLoss,
  nllLoss,
  ones,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "../../src/index.ts";
import { between, checkOp, ONE } from "./checks.ts";

const int = (...values: number[]) => tensor(Int32Array.from(values));

for (const name of ["log1p", "expm1", "sinh", "cosh", "asinh", "erf", "softplus", "logSigmoid", "atan"] as const) {
  checkOp({ name, f: (x) => x[name](), shapes: ONE, draw: between(-0.9, 3) });
}
checkOp({ name: "acosh", f: (x) => x.acosh(), shapes: ONE, draw: between(1.1, 3) });
for (const name of ["atanh", "asin", "acos", "tan"] as const) {
  checkOp({ name, f: (x) => x[name](), shapes: ONE, draw: between(-0.8, 0.8) });
}

describe("second derivatives", () => {
  it("of products with zeros, of corners at 0, of a point's angle and of losses agree with differences", () => {
    const withZero = tensor([1.5, 0, -2, 0.5]);
    const checks: [(...inputs: Tensor[]) => Tensor, Tensor[]][] = [
      [(x) => x.prod(), [withZero]],
      [(x) => x.cumprod(0), [withZero]],
      [(x) => x.elu(0.7), [randn([3, 2])]],
      [(y, x) => y.atan2(x), [randn([3]).abs().add(0.3), randn([3]).abs().add(0.3)]],
      [(x) => einsum("ij,kj->ik", x, x), [randn([2, 3])]],
      [(p, t) => binaryCrossEntropy(p, t), [tensor([0.2, 0.7]), tensor([0.4, 0.9])]],
      [(x, t) => binaryCrossEntropyWithLogits(x, t), [randn([4]), tensor([0, 0.3, 1, 1])]],
      [(x, t) => huberLoss(x, t, { delta: 0.5 }), [tensor([0.2, 3]), tensor([0.3, 0.1])]],
    ];
    for (const [f, inputs] of checks) expect(gradgradcheck(f, inputs)).toBe(true);
  });
});

describe("functions near where plain formulas fail", () => {
  it("keep their digits in single precision", () => {
    const values = (x: Tensor) => Array.from(x.dataSync());
    const of = (...x: number[]) => tensor(x, { device: "cpu" });
    const near = (x: Tensor, right: number[]) => {
      for (const [i, value] of values(x).entries()) expect(Math.abs(value / right[i] - 1)).toBeLessThan(1e-6);
    };
    near(of(1e-7, -1e-7).log1p(), [1e-7, -1e-7].map(Math.log1p));
    near(of(1e-7, -1e-7, 0.01).expm1(), [1e-7, -1e-7, 0.01].map(Math.expm1));
    near(of(1e-5, 89, -89).sinh(), [1e-5, 89, -89].map(Math.sinh));
    near(of(1e15, -1e-6).asinh(), [1e15, -1e-6].map(Math.asinh));
    near(of(-20, 30).softplus(), [Math.log1p(Math.exp(-20)), 30]);
    near(of(1e-6, 0.3).erf(), [1.1283791670951e-6, 0.32862675945912]);
    expect(values(of(Infinity, -Infinity).log1p())).toEqual([Infinity, Number.NaN]);
    expect(values(of(Infinity, -Infinity, -200).expm1())).toEqual([Infinity, -1, -1]);
    expect(values(of(Infinity, -Infinity).erf())).toEqual([1, -1]);
    expect(values(of(Infinity, -Infinity).atan())).toEqual([Math.fround(Math.PI / 2), Math.fround(-Math.PI / 2)]);
  });
});

describe("what has no gradient", () => {
  it("finds elements and kinds of numbers", () => {
    expect(
      tensor([
        [0, 2],
        [3, 0],
      ])
        .nonzero()
        .arraySync(),
    ).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect([tensor(5).nonzero().shape, zeros([2]).nonzero().shape]).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const odd = tensor([1, Number.NaN, Number.NEGATIVE_INFINITY]);
    expect([odd.isnan(), odd.isinf(), odd.isfinite()].map((x) => x.arraySync())).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(int(3, 1, 2).sort().values.dtype).toBe("int32");
    expect(int(6, 7).remainder(4).arraySync()).toEqual([2, 3]);
  });
});

describe("wrong use is told in a sentence:", () => {
  const trials: [wrong: () => unknown, message: string][] = [
    [() => ones([2, 3]).repeat(2), "repeat: [2] has to have a count for each axis of [2, 3]"],
    [() => ones([2]).tile(1.5), "tile: [1.5] has to be whole numbers from 0"],
    [() => ones([2, 3]).pad([1]), "pad: [1] has to be [left, right] of the last axis, then of the one before"],
    [() => ones([3]).pad([3, 0], { mode: "reflect" }), "pad: reflect of 3 needs more elements than axis 0 of [3] has"],
    [() => ones([3]).pad([-2, -2]), "pad: -2 and -2 cut more off than the 3 elements"],
    [() => ones([2, 3]).roll([1, 2]), "roll: [1,2] has to be a whole number for each of the axes []"],
    [() => meshgrid([ones([2, 2])]), "meshgrid: takes tensors of one axis, this is [2, 2]"],
    [() => ones([2, 3]).bmm(ones([3, 2])), "bmm: multiplies [batch, m, k] with [batch, k, n], got [2, 3] x [3, 2]"],
    [() => ones([2]).bitwiseAnd(1), "bitwiseAnd: works on int32, this tensor is float32 [2]: use .int()"],
    [
      () => int(1).bitwiseLeftShift(32),
      "bitwiseLeftShift: a shift by 32 bits, it has to be a whole number from 0 to 31",
    ],
    [() => int(1).remainder(0), "remainder: int32 [1] divided by 0"],
    [() => einsum("ij,jk->ik", ones([2, 3])), 'einsum: "ij,jk->ik": names 2 operands, there are 1'],
    [() => einsum("ij->i", ones([2])), 'einsum: "ij->i": "ij" does not name the axes of [2]'],
    [() => einsum("i,i->", ones([2]), ones([3])), 'einsum: "i,i->": "i" is 2 and 3'],
    [() => einsum("i->j", ones([2])), 'einsum: "i->j": the result names "j", no operand does'],
    [
      () => mseLoss(ones([4, 1]), ones([4])),
      "mseLoss: the prediction is [4, 1], the target [4]: they have to have one",
    ],
    [() => huberLoss(ones([1]), ones([1]), { delta: 0 }), "huberLoss: delta is 0, it has to be above 0"],
    [() => mseLoss(ones([1]), ones([1]), { reduction: "all" as "sum" }), 'mseLoss: reduction is "all", it is "mean"'],
    [
      () => binaryCrossEntropy(tensor([2]), ones([1])),
      "binaryCrossEntropy: a prediction is 2, probabilities lie from 0",
    ],
    [
      () => nllLoss(ones([2, 3]), int(1)),
      "nllLoss: targets need the shape of the log-probabilities without the last axis",
    ],
  ];
  it.each(trials)("%#", (wrong, message) => expect(wrong).toThrow(message));

  it("but a batch of which nothing counts has a loss of 0", () => {
    expect(nllLoss(ones([2, 3]), int(-100, -100)).itemSync()).toBe(0);
  });
});
