import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BinaryOp, Storage, type Strided, type UnaryGradOp, type UnaryOp } from "../src/device.ts";
import { philox4x32, uniforms } from "../src/devices/philox.ts";
import { referenceDevice as reference } from "../src/devices/reference/device.ts";
import { elements } from "../src/devices/reference/elements.ts";
import { erfc } from "../src/devices/reference/erf.ts";
import type { DType } from "../src/dtypes.ts";
import { broadcastShapes, expandStrides, formatShape, rowMajorStrides, type Shape, sizeOf } from "../src/shape.ts";

// The numbers are PyTorch's, in float64; fixtures/make_kernels.py made them.

interface Stored {
  readonly shape: number[];
  readonly values: (number | string)[];
}

interface Fixture {
  readonly unary: { op: UnaryOp; a: number; b: number; x: Stored; y: Stored }[];
  readonly unaryGrad: { op: UnaryGradOp; saved: Stored; dy: Stored; dx: Stored }[];
  readonly binary: { op: BinaryOp; a: Stored; b: Stored; y: Stored }[];
  readonly where: { condition: Stored; a: Stored; b: Stored; y: Stored }[];
  readonly reductions: { op: "sum" | "max" | "min"; x: Stored; y: Stored; at?: Stored }[];
  readonly cumsum: { reverse: boolean; x: Stored; y: Stored }[];
  readonly topk: { largest: boolean; x: Stored; values: Stored; indices: Stored }[];
  readonly matmul: { a: Stored; b: Stored; y: Stored }[];
  readonly indexing: Record<
    "x" | "values" | "index" | "line" | "gather" | "scatterAdd" | "indexSelect" | "indexAdd",
    Stored
  >;
  readonly softmax: { op: "softmax" | "logSoftmax"; x: Stored; y: Stored; dy?: Stored; dx?: Stored }[];
  readonly layerNorm: (Record<"x" | "y" | "dy" | "dx", Stored> &
    Partial<Record<"weight" | "bias" | "dweight" | "dbias", Stored>>)[];
  readonly crossEntropy: (Record<"logits" | "targets" | "losses" | "lse" | "dlosses" | "dlogits", Stored> & {
    smoothing: number;
    mean: number;
    weight?: Stored;
  })[];
  readonly adamW: {
    lr: number;
    beta1: number;
    beta2: number;
    eps: number;
    weightDecay: number;
    start: Stored;
    steps: Record<"grad" | "p" | "m" | "v", Stored>[];
  }[];
}

const fixture = JSON.parse(readFileSync(new URL("fixtures/kernels.json", import.meta.url), "utf8")) as Fixture;

/** A new array on the reference device. Values are cycled through; none gives NaN, which a kernel has to overwrite. */
function array(shape: Shape, values: ArrayLike<number | string> = [Number.NaN], dtype: DType = "float32"): Strided {
  const length = sizeOf(shape);
  const memory = dtype === "int32" ? new Int32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) memory[i] = Number(values[i % values.length]);
  return { storage: new Storage(reference, dtype, length, memory), shape, strides: rowMajorStrides(shape), offset: 0 };
}

const load = ({ shape, values }: Stored, dtype?: DType) => array(shape, values, dtype);

/** The same array repeated to a larger shape. */
const expand = (x: Strided, shape: Shape): Strided => ({
  ...x,
  shape,
  strides: expandStrides("test", x.shape, x.strides, shape),
});

/** Equal to about the last three digits of double precision. */
function expectClose(got: Strided, want: Stored | ArrayLike<number>): void {
  const values = elements(got);
  const wanted = "values" in want && "shape" in want ? want.values.map(Number) : Array.from(want as ArrayLike<number>);
  expect(values.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    const close = Math.abs(values[i] - value) <= 1e-12 * Math.max(1, Math.abs(value));
    if (!close && !Object.is(values[i] + 0, value + 0)) {
      expect.fail(`element ${i} of ${formatShape(got.shape)} is ${values[i]}, should be ${value}`);
    }
  });
}

