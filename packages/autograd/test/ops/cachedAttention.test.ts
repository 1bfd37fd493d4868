import { describe, expect, it } from "vitest";
import {
  cachedAttention,
  manualSeed,
  multiHeadAttention,
  noGrad,
  randn,
  setDefaultDevice,
  zeros,
} from "../../src/index.ts";

/** The largest difference between what a cache gives, filled in parts of these lengths, and attention over the whole. */
function difference(parts: readonly number[], options: { scale?: number } = {}): number {
  manualSeed(parts.length);
  const time = parts.reduce((a, b) => a + b, 0);
  const [batch, heads, size] = [2, 3, 5];
  const qkv = randn([batch, time, 3 * heads * size]);
  const whole = multiHeadAttention(qkv, heads, { causal: true, ...options });
  const cache = randn([batch, 2, heads, time + 2, size]);
  let [start, most] = [0, 0];
  for (const count of parts) {
    const y = cachedAttention(qkv.narrow(1, start, count), cache, start, options);
    most = Math.max(
      most,
      y
        .sub(whole.narrow(1, start, count))
        .abs()
        .max()
        .itemSync(),
    );
    start += count;
  }
  return most;
}

describe.each([
  ["reference", 1e-12],
  ["cpu", 1e-5],
] as const)("attention with a cache, on %s", (device, tolerance) => {
  it("gives what attention over the whole gives, position after position or many at once", () => {
    setDefaultDevice(device);
    for (const parts of [[1, 1, 1, 1], [9], [5, 1, 1], [3, 4, 20]]) {
      expect(difference(parts), String(parts)).toBeLessThan(tolerance);
    }
    expect(difference([4, 1], { scale: 2 })).toBeLessThan(tolerance);
  });

  it("writes the keys and values of the new positions, and leaves the others alone", () => {
    setDefaultDevice(device);
    for (const count of [1, 3]) {
      const qkv = randn([2, count, 12]);
      const cache = zeros([2, 2, 2, 6, 2]).fill_(7);
      cachedAttention(qkv, cache, 2);
      const written = qkv.narrow(2, 4, 8).reshape(2, count, 2, 2, 2).permute(0, 2, 3, 1, 4);
      expect(cache.narrow(3, 2, count).arraySync()).toEqual(written.arraySync());
      const others = [cache.narrow(3, 0, 2), cache.narrow(3, 2 + count, 4 - count)];
      expect(others.flatMap((part) => [...part.dataSync()])).toEqual(Array(16 * (6 - count)).fill(7));
    }
  });

  it("says what does not fit", () => {
    setDefaultDevice(device);
    const attend = (shape: number[], cache: number[], start: number) => () =>
      cachedAttention(zeros(shape), zeros(cache), start);
    expect(attend([2, 1, 12], [2, 6, 8], 0)).toThrow(
      "cachedAttention: the cache has to be [batch, 2, heads, context, size]: qkv [2, 1, 12], cache [2, 6, 8]",
    );
    expect(attend([3, 1, 12], [2, 2, 2, 6, 2], 0)).toThrow("qkv has to be [batch, time, 3 width] as the cache is");
    expect(attend([2, 1, 9], [2, 2, 2, 6, 2], 0)).toThrow("qkv has to be [batch, time, 3 width] as the cache is");
    expect(attend([2, 2, 12], [2, 2, 2, 6, 2], 5)).toThrow("cachedAttention: 2 positions do not fit behind 5");
  });

  it("refuses to be recorded", () => {
    setDefaultDevice(device);
    const qkv = zeros([1, 1, 12], { requiresGrad: true });
    const cache = zeros([1, 2, 2, 2, 2]);
    expect(() => cachedAttention(qkv, cache, 0)).toThrow("cachedAttention: has no gradient");
    expect(noGrad(() => cachedAttention(qkv, cache, 0)).requiresGrad).toBe(false);
  });
});
