import { describe, expect, it } from "vitest";
import { embedding, gradients, oneHot, randn, tensor, where, zeros } from "../../src/index.ts";
import { checkOp, valuesOf } from "./checks.ts";

const int = (values: number[], shape = [values.length]) => tensor(Int32Array.from(values), { shape });

describe("picking elements by index", () => {
  checkOp({
    name: "gather along the last axis",
    f: (x) => x.gather(-1, int([0, 2, 2, 1, 1, 0], [2, 3])),
    shapes: [[[2, 3]]],
  });
  checkOp({
    name: "gather along the first axis, more than there is",
    f: (x) => x.gather(0, int([1, 0, 0, 1, 1, 1], [3, 2])),
    shapes: [[[2, 2]]],
  });
  checkOp({
    name: "gather in the middle",
    f: (x) => x.gather(1, int([1, 1, 0, 1], [2, 1, 2])),
    shapes: [[[2, 3, 2]]],
  });
  checkOp({ name: "indexSelect rows", f: (x) => x.indexSelect(0, int([3, 1, 3])), shapes: [[[4, 2]], [[4]]] });
  checkOp({ name: "indexSelect columns", f: (x) => x.indexSelect(-1, int([2, 0])), shapes: [[[2, 3]], [[2, 1, 3]]] });
  checkOp({
    name: "scatterAdd",
    f: (x, source) => x.scatterAdd(1, int([0, 0, 2, 1, 2, 2], [2, 3]), source),
    shapes: [
      [
        [2, 3],
        [2, 3],
      ],
    ],
  });
  checkOp({
    name: "scatterAdd of fewer rows",
    f: (x, source) => x.scatterAdd(0, int([3, 0, 3, 3], [2, 2]), source),
    shapes: [
      [
        [4, 2],
        [2, 2],
      ],
    ],
  });
  checkOp({ name: "embedding", f: (x) => embedding(x, int([1, 3, 1, 0], [2, 2])), shapes: [[[5, 3]], [[4, 1]]] });
});

describe("choosing by a mask", () => {
  const mask = () => int([1, 0, 0, 1, 1, 0], [2, 3]);
  checkOp({
    name: "where",
    f: (a, b) => where(mask(), a, b),
    shapes: [
      [
        [2, 3],
        [2, 3],
      ],
      [[3], [2, 1]],
      [[], [1, 3]],
      [[4, 2, 3], [3]],
    ],
  });
  checkOp({ name: "where with a number", f: (a) => where(mask(), 2, a), shapes: [[[2, 3]]] });
  checkOp({ name: "maskedFill", f: (a) => a.maskedFill(mask(), -3), shapes: [[[2, 3]], [[4, 2, 3]]] });
  checkOp({ name: "tril", f: (a) => a.tril(), shapes: [[[3, 4]], [[2, 3, 3]]] });
  checkOp({ name: "tril, shifted", f: (a) => a.tril(-1), shapes: [[[4, 3]]] });
  checkOp({ name: "triu, shifted", f: (a) => a.triu(1), shapes: [[[3, 4]], [[2, 3, 3]]] });
});

describe("at the edges of indexing", () => {
  it("takes an index without elements", () => {
    const x = randn([3, 2], { requiresGrad: true });
    const none = int([]);
    for (const y of [
      x.indexSelect(0, none),
      x.gather(0, int([], [0, 2])),
      x.gather(1, int([], [3, 0])),
      embedding(x, none),
    ]) {
      expect(y.size).toBe(0);
      expect(valuesOf(gradients(y.sum(), [x])[0]!)).toEqual([0, 0, 0, 0, 0, 0]);
    }
    expect(valuesOf(x.scatterAdd(0, int([], [0, 2]), zeros([0, 2])))).toEqual(valuesOf(x));
    expect(oneHot(none, 3).shape).toEqual([0, 3]);
  });

  it("takes a single token and a table of one row", () => {
    expect(embedding(tensor([[1, 2]]), int([0], [])).arraySync()).toEqual([1, 2]);
    expect(embedding(tensor([[1, 2]]), int([0, 0], [2, 1])).shape).toEqual([2, 1, 2]);
  });

  it("picks int32 too", () => {
    const x = int([5, 6, 7]);
    expect(x.indexSelect(0, int([2, 0])).arraySync()).toEqual([7, 5]);
    expect(x.gather(0, int([1])).dtype).toBe("int32");
    expect(x.maskedFill(int([0, 1, 0]), -1).arraySync()).toEqual([5, -1, 7]);
  });

  it("adds up what comes to one place", () => {
    expect(valuesOf(zeros([3]).scatterAdd(0, int([1, 1, 1, 0]), tensor([1, 2, 4, 8])))).toEqual([8, 7, 0]);
    const table = zeros([3, 1], { requiresGrad: true });
    expect(valuesOf(gradients(embedding(table, int([2, 2, 0])).sum(), [table])[0]!)).toEqual([1, 0, 2]);
  });

  it("takes indices that are views", () => {
    const index = int([0, 1, 1, 0], [2, 2]);
    const x = randn([2, 2]);
    expect(valuesOf(x.gather(0, index.T))).toEqual(valuesOf(x.gather(0, index.T.clone())));
    expect(valuesOf(x.indexSelect(0, index.select(1, 1)))).toEqual(valuesOf(x.indexSelect(0, int([1, 0]))));
    expect(valuesOf(embedding(x, index.T))).toEqual(valuesOf(embedding(x, index.T.clone())));
  });

  it("keeps infinities of the other side out of the gradient of where", () => {
    const x = tensor([0, 4], { requiresGrad: true });
    const y = where(x.gt(0), x.maximum(1).log(), 0);
    expect(valuesOf(gradients(y.sum(), [x])[0]!)).toEqual([0, 0.25]);
  });
});

describe("oneHot", () => {
  it("has a 1 at each index", () => {
    expect(oneHot(int([2, 0], [1, 2]), 3).arraySync()).toEqual([
      [
        [0, 0, 1],
        [1, 0, 0],
      ],
    ]);
    expect(oneHot(int([1]), 2).dtype).toBe("float32");
  });
});
