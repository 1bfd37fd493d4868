import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AdamWOptions, Strided } from "../../src/device.ts";
import { cpuDevice } from "../../src/devices/cpu/device.ts";
import { machine } from "../../src/devices/cpu/machine.ts";
import { Pool } from "../../src/devices/cpu/pool.ts";
import type { KernelName } from "../../src/devices/cpu/table.mjs";
import {
  type AttentionOptions,
  conv2d,
  crossEntropy,
  dropout,
  embedding,
  embeddingWithPositions,
  gradients,
  layerNorm,
  linearGelu,
  lstm,
  manualSeed,
  maxPool2d,
  multiHeadAttention,
  randint,
  randn,
  type Shape,
  scaledDotProductAttention,
  setBlas,
  setDefaultDevice,
  setThreads,
  type Tensor,
  tensor,
} from "../../src/index.ts";

setDefaultDevice("cpu");

const THREADS = [1, 2, 3];

/** What is computed, as often as there are numbers of threads, and the kernels that have to be shared out for it. */
interface Job {
  readonly name: string;
  readonly kernels: readonly KernelName[];
  readonly run: () => Tensor[];
}

/** A function's value, and its gradients by all inputs, for a random gradient of the value. */
function valueAndGradients(f: (...inputs: Tensor[]) => Tensor, ...shapes: Shape[]): Tensor[] {
  const inputs = shapes.map((shape) => randn(shape, { requiresGrad: true }));
  const y = f(...inputs);
  return [y, ...(gradients(y, inputs, { seed: randn(y.shape) }) as Tensor[])];
}

/** Row b sees all but its last b keys. */
function paddingMask(batch: number, keys: number): Tensor {
  const values = Int32Array.from({ length: batch * keys }, (_, at) => {
    const row = Math.floor(at / keys);
    return Number((at % keys) + 7 * row < keys);
  });
  return tensor(values, { shape: [batch, 1, 1, keys] });
}

/** Odd lengths, more and fewer pairs of batch and head, fewer queries than keys. */
const LENGTHS = [
  { batch: 5, heads: 4, queries: 67, keys: 67 },
  { batch: 1, heads: 2, queries: 301, keys: 301 },
  { batch: 3, heads: 2, queries: 61, keys: 163 },
];
const VARIANTS = [
  { variant: "plain", causal: false, padded: false },
  { variant: "causal", causal: true, padded: false },
  { variant: "padded", causal: false, padded: true },
  { variant: "causal and padded", causal: true, padded: true },
];

const attentions: Job[] = [16, 32, 64].flatMap((size) =>
  LENGTHS.flatMap(({ batch, heads, queries, keys }) =>
    VARIANTS.map(({ variant, causal, padded }) => ({
      name: `attention, ${variant}, ${queries} queries and ${keys} keys in heads of ${size}`,
      kernels: ["attention", "attentionGrad"] as const,
      run: () => {
        const options: AttentionOptions = { causal, mask: padded ? paddingMask(batch, keys) : undefined };
        const [q, k] = [queries, keys].map((time) => [batch, heads, time, size]);
        return valueAndGradients(
          (...inputs) => scaledDotProductAttention(...(inputs as [Tensor, Tensor, Tensor]), options),
          q,
          k,
          k,
        );
      },
    })),
  ),
);

const flat = ({ storage, size }: Tensor): Strided => ({ storage, shape: [size], strides: [1], offset: 0 });
const ADAMW: Omit<AdamWOptions, "step"> = {
  ...{ lr: 1e-2, beta1: 0.9, beta2: 0.99, eps: 1e-8 },
  ...{ weightDecay: 0.1, gradScale: 0.3 },
};
const PARAMETERS: readonly Shape[] = [[1], [301, 263], [8192], [77, 129], [100_003]];

