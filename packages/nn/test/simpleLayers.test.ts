import { manualSeed, ones, randint, randn, zeros } from "@lectern/autograd";
import {
  Dropout,
  Embedding,
  GlobalAveragePooling,
  GlobalMaxPooling,
  LayerNorm,
  Linear,
  PositionalEmbedding,
  Sequential,
  SinusoidalEncoding,
} from "@lectern/nn";
import { beforeEach, describe, expect, it } from "vitest";
import { ints } from "./fixture.ts";

beforeEach(() => manualSeed(7));

describe("sinusoidal encoding", () => {
  it("adds the sines and cosines of the paper", () => {
    const [context, width] = [9, 6];
    const rows = new SinusoidalEncoding(context, width).forward(zeros([1, 5, width])).dataSync();
    for (let t = 0; t < 5; t++) {
      for (let i = 0; i < width / 2; i++) {
        const angle = t / 10_000 ** ((2 * i) / width);
        expect(rows[t * width + 2 * i]).toBeCloseTo(Math.sin(angle), 6);
        expect(rows[t * width + 2 * i + 1]).toBeCloseTo(Math.cos(angle), 6);
      }
    }
  });

  it("makes the product of two positions depend on their distance alone", () => {
    const { table } = new SinusoidalEncoding(20, 8);
    const products = table.matmul(table.T);
    const at = (i: number, j: number) => products.select(0, i).select(0, j).itemSync();
    expect(at(2, 5)).toBeCloseTo(at(14, 17), 4);
    expect(at(0, 9)).toBeCloseTo(at(10, 19), 4);
  });

  it("is neither learned nor saved", () => {
    const module = new SinusoidalEncoding(4, 3);
    expect(module.numParameters()).toBe(0);
    expect([...module.stateDict().keys()]).toEqual([]);
  });
});

describe("positions", () => {
  it("run out at the context", () => {
    for (const module of [new SinusoidalEncoding(4, 2), new PositionalEmbedding(4, 2)]) {
      const { name } = module.constructor;
      expect(() => module.forward(zeros([1, 5, 2]))).toThrow(
        `${name}: [1, 5, 2] has 5 positions, there are rows for 4`,
      );
      expect(() => module.forward(zeros([1, 4, 3]))).toThrow(`${name}: the input is [1, 4, 3]`);
      const tokens = zeros([1, 3], { dtype: "int32" });
      expect(() => module.embed(tokens, new Embedding(5, 2), 2)).toThrow(
        `${name}: [1, 3] has 3 positions from position 2 on, there are rows for 4`,
      );
    }
  });

  it("are added to tokens while these are looked up as they are afterwards", () => {
    const vectors = new Embedding(5, 6);
    const tokens = randint(0, 5, [2, 3]);
    for (const module of [new SinusoidalEncoding(7, 6), new PositionalEmbedding(7, 6)]) {
      const expected = module.forward(vectors.forward(tokens), 4);
      expect(module.embed(tokens, vectors, 4).arraySync()).toEqual(expected.arraySync());
    }
  });
});

describe("pooling", () => {
  const x = randn([1, 3, 2]);

  it("without a mask counts every position", () => {
    const rows = x.select(0, 0).arraySync() as number[][];
    const [mean] = new GlobalAveragePooling().forward(x).arraySync() as number[][];
    const [max] = new GlobalMaxPooling().forward(x).arraySync() as number[][];
    for (const i of [0, 1]) {
      const column = rows.map((row) => row[i]);
      expect(mean[i]).toBeCloseTo((column[0] + column[1] + column[2]) / 3, 6);
      expect(max[i]).toBe(Math.max(...column));
    }
  });

  it("sends no gradient to padding, and gives zeros where there is nothing else", () => {
    for (const pooling of [new GlobalAveragePooling(), new GlobalMaxPooling()]) {
      const input = ones([2, 3, 1]).requiresGrad_();
      const paddingMask = ints([
        [1, 1, 0],
        [0, 0, 0],
      ]);
      const pooled = pooling.forward(input, paddingMask);
      expect(pooled.arraySync()).toEqual([[1], [0]]);
      pooled.sum().backward();
      expect(Array.from(input.grad!.dataSync())).toEqual([0.5, 0.5, 0, 0, 0, 0]);
    }
  });
});

describe("dropout", () => {
  it("drops a share of p in training, and keeps the mean", () => {
    const y = new Dropout(0.3).forward(ones([20_000]));
    const values = Array.from(y.dataSync());
    expect(values.filter((v) => v === 0).length / values.length).toBeCloseTo(0.3, 1);
    for (const v of values.slice(0, 50)) if (v !== 0) expect(v).toBeCloseTo(1 / 0.7, 5);
    expect(y.mean().itemSync()).toBeCloseTo(1, 1);
  });

  it("changes nothing in evaluation", () => {
    const x = randn([4]);
    expect(new Dropout(0.9).eval().forward(x)).toBe(x);
  });

  it("refuses what is no probability", () => {
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => new Dropout(p)).toThrow(`Dropout: p is ${p}`);
  });
});

describe("layers", () => {
  it("say which width they expect", () => {
    expect(() => new Linear(3, 2).forward(zeros([4, 5]))).toThrow(
      "Linear: the input is [4, 5], its last axis has to be 3",
    );
    expect(() => new LayerNorm(3).forward(zeros([4, 1]))).toThrow(
      "LayerNorm: the input is [4, 1], its last axis has to be 3",
    );
    expect(() => new Embedding(3, 2).forward(zeros([4]))).toThrow("it has to be int32");
    expect(() => new Linear(0, 2)).toThrow("Linear: inputs is 0, it has to be a whole number from 1");
    expect(() => new Embedding(2.5, 2)).toThrow("Embedding: vocabulary is 2.5, it has to be a whole number from 1");
  });

  it("normalise each vector by itself", () => {
    const y = new LayerNorm(50).forward(randn([3, 50]).mul(4).add(9));
    for (const mean of y.mean(-1).dataSync()) expect(mean).toBeCloseTo(0, 5);
    for (const variance of y.var(-1, { correction: 0 }).dataSync()) expect(variance).toBeCloseTo(1, 3);
  });

  it("work on any number of axes in front, also where there is nothing", () => {
    expect(new Linear(3, 2).forward(zeros([3])).shape).toEqual([2]);
    expect(new Linear(3, 2).forward(zeros([2, 0, 3])).shape).toEqual([2, 0, 2]);
    expect(new Embedding(3, 2).forward(ints([[[1]]])).shape).toEqual([1, 1, 1, 2]);
    const x = zeros([3]);
    expect(new Sequential().forward(x)).toBe(x);
  });
});
