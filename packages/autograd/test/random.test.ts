import { beforeEach, describe, expect, it } from "vitest";
import {
  dropout,
  gradients,
  manualSeed,
  multinomial,
  nextKey,
  ones,
  rand,
  randint,
  randn,
  random,
  randomState,
  randperm,
  setDefaultDevice,
  setRandomState,
  type Tensor,
  tensor,
  zeros,
} from "../src/index.ts";
import { valuesOf } from "./ops/checks.ts";

setDefaultDevice("reference");
beforeEach(() => manualSeed(42));

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
/** The mean of a power of the values: their moment. */
const moment = (values: number[], power: number) => mean(values.map((value) => value ** power));

describe("a seed", () => {
  const draw = () => [random(), nextKey(), ...[rand([3]), randn([3]), randperm(5)].map(valuesOf)];

  it("gives the same numbers again", () => {
    const first = draw();
    manualSeed(42);
    expect(draw()).toEqual(first);
  });

  it("gives other numbers than another seed, and other ones at every call", () => {
    const first = draw();
    expect(draw()).not.toEqual(first);
    manualSeed(43);
    expect(draw()).not.toEqual(first);
  });

  it("may be a text", () => {
    manualSeed("transformers");
    const first = draw();
    manualSeed("transformers");
    expect(draw()).toEqual(first);
  });

  it("gives the same uniform numbers on every device, normal ones to rounding", () => {
    const onCpu = [rand([9], { device: "cpu" }), randn([9], { device: "cpu" })].map(valuesOf);
    manualSeed(42);
    const [uniform, normal] = [rand([9]), randn([9])].map(valuesOf);
    expect(onCpu[0]).toEqual(uniform);
    for (const [i, value] of onCpu[1].entries()) expect(value).toBeCloseTo(normal[i], 5);
  });
});

describe("the generator's state", () => {
  it("goes through JSON, and goes on where it was saved", () => {
    rand([5]);
    const saved = JSON.stringify(randomState());
    const next = [valuesOf(randn([4])), random()];
    manualSeed("something else");
    setRandomState(JSON.parse(saved));
    expect([valuesOf(randn([4])), random()]).toEqual(next);
  });

  it("is a copy: what is drawn later does not change it", () => {
    const saved = randomState();
    const next = random();
    random();
    setRandomState(saved);
    expect(random()).toBe(next);
    setRandomState(saved);
    expect(random()).toBe(next);
  });
});

