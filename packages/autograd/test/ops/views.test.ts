import { describe, expect, it } from "vitest";
import { concat, gradients, stack, type Tensor, tensor, zeros } from "../../src/index.ts";
import { checkOp, valuesOf } from "./checks.ts";

describe("shapes and layouts", () => {
  checkOp({ name: "reshape", f: (x) => x.reshape(4, -1), shapes: [[[2, 3, 4]], [[4, 1]], [[4]]] });
  checkOp({ name: "reshape a transposed tensor", f: (x) => x.T.reshape(-1), shapes: [[[3, 4]]] });
  checkOp({ name: "flatten", f: (x) => x.flatten(1), shapes: [[[2, 3, 4]]] });
  checkOp({ name: "transpose", f: (x) => x.transpose(0, 2), shapes: [[[2, 3, 4]], [[1, 3, 1]]] });
  checkOp({ name: "permute", f: (x) => x.permute(2, 0, -2), shapes: [[[2, 3, 4]]] });
  checkOp({ name: "expand", f: (x) => x.expand(2, -1, 4), shapes: [[[3, 1]], [[1, 3, 4]]] });
  checkOp({ name: "squeeze", f: (x) => x.squeeze(), shapes: [[[1, 3, 1]], [[1]]] });
  checkOp({ name: "unsqueeze", f: (x) => x.unsqueeze(-2), shapes: [[[2, 3]], [[3]]] });
  checkOp({ name: "clone", f: (x) => x.T.clone(), shapes: [[[2, 3]]] });
});

describe("parts and joins", () => {
  checkOp({ name: "slice", f: (x) => x.slice(1, 1, -1), shapes: [[[3, 5]], [[2, 3, 2]]] });
  checkOp({ name: "slice with a step", f: (x) => x.slice(0, 1, undefined, 3), shapes: [[[8, 2]], [[5]]] });
  checkOp({ name: "narrow", f: (x) => x.narrow(-1, 1, 2), shapes: [[[3, 4]]] });
  checkOp({ name: "select", f: (x) => x.select(1, -1), shapes: [[[3, 4]], [[2, 1, 3]]] });
  checkOp({
    name: "split into different sizes",
    f: (x) => {
      const [a, b, c] = x.split([1, 3, 1], 1);
      return a.mul(b).add(c.exp());
    },
    shapes: [[[2, 5]]],
  });
  checkOp({
    name: "split into parts of one size, of which one is unused",
    f: (x) => x.split(2).at(-1)!.exp(),
    shapes: [[[5, 2]]],
  });
  checkOp({
    name: "concat",
    f: (...parts) => concat(parts, -1),
    shapes: [
      [
        [2, 3],
        [2, 1],
        [2, 4],
      ],
      [[2], [0], [3]],
    ],
  });
  checkOp({ name: "concat of a tensor with itself", f: (x) => concat([x, x, x.exp()], 0), shapes: [[[2, 3]]] });
  checkOp({
    name: "stack",
    f: (a, b) => stack([a, b], 1),
    shapes: [
      [
        [2, 3],
        [2, 3],
      ],
      [[3], [3]],
    ],
  });
  checkOp({ name: "stack of scalars, behind", f: (a, b) => stack([a, b], -1), shapes: [[[], []]] });
});

const SIX = () => tensor([0, 1, 2, 3, 4, 5], { shape: [2, 3] });