describe("elementwise kernels of the reference agree with PyTorch", () => {
  for (const { op, a, b, x, y } of fixture.unary) {
    it(`${op} with a = ${a}, b = ${b}`, () => {
      const out = array(x.shape);
      reference.unary(op, out, load(x), a, b);
      expectClose(out, y);
    });
  }
  for (const { op, saved, dy, dx } of fixture.unaryGrad) {
    it(`gradient of ${op}`, () => {
      const out = array(dx.shape);
      reference.unaryGrad(op, out, load(saved), load(dy));
      expectClose(out, dx);
    });
  }
  for (const { op, a, b, y } of fixture.binary) {
    it(`${op} of ${formatShape(a.shape)} and ${formatShape(b.shape)}`, () => {
      const shape = broadcastShapes(op, a.shape, b.shape);
      const out = array(shape, [0], y.values.every((v) => v === 0 || v === 1) ? "int32" : "float32");
      reference.binary(op, out, expand(load(a), shape), expand(load(b), shape));
      expectClose(out, y);
    });
  }
  it.each(fixture.where)("where", ({ condition, a, b, y }) => {
    const out = array(y.shape);
    reference.where(out, load(condition, "int32"), load(a), load(b));
    expectClose(out, y);
  });
  it("erfc keeps double precision from its middle to its tail", () => {
    // From 50-digit arithmetic.
    const known = [
      [0.3, 0.6713732405408726],
      [1, 0.15729920705028513],
      [1.9999, 0.004679802092970608],
      [2, 0.004677734981047266],
      [5, 1.5374597944280349e-12],
      [10, 2.088487583762545e-45],
      [-0.7, 1.6778011938374184],
    ];
    for (const [x, value] of known) expect(Math.abs(erfc(x) / value - 1)).toBeLessThan(1e-12);
  });
  it("sign passes NaN on", () => {
    const out = array([1], [1]);
    reference.unary("sign", out, array([1], [Number.NaN]), 0, 0);
    expectClose(out, [Number.NaN]);
  });
});

describe("reductions and scans of the reference agree with PyTorch", () => {
  const lanesOf = ([outer, size, inner]: number[]) => ({ outer, size, inner });

  for (const { op, x, y, at } of fixture.reductions) {
    it(`${op} over the middle axis of ${formatShape(x.shape)}`, () => {
      const out = array(y.shape);
      reference.reduce(op, out, load(x), lanesOf(x.shape));
      expectClose(out, y);
      if (op === "sum" || at === undefined) return;
      const found = array(at.shape, [-1], "int32");
      reference.argReduce(op, found, load(x), lanesOf(x.shape));
      expectClose(found, at);
    });
  }
  it.each(fixture.cumsum)("cumsum, reverse: $reverse", ({ reverse, x, y }) => {
    const out = array(y.shape);
    reference.cumsum(out, load(x), lanesOf(x.shape), reverse);
    expectClose(out, y);
  });
  it.each(fixture.topk)("topk, largest: $largest", ({ largest, x, values, indices }) => {
    const [outValues, outIndices] = [array(values.shape), array(indices.shape, [-1], "int32")];
    reference.topk(outValues, outIndices, load(x), values.shape[1], largest);
    expectClose(outValues, values);
    expectClose(outIndices, indices);
  });
});

describe("the matrix product of the reference agrees with PyTorch", () => {
  for (const { a, b, y } of fixture.matmul) {
    it(`${formatShape(a.shape)} by ${formatShape(b.shape)}`, () => {
      const batch = y.shape.slice(0, -2);
      const [left, right] = [load(a), load(b)].map((x) => expand(x, [...batch, ...x.shape.slice(-2)]));
      const out = array(y.shape);
      reference.matmul(out, left, right, false);
      expectClose(out, y);
      reference.matmul(out, left, right, true);
      expectClose(
        out,
        y.values.map((value) => 2 * Number(value)),
      );
    });
  }
  it("reads transposed operands where they lie", () => {
    const { a, b, y } = fixture.matmul[0];
    // bᵀ aᵀ = (a b)ᵀ, with both operands' axes exchanged rather than their elements.
    const swap = (x: Strided): Strided => ({ ...x, shape: [...x.shape].reverse(), strides: [...x.strides].reverse() });
    const out = array([...y.shape].reverse());
    reference.matmul(out, swap(load(b)), swap(load(a)), false);
    expectClose(array(y.shape, elements(swap(out))), y);
  });
});