const jobs: Job[] = [
  ...attentions,
  {
    name: "attention of one new query",
    kernels: ["attention"],
    run: () => {
      const [q, k, v] = [1, 301, 301].map((time) => randn([16, 8, time, 32]));
      return [scaledDotProductAttention(q, k, v, { causal: true })];
    },
  },
  {
    name: "attention of all heads in one tensor",
    kernels: ["attention", "attentionGrad"],
    run: () => valueAndGradients((qkv) => multiHeadAttention(qkv, 8, { causal: true }), [3, 131, 384]),
  },
  {
    name: "layer norm",
    kernels: ["layerNorm", "layerNormGrad"],
    run: () => valueAndGradients((x, w, b) => layerNorm(x, w, b), [701, 131], [131], [131]),
  },
  {
    name: "a linear layer with bias and GELU",
    kernels: ["biasGelu", "biasGeluGrad", "matmul"],
    run: () => valueAndGradients((x, w, b) => linearGelu(x, w, b), [1003, 65], [263, 65], [263]),
  },
  {
    name: "cross entropy",
    kernels: ["crossEntropy", "crossEntropyGrad"],
    run: () => {
      const targets = randint(0, 263, [1003]);
      const weight = randn([263]).abs();
      const options = { weight, labelSmoothing: 0.1, ignoreIndex: 5 };
      return valueAndGradients((logits) => crossEntropy(logits, targets, options), [1003, 263]);
    },
  },
  {
    name: "an embedding",
    kernels: ["indexSelect", "indexAdd"],
    run: () => {
      const tokens = randint(0, 65, [13, 77]);
      return valueAndGradients((weight) => embedding(weight, tokens), [65, 131]);
    },
  },
  {
    name: "an embedding with positions",
    kernels: ["embed", "embedGrad"],
    run: () => {
      const tokens = randint(0, 65, [13, 77]);
      return valueAndGradients((weight, rows) => embeddingWithPositions(weight, rows, tokens, 3), [65, 131], [81, 131]);
    },
  },
  {
    name: "AdamW",
    kernels: ["adamWAll"],
    run: () => {
      const groups = PARAMETERS.map((shape) => [randn(shape), randn(shape), randn(shape), randn(shape).square()]);
      const updates = groups.map(([p, grad, m, v]) => ({
        p: flat(p),
        grad: flat(grad),
        m: flat(m),
        v: flat(v),
        step: 3,
      }));
      cpuDevice.adamWAll!(updates, ADAMW);
      return groups.flatMap(([p, , m, v]) => [p, m, v]);
    },
  },
  {
    name: "the length of all gradients",
    kernels: ["sumSquares"],
    run: () => {
      const sum = randn([]);
      cpuDevice.sumOfSquares!(
        sum,
        PARAMETERS.map((shape) => flat(randn(shape))),
      );
      return [sum];
    },
  },
  {
    name: "filters over images",
    kernels: ["convolve", "convolveGrad"],
    run: () => valueAndGradients((x, w, b) => conv2d(x, w, b, { padding: 1 }), [37, 5, 23, 19], [11, 5, 3, 3], [11]),
  },
  {
    name: "the largest of windows",
    kernels: ["maxPool", "maxPoolGrad"],
    run: () => valueAndGradients((x) => maxPool2d(x, 3, { stride: 2, padding: 1 }), [17, 9, 31, 29]),
  },
  {
    name: "long short-term memory",
    kernels: ["lstmGates", "lstmGatesGrad"],
    run: () => valueAndGradients((x, w) => lstm(x, w)[0], [37, 5, 4 * 71], [4 * 71, 71]),
  },
  { name: "dropout", kernels: ["dropout"], run: () => [dropout(randn([100_003]), 0.3)] },
];

/** Starts the workers with a job large enough, and waits for them. */
async function useThreads(count: number): Promise<void> {
  setThreads(count);
  randn([1 << 18]).exp();
  const { pool } = machine();
  while (pool !== undefined && pool.ready < count - 1) await new Promise((resolve) => setTimeout(resolve, 5));
}

const bits = (x: Tensor) => new Int32Array(Float32Array.from(x.dataSync()).buffer);

describe("one, two and three threads", () => {
  /** By job, then by number of threads. */
  const results = new Map<string, Int32Array[][]>(jobs.map(({ name }) => [name, []]));
  const shared = new Map<string, Set<string>>(jobs.map(({ name }) => [name, new Set()]));

  beforeAll(async () => {
    // It shares products out by the number of threads; this is about our own kernels.
    setBlas(false);
    const run = vi.spyOn(Pool.prototype, "run");
    for (const count of THREADS) {
      await useThreads(count);
      for (const { name, run: compute } of jobs) {
        manualSeed(name);
        run.mockClear();
        results.get(name)!.push(compute().map(bits));
        for (const [kernel, units, step] of run.mock.calls) if (step < units) shared.get(name)!.add(kernel);
      }
    }
    run.mockRestore();
  });
  afterAll(() => {
    setThreads(1);
    setBlas(true);
  });

  it.each(jobs)("give the very same numbers: $name", ({ name, kernels }) => {
    expect([...shared.get(name)!]).toEqual(expect.arrayContaining([...kernels]));
    const [alone, ...others] = results.get(name)!;
    expect(others).toHaveLength(THREADS.length - 1);
    for (const [i, numbers] of others.entries()) {
      for (const [at, tensor] of numbers.entries()) {
        const difference = tensor.findIndex((value, element) => value !== alone[at][element]);
        expect(difference, `result ${at} with ${THREADS[i + 1]} threads differs at this element`).toBe(-1);
      }
    }
  });
});