describe("values of views", () => {
  it("are laid out as their shapes say", () => {
    expect(SIX().T.arraySync()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(SIX().T.reshape(2, 3).arraySync()).toEqual([
      [0, 3, 1],
      [4, 2, 5],
    ]);
    expect(SIX().slice(1, -2).arraySync()).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(SIX().select(0, 1).arraySync()).toEqual([3, 4, 5]);
    expect(
      SIX()
        .split(2, 1)
        .map((part) => part.shape),
    ).toEqual([
      [2, 2],
      [2, 1],
    ]);
  });

  it("cut slices to size, down to nothing", () => {
    expect(SIX().slice(1, 1, 99).shape).toEqual([2, 2]);
    expect(SIX().slice(1, 2, 1).shape).toEqual([2, 0]);
    expect(SIX().slice(0, 2).shape).toEqual([0, 3]);
    expect(SIX().slice(1, 0, Number.POSITIVE_INFINITY, 2).arraySync()).toEqual([
      [0, 2],
      [3, 5],
    ]);
  });

  it("keep int32", () => {
    const x = tensor(Int32Array.of(1, 2, 3, 4), { shape: [2, 2] });
    for (const y of [x.T, x.T.reshape(4), x.expand(2, 2, 2), concat([x, x.T]), stack([x, x])]) {
      expect(y.dtype).toBe("int32");
    }
    expect(concat([x, x.T], 1).arraySync()).toEqual([
      [1, 2, 1, 3],
      [3, 4, 2, 4],
    ]);
  });
});

describe("views of tensors without elements", () => {
  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ["reshape", (x) => x.reshape(3, 0, 5), [3, 0, 5]],
    ["transpose", (x) => x.T, [3, 0]],
    ["expand", (x) => x.expand(2, 0, 3), [2, 0, 3]],
    ["slice", (x) => x.slice(1, 1), [0, 2]],
    ["concat", (x) => concat([x, x], 1), [0, 6]],
    ["stack", (x) => stack([x, x]), [2, 0, 3]],
    ["flatten", (x) => x.flatten(), [0]],
  ])("work for %s", (_, f, shape) => {
    const x = zeros([0, 3], { requiresGrad: true });
    const y = f(x);
    expect(y.shape).toEqual(shape);
    expect(gradients(y.sum(), [x])[0]?.shape).toEqual([0, 3]);
  });

  it("expand an axis of size 1 to nothing, whose gradient is 0", () => {
    const x = zeros([1, 2], { requiresGrad: true });
    expect(valuesOf(gradients(x.expand(0, 2).sum(), [x])[0]!)).toEqual([0, 0]);
  });
});

describe("memory", () => {
  /** Moves every element's place in memory by changing x in place; a view then shows the change. */
  const sees = (x: Tensor, y: Tensor) => {
    const before = valuesOf(y);
    x.add_(100);
    return valuesOf(y).every((value, i) => value === before[i] + 100);
  };

  it.each<[string, (x: Tensor) => Tensor]>([
    ["reshape", (x) => x.reshape(3, 2)],
    ["reshape of a slice between whole rows", (x) => x.slice(0, 1).reshape(3, 1)],
    ["reshape that splits an axis of a transposed tensor", (x) => x.T.reshape(3, 2, 1)],
    ["flatten", (x) => x.flatten()],
    ["transpose", (x) => x.T],
    ["permute", (x) => x.permute(1, 0)],
    ["slice", (x) => x.slice(1, 1)],
    ["slice with a step", (x) => x.slice(1, 0, 3, 2)],
    ["select", (x) => x.select(1, 2)],
    ["split", (x) => x.split(1)[1]],
    ["expand", (x) => x.expand(4, 2, 3)],
    ["squeeze and unsqueeze", (x) => x.unsqueeze(0).unsqueeze(-1).squeeze()],
    ["detach", (x) => x.detach()],
  ])("is shared by %s", (_, f) => {
    const x = SIX();
    const y = f(x);
    expect(y.storage).toBe(x.storage);
    expect(sees(x, y)).toBe(true);
  });

  it.each<[string, (x: Tensor) => Tensor]>([
    ["clone", (x) => x.clone()],
    ["reshape of a transposed tensor", (x) => x.T.reshape(6)],
    ["contiguous of a transposed tensor", (x) => x.T.contiguous()],
    ["concat", (x) => concat([x])],
  ])("is not shared by %s", (_, f) => {
    const x = SIX();
    const y = f(x);
    expect(y.storage).not.toBe(x.storage);
    expect(sees(x, y)).toBe(false);
  });

  it("is not copied where a tensor lies row-major already", () => {
    const x = SIX();
    expect(x.contiguous()).toBe(x);
    expect(x.expand(2, 3)).toBe(x);
    expect(x.float()).toBe(x);
  });
});