describe("indexing of the reference agrees with PyTorch", () => {
  const { x, values, index, line } = fixture.indexing;
  const lanes = { outer: 2, size: 5, inner: 3 };

  it("gather", () => {
    const out = array(index.shape);
    reference.gather(out, load(x), load(index, "int32"), lanes, 6);
    expectClose(out, fixture.indexing.gather);
  });
  it("scatterAdd", () => {
    const out = load(x);
    reference.scatterAdd(out, load(index, "int32"), load(values), lanes, 6);
    expectClose(out, fixture.indexing.scatterAdd);
  });
  it("indexSelect", () => {
    const out = array([2, 6, 3]);
    reference.indexSelect(out, load(x), load(line, "int32"), lanes);
    expectClose(out, fixture.indexing.indexSelect);
  });
  it("indexAdd", () => {
    const out = load(x);
    reference.indexAdd(out, load(line, "int32"), load(values), lanes);
    expectClose(out, fixture.indexing.indexAdd);
  });
});

describe("row kernels of the reference agree with PyTorch", () => {
  for (const { op, x, y, dy, dx } of fixture.softmax) {
    it(`${op} of ${formatShape(x.shape)} and its gradient`, () => {
      const out = array(y.shape);
      reference[op](out, load(x));
      expectClose(out, y);
      if (dy === undefined || dx === undefined) return;
      const grad = array(dx.shape);
      if (op === "softmax") reference.softmaxGrad(grad, load(y), load(dy));
      else reference.logSoftmaxGrad(grad, load(y), load(dy));
      expectClose(grad, dx);
    });
  }
  it("softmax gives zeros where everything is hidden, on purpose unlike PyTorch's NaN", () => {
    const out = array([1, 3]);
    reference.softmax(out, array([1, 3], [Number.NEGATIVE_INFINITY]));
    expectClose(out, [0, 0, 0]);
  });
  for (const row of fixture.layerNorm) {
    it(`layerNorm of ${formatShape(row.x.shape)} and its gradients`, () => {
      const [x, weight, bias] = [load(row.x), row.weight && load(row.weight), row.bias && load(row.bias)];
      const [rows, n] = x.shape;
      const [out, mean, rstd] = [array(x.shape), array([rows]), array([rows])];
      reference.layerNorm(out, mean, rstd, x, weight, bias, 1e-5);
      expectClose(out, row.y);
      const [dx, dweight, dbias] = [array(x.shape), array([n]), array([n])];
      reference.layerNormGrad(dx, dweight, dbias, load(row.dy), x, mean, rstd, weight);
      expectClose(dx, row.dx);
      if (row.dweight) expectClose(dweight, row.dweight);
      if (row.dbias) expectClose(dbias, row.dbias);
    });
  }
  for (const row of fixture.crossEntropy) {
    const weights = row.weight ? "with class weights" : "without class weights";
    it(`crossEntropy with smoothing ${row.smoothing}, ${weights}, and its gradient`, () => {
      const [logits, targets] = [load(row.logits), load(row.targets, "int32")];
      const options = { ignoreIndex: -100, smoothing: row.smoothing, weight: row.weight && load(row.weight) };
      const [losses, scales, lse] = [array([6]), array([6]), array([6])];
      reference.crossEntropy(losses, scales, lse, logits, targets, options);
      expectClose(losses, row.losses);
      expectClose(lse, row.lse);
      const sum = (x: Strided) => Array.from(elements(x)).reduce((total, value) => total + value, 0);
      expect(sum(losses) / sum(scales)).toBeCloseTo(row.mean, 12);
      const dlogits = array(logits.shape);
      reference.crossEntropyGrad(dlogits, load(row.dlosses), lse, logits, targets, options);
      expectClose(dlogits, row.dlogits);
    });
  }
});

