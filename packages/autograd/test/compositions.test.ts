import seedrandom from "seedrandom";
import { describe, expect, it } from "vitest";
import {
  arange,
  concat,
  gradients,
  layerNorm,
  scaledDotProductAttention,
  stack,
  type Tensor,
  tensor,
  where,
} from "../src/index.ts";
import { sizeOf } from "../src/shape.ts";
import { expectClose, valuesOf } from "./ops/checks.ts";

/** Random numbers for one chain of ops; `axis` names an axis of a tensor. */
class Draw {
  readonly number: () => number;
  constructor(seed: string) {
    this.number = seedrandom(seed);
  }
  integer(low: number, high: number): number {
    return low + Math.floor(this.number() * (high - low + 1));
  }
  axis(x: Tensor): number {
    return this.integer(-x.rank, x.rank - 1);
  }
}

type Step = (x: Tensor, draw: Draw) => Tensor;

/** What may follow what: each takes any tensor of at least one axis, and keeps values near 1. */
const steps: Record<string, Step> = {
  permute: (x) => x.permute(x.shape.map((_, axis) => x.rank - 1 - axis)),
  transpose: (x, draw) => x.transpose(draw.axis(x), draw.axis(x)),
  slice: (x, draw) => {
    const axis = draw.axis(x);
    return x.slice(axis, draw.integer(0, x.shape.at(axis)! - 1));
  },
  everyOther: (x, draw) => x.slice(draw.axis(x), 0, undefined, 2),
  flatten: (x) => x.flatten(),
  unsqueeze: (x, draw) => x.unsqueeze(draw.axis(x)),
  expand: (x) => x.unsqueeze(0).expand(2, ...x.shape),
  clone: (x) => x.clone(),
  sum: (x, draw) => x.sum(draw.axis(x), { keepDim: true }).mul(0.3),
  mean: (x, draw) => x.mean(draw.axis(x), { keepDim: true }),
  max: (x, draw) => x.max(draw.axis(x), { keepDim: true }),
  var: (x, draw) => x.var(draw.axis(x), { keepDim: true, correction: 0 }),
  logSumExp: (x, draw) => x.logSumExp(draw.axis(x), { keepDim: true }),
  cumsum: (x, draw) => x.cumsum(draw.axis(x)).tanh(),
  softmax: (x, draw) => x.softmax(draw.axis(x)),
  logSoftmax: (x, draw) => x.logSoftmax(draw.axis(x)).mul(0.5),
  layerNorm: (x) => layerNorm(x, undefined, undefined, 0.1),
  attention: (x) => {
    const heads = x.reshape(1, 1, -1, x.shape.at(-1)!);
    return scaledDotProductAttention(heads, heads, heads, { causal: true });
  },
  product: (x) => (x.rank < 2 ? x.unsqueeze(1).matmul(x.unsqueeze(0)) : x.matmul(x.T)).mul(0.3).tanh(),
  square: (x) => x.mul(x),
  gelu: (x) => x.gelu(),
  silu: (x) => x.silu(),
  sigmoid: (x) => x.sigmoid(),
  sin: (x) => x.sin(),
  where: (x) => where(x.gt(0.1), x, x.mul(0.2)),
  clamp: (x) => x.clamp(-0.7, 0.7),
  concat: (x, draw) => concat([x, x.tanh()], draw.axis(x)),
  stack: (x, draw) => stack(x.split(1, draw.axis(x)), -1),
  broadcast: (x, draw) => x.add(x.slice(draw.axis(x), 0, 1)),
  indexSelect: (x, draw) => {
    const axis = draw.axis(x);
    return x.indexSelect(axis, arange(0, x.shape.at(axis), 2, { device: x.device }));
  },
  topk: (x) => x.topk(Math.min(2, x.shape.at(-1)!)).values,
};

const names = Object.keys(steps);

describe("random chains of ops", () => {
  it.each(Array.from({ length: 150 }, (_, i) => `chain ${i}`))(
    "give on cpu what they give on reference, and the same gradients recorded and not: %s",
    (seed) => {
      const draw = new Draw(seed);
      const shape = Array.from({ length: draw.integer(1, 3) }, () => draw.integer(1, 4));
      const values = Float32Array.from({ length: sizeOf(shape) }, () => draw.number() * 2 - 1);
      const chain = Array.from({ length: draw.integer(2, 6) }, () => names[draw.integer(0, names.length - 1)]);

      const run = (device: string) => {
        const x = tensor(values, { shape, device, requiresGrad: true });
        const choices = new Draw(`${seed} on its way`);
        const y = chain.reduce<Tensor>((value, name) => steps[name](value, choices), x);
        const seeds = new Draw(`${seed} back`);
        const dy = tensor(Float32Array.from({ length: y.size }, seeds.number), { shape: y.shape, device });
        const [plain] = gradients(y, [x], { seed: dy, retainGraph: true });
        const [recorded] = gradients(y, [x], { seed: dy, createGraph: true });
        return { shape: y.shape, results: [y, plain!, recorded!].map(valuesOf) };
      };
      const expected = run("reference");
      const actual = run("cpu");

      expect(actual.shape, chain.join(", ")).toEqual(expected.shape);
      expectClose(expected.results[2], expected.results[1], 1e-9);
      for (const [i, result] of actual.results.entries()) expectClose(result, expected.results[i], 1e-3);
    },
  );
});
