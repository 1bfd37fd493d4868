import { describe, expect, it } from "vitest";
import { adamW_, defineUpdate, noGrad, ones, sumOfSquares, type Tensor, tensor, zeros } from "../../src/index.ts";
import { checkOp, expectClose, valuesOf } from "./checks.ts";

const options = { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradScale: 1 };

/** A parameter of two ones with a gradient, on its first step. */
const update = () => {
  const p = ones([2], { requiresGrad: true });
  return { p, grad: tensor([2, -3]), m: zeros([2]), v: zeros([2]), step: 1 };
};

describe("adamW_", () => {
  it("moves each parameter by the learning rate on its first step, against its gradient", () => {
    const updates = [update(), { ...update(), grad: tensor([0.1, 7]) }];
    noGrad(() => adamW_(updates, options));
    expectClose(
      updates.flatMap(({ p }) => valuesOf(p)),
      [0.9, 1.1, 0.9, 0.9],
      1e-6,
    );
  });

  it("is told by a gradient that needed the value before", () => {
    const one = update();
    const loss = one.p.square().sum();
    noGrad(() => adamW_([one], options));
    expect(() => loss.backward()).toThrow("was changed in place after the forward pass");
  });

  it("is refused where gradients are recorded, and does nothing for nothing", () => {
    expect(() => adamW_([update()], options)).toThrow("adamW_: changes in place are not recorded: wrap it in noGrad");
    adamW_([], options);
  });
});

describe("a change in place of one's own", () => {
  const negate_ = defineUpdate("negate_", {
    changes: (x: Tensor) => [x],
    update: (device, x) => device.unary("affine", x, x, -1, 0),
  });

  it("counts as one", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.exp().mul(x);
    noGrad(() => negate_(x));
    expect(valuesOf(x)).toEqual([-1, -2]);
    expect(() => y.sum().backward()).toThrow("mul: a value that its gradient needs");
  });
});

describe("sumOfSquares", () => {
  checkOp({
    name: "sumOfSquares",
    f: (a, b) => sumOfSquares([a, b.T]),
    shapes: [
      [
        [3, 5],
        [2, 4],
      ],
    ],
  });
});
