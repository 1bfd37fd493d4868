import { enableGrad, manualSeed, memoryUsage, noGrad, randn, setDefaultDevice, type Tensor } from "@lectern/autograd";
import { GPT, MultiHeadAttention } from "@lectern/nn";
import { afterEach, describe, expect, it } from "vitest";
import { expectClose, ints } from "./fixture.ts";

const sizes = { vocabulary: 9, layers: 3, heads: 2, width: 12, context: 7 };
const numbersOf = (t: Tensor) => ({ shape: [...t.shape], values: Array.from(t.dataSync()) });

afterEach(() => setDefaultDevice("cpu"));

describe.each([
  ["reference", 1e-10],
  ["cpu", 2e-5],
] as const)("a model with a cache, on %s", (device, tolerance) => {
  const tokens = [
    [1, 2, 3, 4, 5, 6, 7],
    [8, 0, 3, 3, 1, 7, 2],
  ];

  /** Weights that are not all small, so that positions matter to each other. */
  function make(options: Partial<ConstructorParameters<typeof GPT>[0]> = {}): GPT {
    setDefaultDevice(device);
    manualSeed(4);
    const model = new GPT({ ...sizes, ...options });
    noGrad(() => {
      for (const parameter of model.parameters()) parameter.add_(randn(parameter.shape).mul(0.3));
    });
    return model;
  }

  it.each([
    { norm: "pre", positions: "learned" },
    { norm: "post", positions: "sinusoidal", bias: true, tiedHead: false },
  ] as const)("gives the logits it gives without, however the tokens come ($norm-norm)", (options) => {
    const model = make(options);
    const whole = model.forward(ints(tokens));
    for (const parts of [[7], [1, 1, 1, 1, 1, 1, 1], [4, 1, 1, 1], [2, 3, 2]]) {
      const cache = model.makeCache(2);
      let start = 0;
      for (const count of parts) {
        const logits = model.forwardCached(ints(tokens.map((row) => row.slice(start, start + count))), cache);
        expectClose(logits, numbersOf(whole.slice(1, start, start + count)), tolerance);
        start += count;
        expect(cache.length).toBe(start);
      }
    }
  });

  it.each([
    ["change places", [1, 0]],
    ["are left out", [1]],
    ["are copied", [1, 1, 0, 1]],
    ["take another's place", [0, 0]],
    ["stay", [0, 1]],
  ])("goes on with sequences that %s as if each had been there from the start", (_, rows) => {
    const model = make();
    const cache = model.makeCache(2);
    model.forwardCached(ints(tokens.map((row) => row.slice(0, 4))), cache);
    cache.reorder(rows);
    expect([cache.batch, cache.length]).toEqual([rows.length, 4]);
    // What comes next differs from row to row.
    const next = rows.map((_, i) => [i, i + 2]);
    const whole = rows.map((row, i) => [...tokens[row].slice(0, 4), ...next[i]]);
    const wanted = model.forward(ints(whole)).slice(1, 4);
    expectClose(model.forwardCached(ints(next), cache), numbersOf(wanted), tolerance);
  });

  it("gives the last position's logits alone where that is asked for", () => {
    const model = make();
    const cache = model.makeCache(2);
    const logits = model.forwardCached(ints(tokens.map((row) => row.slice(0, 5))), cache, { last: true });
    expect([logits.shape, cache.length]).toEqual([[2, 1, sizes.vocabulary], 5]);
    const wanted = model.forward(ints(tokens.map((row) => row.slice(0, 5)))).slice(1, 4);
    expectClose(logits, numbersOf(wanted), tolerance);
    const next = model.forwardCached(ints(tokens.map((row) => row.slice(5))), cache);
    expectClose(next, numbersOf(model.forward(ints(tokens)).slice(1, 5)), tolerance);
  });

  it("says which sequence there is not", () => {
    const cache = make().makeCache(2);
    expect(() => cache.reorder([0, 2])).toThrow("KeyValueCache: there is no sequence 2: they are 0 … 1");
    expect(() => cache.reorder([])).toThrow(/at least one/);
  });

  it("begins anew when its cache is cleared, whatever lay in it", () => {
    const model = make();
    const cache = model.makeCache(2);
    model.forwardCached(ints(tokens), cache);
    cache.clear();
    const again = model.forwardCached(ints(tokens.map((row) => row.slice(2, 6))), cache);
    expectClose(again, numbersOf(model.forward(ints(tokens.map((row) => row.slice(2, 6))))), tolerance);
  });

  it("takes memory for its cache once, and none for the tokens that follow", () => {
    const model = make();
    const before = memoryUsage().bytes;
    const cache = model.makeCache(2);
    expect(memoryUsage().bytes - before).toBe(4 * 2 * sizes.layers * 2 * sizes.context * sizes.width);
    expect(cache.layer(0).memory.shape).toEqual([2, 2, sizes.heads, sizes.context, sizes.width / sizes.heads]);
    const { storage } = cache.layer(1).memory;
    model.forwardCached(ints(tokens), cache);
    expect(cache.layer(1).memory.storage).toBe(storage);
  });

  it("records no gradients, also where they are recorded around it", () => {
    const model = make();
    const logits = enableGrad(() => model.forwardCached(ints(tokens), model.makeCache(2)));
    expect(logits.requiresGrad).toBe(false);
  });

  it("stays usable when tokens are refused", () => {
    const model = make();
    const cache = model.makeCache(2);
    const part = (start: number, end: number) => ints(tokens.map((row) => row.slice(start, end)));
    model.forwardCached(part(0, 5), cache);
    expect(() => model.forwardCached(part(0, 3), cache)).toThrow(
      "KeyValueCache: 3 more tokens do not fit behind 5 in a context of 7: clear() it",
    );
    expect(() => model.forwardCached(ints([[1]]), cache)).toThrow(
      "KeyValueCache: the tokens are [1, 1], the cache is for a batch of 2",
    );
    expect(() => model.forwardCached(ints([[1], [9]]), cache)).toThrow(
      "embedding: token 9 is outside the vocabulary 0 … 8",
    );
    const logits = model.forwardCached(part(5, 7), cache);
    expectClose(logits, numbersOf(model.forward(ints(tokens)).slice(1, 5)), tolerance);
  });
});

describe("attention with a cache", () => {
  it("has to be causal", () => {
    const attention = new MultiHeadAttention({ width: 4, heads: 2 });
    const cache = new GPT({ ...sizes, width: 4 }).makeCache();
    expect(() => noGrad(() => attention.forwardCached(randn([1, 1, 4]), cache.layer(0)))).toThrow(
      "MultiHeadAttention: a cache needs causal: true",
    );
  });

  it("refuses to record gradients, which would miss what was cached", () => {
    const attention = new MultiHeadAttention({ width: 4, heads: 2, causal: true });
    const cache = new GPT({ ...sizes, width: 4 }).makeCache();
    expect(() => attention.forwardCached(randn([1, 1, 4]), cache.layer(0))).toThrow("wrap it in noGrad(() => …)");
  });
});