describe("AdamW of the reference agrees with PyTorch", () => {
  it.each(fixture.adamW)("four steps with weight decay $weightDecay", ({ start, steps, ...options }) => {
    const [p, m, v] = [load(start), array(start.shape, [0]), array(start.shape, [0])];
    steps.forEach((want, i) => {
      reference.adamW(p, load(want.grad), m, v, { ...options, step: i + 1, gradScale: 1 });
      expectClose(p, want.p);
      expectClose(m, want.m);
      expectClose(v, want.v);
    });
  });
  it("scales gradients before use", () => {
    const options = { lr: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, step: 1 };
    const states = [
      { grad: array([2], [4, -2]), gradScale: 0.25 },
      { grad: array([2], [1, -0.5]), gradScale: 1 },
    ].map(({ grad, gradScale }) => {
      const [p, m, v] = [array([2], [1, 2]), array([2], [0]), array([2], [0])];
      reference.adamW(p, grad, m, v, { ...options, gradScale });
      return { p, m, v };
    });
    for (const name of ["p", "m", "v"] as const) expectClose(states[0][name], elements(states[1][name]));
  });
});

describe("random numbers", () => {
  it("come from Philox4x32-10 as published", () => {
    // The known answers that accompany the authors' implementation.
    const known: [counter: number[], key: [number, number], words: number[]][] = [
      [
        [0, 0, 0, 0],
        [0, 0],
        [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
      ],
      [
        [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
        [0xffffffff, 0xffffffff],
        [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
      ],
      [
        [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
        [0xa4093822, 0x299f31d0],
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
      ],
    ];
    for (const [counter, key, words] of known) {
      const out = new Uint32Array(4);
      philox4x32(counter, key, out);
      expect([...out]).toEqual(words);
    }
  });
  it("take the upper 24 bits of word i % 4 of block i / 4", () => {
    const out = array([7]);
    reference.uniform(out, [0, 0]);
    const second = new Uint32Array(4);
    philox4x32([1, 0, 0, 0], [0, 0], second);
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8, ...second.subarray(0, 3)];
    expectClose(
      out,
      words.map((word) => (word >>> 8) / 2 ** 24),
    );
  });
  it("are spread evenly over [0, 1)", () => {
    const values = uniforms([5, 6], 100_000);
    const mean = values.reduce((sum, u) => sum + u, 0) / values.length;
    const variance = values.reduce((sum, u) => sum + (u - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(values.every((u) => u >= 0 && u < 1)).toBe(true);
  });
  it("are normal in pairs by the rule of Box and Muller", () => {
    const [out, u] = [array([5]), uniforms([8, 9], 6)];
    reference.normal(out, [8, 9]);
    const radii = [0, 2, 4].map((i) => Math.sqrt(-2 * Math.log(1 - u[i])));
    const turns = [1, 3, 5].map((i) => 2 * Math.PI * u[i]);
    expectClose(out, [
      radii[0] * Math.cos(turns[0]),
      radii[0] * Math.sin(turns[0]),
      radii[1] * Math.cos(turns[1]),
      radii[1] * Math.sin(turns[1]),
      radii[2] * Math.cos(turns[2]),
    ]);
  });
  it("have the normal distribution's first four moments", () => {
    const out = array([100_000]);
    reference.normal(out, [1, 2]);
    const values = Array.from(elements(out));
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(moment(3)).toBeCloseTo(0, 1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
  });
  it("drop the share p of the elements and scale the others up", () => {
    const out = array([50_000]);
    reference.dropout(out, array([50_000], [3]), 0.2, [4, 4]);
    const values = Array.from(elements(out));
    const dropped = values.filter((x) => x === 0).length / values.length;
    expect(dropped).toBeCloseTo(0.2, 2);
    expect(values.every((x) => x === 0 || x === 3 / 0.8)).toBe(true);
  });
});