describe("distributions", () => {
  const n = 20_000;

  it("rand is uniform in [0, 1): its k-th moment is 1 / (k + 1)", () => {
    const values = valuesOf(rand([n]));
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    for (const power of [1, 2, 3, 4]) expect(moment(values, power)).toBeCloseTo(1 / (power + 1), 1.8);
    // Neighbours are independent: the mean of their products is 1/4.
    expect(mean(values.slice(1).map((value, i) => value * values[i]))).toBeCloseTo(0.25, 1.8);
  });

  it("randn is normal: its moments are 0, 1, 0, 3", () => {
    const values = valuesOf(randn([n]));
    const moments = [1, 2, 3, 4].map((power) => moment(values, power));
    expect(Math.abs(moments[0])).toBeLessThan(0.03);
    expect(Math.abs(moments[1] - 1)).toBeLessThan(0.05);
    expect(Math.abs(moments[2])).toBeLessThan(0.15);
    expect(Math.abs(moments[3] - 3)).toBeLessThan(0.3);
    expect(Math.abs(mean(values.slice(1).map((value, i) => value * values[i])))).toBeLessThan(0.03);
  });

  it("randint takes every whole number of its range equally often, and no other", () => {
    const x = randint(-2, 3, [n]);
    expect(x.dtype).toBe("int32");
    expectFrequencies(valuesOf(x.add(2)), [0.2, 0.2, 0.2, 0.2, 0.2]);
  });

  it("randperm is a permutation, each as likely", () => {
    const order = randperm(100);
    expect(order.dtype).toBe("int32");
    expect(valuesOf(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([randperm(0).shape, valuesOf(randperm(1))]).toEqual([[0], [0]]);
    const which = (order: number[]) => order[0] * 2 + Number(order[1] > order[2]);
    const drawn = Array.from({ length: 3000 }, () => which(valuesOf(randperm(3))));
    expectFrequencies(drawn, [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6]);
  });
});

/** Pearson's chi-square test of classes 0, 1, …: fails by chance in fewer than one of a million seeds. */
function expectFrequencies(classes: number[], probabilities: number[]): void {
  const counts = probabilities.map((_, i) => classes.filter((c) => c === i).length);
  expect(counts.reduce((a, b) => a + b, 0)).toBe(classes.length);
  const chiSquare = counts.reduce((sum, count, i) => {
    const expected = probabilities[i] * classes.length;
    return expected === 0 ? sum + (count > 0 ? Infinity : 0) : sum + (count - expected) ** 2 / expected;
  }, 0);
  const freedom = probabilities.filter((p) => p > 0).length - 1;
  expect(chiSquare).toBeLessThan(freedom + 10 * Math.sqrt(2 * freedom) + 20);
}

describe("multinomial", () => {
  it("draws each index as often as its weight says, never one of weight 0", () => {
    const weights = tensor([1, 0, 4, 5]);
    const drawn = multinomial(weights, 20_000, { replacement: true });
    expect([drawn.shape, drawn.dtype]).toEqual([[20_000], "int32"]);
    expectFrequencies(valuesOf(drawn), [0.1, 0, 0.4, 0.5]);
  });

  it("draws without replacement unless told otherwise, the first by weight", () => {
    const rows = multinomial(tensor([0.5, 0.2, 0.3]).expand(6000, 3), 2);
    const pairs = rows.arraySync() as number[][];
    expect(pairs.every(([a, b]) => a !== b)).toBe(true);
    const first = pairs.map(([a]) => a);
    expectFrequencies(first, [0.5, 0.2, 0.3]);
    // After 0 came, 1 and 2 are left with 2/5 and 3/5.
    expectFrequencies(
      pairs.filter(([a]) => a === 0).map(([, b]) => b - 1),
      [0.4, 0.6],
    );
  });

  it("draws for every row by its own weights", () => {
    const drawn = multinomial(
      tensor([
        [0, 1],
        [1, 0],
      ]),
      3,
      { replacement: true },
    );
    expect(drawn.arraySync()).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ]);
    expect(multinomial(tensor([0, 0, 1])).arraySync()).toEqual([2]);
  });

  it("has no gradient", () => {
    expect(multinomial(ones([3], { requiresGrad: true }).softmax(0)).requiresGrad).toBe(false);
  });
});

describe("dropout", () => {
  it("drops at its rate and scales the rest, so that the mean stays", () => {
    for (const p of [0.1, 0.5, 0.8]) {
      const values = valuesOf(dropout(ones([10_000]), p));
      const kept = values.filter((value) => value !== 0);
      expect(kept.every((value) => Math.abs(value - 1 / (1 - p)) < 1e-12)).toBe(true);
      expectFrequencies(
        values.map((value) => Number(value !== 0)),
        [p, 1 - p],
      );
    }
  });

  it("passes the gradient where it let the value pass, by the same factor", () => {
    const x = randn([100], { requiresGrad: true });
    const y = dropout(x, 0.4);
    const [dx] = gradients(y, [x], { seed: ones([100]), createGraph: true });
    const ratio = valuesOf(y).map((value, i) => value / valuesOf(x)[i]);
    for (const [i, slope] of valuesOf(dx!).entries()) expect(slope).toBeCloseTo(ratio[i], 12);
  });

  it("drops other elements at every call", () => {
    const x = ones([50]);
    expect(valuesOf(dropout(x, 0.5))).not.toEqual(valuesOf(dropout(x, 0.5)));
  });

  it("drops nothing at 0 and everything at 1", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(dropout(x, 0)).toBe(x);
    const y: Tensor = dropout(x, 1);
    expect(valuesOf(y)).toEqual([0, 0]);
    expect(valuesOf(gradients(y.sum(), [x])[0]!)).toEqual([0, 0]);
    expect(dropout(zeros([0]), 0.5).shape).toEqual([0]);
  });

  it("drops the same elements of a transposed tensor as of its copy", () => {
    const x = randn([4, 6]);
    manualSeed(1);
    const ofView = valuesOf(dropout(x.T, 0.5));
    manualSeed(1);
    expect(valuesOf(dropout(x.T.clone(), 0.5))).toEqual(ofView);
  });
});
