import { describe, expect, it } from "vitest";
import {
  defineOp,
  gradcheck,
  gradgradcheck,
  gradients,
  manualSeed,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "../src/index.ts";
import { expectClose, valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");

/** softplus(x) = ln(1 + exp(x)), written with other ops; its derivative is the sigmoid. */
const softplus = defineOp("softplus", {
  forward(ctx, x: Tensor): Tensor {
    ctx.save(x);
    return x.exp().add(1).log();
  },
  backward: (ctx, dy) => [dy.mul(ctx.saved[0].sigmoid())],
});

/** a x + b y for two numbers a and b: settings come behind the tensors, and reach the backward rule. */
const combination = defineOp("combination", {
  forward: (_, x: Tensor, y: Tensor, a: number, b: number): Tensor => x.mul(a).add(y.mul(b)),
  backward: (ctx, dy, a, b) => [ctx.needs[0] ? dy.mul(a) : undefined, ctx.needs[1] ? dy.mul(b) : undefined],
});

/** The sum of any number of tensors of one shape, by kernel calls: what an op looks like that wants no temporaries. */
const total = defineOp("total", {
  forward(ctx, parts: readonly Tensor[]): Tensor {
    const y = ctx.allocate(parts[0].shape);
    ctx.device.fill(y, 0);
    for (const part of parts) ctx.device.binary("add", y, y, part);
    return y;
  },
  backward: (ctx, dy) => ctx.shapes.map(() => dy),
});

/** Cubes by kernel calls in both directions, with a definition in other ops for the derivative's derivative. */
const cube = defineOp("cube", {
  forward(ctx, x: Tensor): Tensor {
    const y = ctx.allocate(x.shape);
    ctx.device.unary("pow", y, ctx.dense(x), 3, 0);
    ctx.save(x);
    return y;
  },
  backward(ctx, dy) {
    const [x] = ctx.saved;
    const slope = ctx.allocate(x.shape);
    ctx.device.unary("pow", slope, ctx.dense(x), 2, 0);
    ctx.device.unary("affine", slope, slope, 3, 0);
    ctx.device.binary("mul", slope, slope, ctx.dense(dy));
    return [slope];
  },
  composite: (x: Tensor) => x.pow(3),
});

describe("an op defined outside the package", () => {
  it("passes the gradient checks, first and second", () => {
    manualSeed(5);
    const [x, y] = [randn([3, 2]), randn([3, 2])];
    expect(gradcheck(softplus, [x])).toBe(true);
    expect(gradgradcheck(softplus, [x])).toBe(true);
    expect(gradcheck((a, b) => combination(a, b, 2, -3), [x, y])).toBe(true);
    expect(gradcheck((a, b) => total([a, b.exp(), a]), [x, y])).toBe(true);
    expect(gradgradcheck((a, b) => total([a, b.exp(), a]), [x, y])).toBe(true);
    expect(gradcheck((a) => cube(a.T), [x])).toBe(true);
    expect(gradgradcheck((a) => cube(a.T), [x])).toBe(true);
  });

  it("gives its value and records its derivative", () => {
    const x = tensor([0, 1], { requiresGrad: true });
    const y = softplus(x);
    expectClose(valuesOf(y), [Math.LN2, Math.log(1 + Math.E)]);
    y.sum().backward();
    expectClose(valuesOf(x.grad!), [0.5, 1 / (1 + Math.exp(-1))]);
  });

  it("records itself alone, not the ops it is written with", () => {
    const x = tensor([1], { requiresGrad: true });
    const y = softplus(x);
    expect(y.node?.inputs).toEqual([x]);
    y.backward();
    expect(() => y.backward()).toThrow("used up");
  });

  it("needs the gradients of those inputs alone that want one", () => {
    const x = tensor([1], { requiresGrad: true });
    const [dx] = gradients(combination(x, tensor([1]), 2, 3), [x], { seed: tensor([1]) });
    expect(valuesOf(dx!)).toEqual([2]);
  });

  it("runs on every device", () => {
    for (const device of ["reference", "cpu"]) {
      const x = tensor([1, 2], { device, requiresGrad: true });
      cube(total([x, x]))
        .sum()
        .backward();
      expect(valuesOf(x.grad!)).toEqual([24, 96]);
    }
  });

  it("is checked like the library's own: freed tensors, devices, changes in place, shapes of gradients", () => {
    expect(() => combination(tensor([1]), tensor([1], { device: "cpu" }), 1, 1)).toThrow(
      "combination: tensors are on different devices: reference [1] and cpu [1]: move one with t.to(device)",
    );
    const wrong = defineOp("wrong", {
      forward: (ctx, x: Tensor) => ctx.view(x, [2], [1]),
      backward: (_, dy) => [dy.sum()],
    });
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => wrong(x).sum().backward()).toThrow("wrong: its gradient rule gives [] for an input [2]");
    const same = defineOp("same", { forward: (_, x: Tensor) => x, backward: (_, dy) => [dy] });
    expect(() => same(x)).toThrow("same: forward returned its argument: return x.clone(), or a view by ctx.view");
  });

  it("is told that its gradient rule has to give a list, where it gives one tensor", () => {
    const alone = defineOp("alone", {
      forward: (ctx, x: Tensor) => ctx.view(x, x.shape, x.strides),
      backward: (_, dy) => dy as unknown as Tensor[],
    });
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => alone(x).sum().backward()).toThrow("alone: its gradient rule has to give a list, one for each input");
  });

  it("is told apart from a right one by gradcheck", () => {
    const halved = defineOp("halved", {
      forward: (_, x: Tensor) => x.mul(0.5),
      backward: (_, dy) => [dy.mul(0.4)],
    });
    expect(() => gradcheck(halved, [tensor([1, 2])])).toThrow(/^gradcheck: input 0 \[2\], element 0: the rule gives/);
  });

  it("is told apart by gradgradcheck where only the second derivative is wrong", () => {
    const square = defineOp("square", {
      forward(ctx, x: Tensor): Tensor {
        ctx.save(x);
        return x.mul(x);
      },
      backward: (ctx, dy) => [dy.mul(ctx.saved[0].detach()).mul(2)],
    });
    expect(gradcheck(square, [tensor([1, 2])])).toBe(true);
    expect(() => gradgradcheck(square, [tensor([1, 2])])).toThrow("gradcheck: input 0");
  });
});
