import { describe, expect, it } from "vitest";
import { gradients, linear, linearGelu, ones, randn, type Shape, zeros } from "../../src/index.ts";
import { checkOp, expectClose, valuesOf } from "./checks.ts";

describe("matrix products", () => {
  checkOp({
    name: "matmul",
    f: (a, b) => a.matmul(b),
    shapes: [
      [
        [3, 5],
        [5, 2],
      ],
      [
        [1, 3],
        [3, 1],
      ],
      [
        [3, 1],
        [1, 2],
      ],
      [
        [2, 3, 4],
        [2, 4, 3],
      ],
      [
        [2, 3, 4],
        [4, 2],
      ],
      [
        [3, 4],
        [2, 4, 2],
      ],
      [
        [2, 1, 2, 3],
        [3, 3, 2],
      ],
      [[4], [4]],
      [[3], [3, 2]],
      [[2, 3], [3]],
      [[2, 2, 3], [3]],
      [[2], [3, 2, 2]],
    ],
  });
  checkOp({
    name: "matmul by a transposed matrix",
    f: (a, b) => a.matmul(b.T),
    shapes: [
      [
        [2, 3, 4],
        [2, 4],
      ],
      [
        [1, 2, 3],
        [2, 2, 3],
      ],
    ],
  });
  checkOp({
    name: "matmul of a transposed matrix",
    f: (a, b) => a.T.matmul(b),
    shapes: [
      [
        [4, 3],
        [4, 2],
      ],
      [
        [2, 4, 3],
        [2, 4, 2],
      ],
    ],
  });
  checkOp({ name: "matmul of a tensor with its own transpose", f: (a) => a.matmul(a.T), shapes: [[[3, 2]]] });
  checkOp({
    name: "linear",
    f: (x, weight, bias) => linear(x, weight, bias),
    shapes: [
      [[3, 4], [2, 4], [2]],
      [[2, 3, 4], [1, 4], [1]],
      [[3], [2, 3], [2]],
    ],
  });
  checkOp({
    name: "linearGelu",
    f: (x, weight, bias) => linearGelu(x, weight, bias),
    shapes: [
      [[3, 4], [2, 4], [2]],
      [[2, 1, 3], [1, 3], [1]],
    ],
  });
  checkOp({
    name: "linear without a bias",
    f: (x, weight) => linear(x, weight),
    shapes: [
      [
        [2, 3],
        [4, 3],
      ],
    ],
  });
});

describe("products without elements", () => {
  it.each<[Shape, Shape]>([
    [
      [0, 3],
      [3, 2],
    ],
    [
      [2, 0],
      [0, 3],
    ],
    [
      [2, 3],
      [3, 0],
    ],
    [
      [0, 2, 3],
      [3, 2],
    ],
    [
      [2, 3, 4],
      [4, 0],
    ],
    [
      [2, 3, 0],
      [0, 4],
    ],
    [
      [0, 2, 3],
      [0, 3, 2],
    ],
  ])("of %j and %j are 0 or nothing, and so are their gradients", (left, right) => {
    const a = ones(left, { requiresGrad: true });
    const b = ones(right, { requiresGrad: true });
    const y = a.matmul(b);
    expect(y.shape).toEqual([...left.slice(0, -1), right.at(-1)]);
    expect(valuesOf(y).every((value) => value === 0)).toBe(true);
    const [da, db] = gradients(y.sum(), [a, b]);
    expect([da?.shape, db?.shape]).toEqual([left, right]);
    expect([...valuesOf(da!), ...valuesOf(db!)].every((value) => value === 0)).toBe(true);
  });

  it("leave a linear layer with its bias", () => {
    const bias = randn([2], { requiresGrad: true });
    const y = linear(zeros([3, 0]), zeros([2, 0]), bias);
    expect(valuesOf(y)).toEqual([...valuesOf(bias), ...valuesOf(bias), ...valuesOf(bias)]);
    expect(valuesOf(gradients(y.sum(), [bias])[0]!)).toEqual([3, 3]);
    expect(linear(zeros([0, 4]), zeros([2, 4]), bias).shape).toEqual([0, 2]);
  });
});

describe("operands that are views", () => {
  it.each<[string, Shape]>([
    ["a repeated row", [1, 4]],
    ["a repeated column", [4, 1]],
    ["a repeated number", [1, 1]],
  ])("may be %s", (_, shape) => {
    for (const device of ["reference", "cpu"]) {
      const wide = randn(shape, { device }).expand(4, 4);
      const other = randn([4, 4], { device });
      expectClose(valuesOf(wide.matmul(other)), valuesOf(wide.clone().matmul(other)), 1e-6);
      expectClose(valuesOf(other.matmul(wide)), valuesOf(other.matmul(wide.clone())), 1e-6);
    }
  });

  it("may be columns and rows cut out of larger matrices", () => {
    for (const device of ["reference", "cpu"]) {
      const x = randn([6, 6], { device });
      const column = x.slice(1, 2, 3).slice(0, 0, 6, 2);
      const row = x.T.slice(0, 2, 3).slice(1, 0, 6, 2);
      expectClose(valuesOf(column.matmul(row)), valuesOf(column.clone().matmul(row.clone())), 1e-6);
      expectClose(valuesOf(row.matmul(column)), valuesOf(row.clone().matmul(column.clone())), 1e-6);
    }
  });

  it("are not copied for being transposed: the product of a transposed weight allocates nothing but itself", () => {
    const made: number[] = [];
    const x = randn([2, 3]);
    const weight = randn([4, 3]);
    const { device } = x;
    const allocate = device.allocate;
    device.allocate = (length, dtype) => {
      made.push(length);
      return allocate(length, dtype);
    };
    try {
      x.matmul(weight.T);
    } finally {
      device.allocate = allocate;
    }
    expect(made).toEqual([8]);
  });
});
