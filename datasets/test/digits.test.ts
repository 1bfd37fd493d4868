import { describe, expect, it } from "vitest";
import { loadImages, loadLabelled } from "../src/index.ts";

describe("handwritten digits", () => {
  it("are 10,000 pictures of 28 x 28, 8,000 to train on, with MNIST's number of each digit", async () => {
    const { labels, shape, train, validation, split } = await loadImages("digits");
    expect([train.length, validation.length]).toEqual([8000, 2000]);
    expect(shape).toEqual([1, 28, 28]);
    expect(split).toEqual({ kind: "shuffled", seed: 0 });
    const counts = labels.map(() => 0);
    for (const { label } of [...train, ...validation]) counts[label]++;
    // Of the first 10,000 in MNIST's training file.
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    for (const { pixels } of validation) {
      expect(pixels).toHaveLength(784);
      expect(Math.min(...pixels)).toBe(0);
      expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
    }
  });

  it("lie in their pictures as their labels say: a one is slender, a zero hollow", async () => {
    const { validation } = await loadImages("digits");
    const meanOf = (digit: number, from: number, to: number) => {
      const own = validation.filter(({ label }) => label === digit);
      const middle = own.map(({ pixels }) => pixels.subarray(14 * 28 + from, 14 * 28 + to));
      return middle.flatMap((row) => [...row]).reduce((sum, value) => sum + value, 0) / own.length / (to - from);
    };
    expect(meanOf(1, 12, 16)).toBeGreaterThan(3 * meanOf(1, 4, 8));
    expect(meanOf(0, 13, 15)).toBeLessThan(meanOf(0, 7, 9));
  });

  it("are split by the seed alone, in any share", async () => {
    const held = async (seed?: number) => (await loadImages("digits", { seed, validationRows: 50 })).validation;
    expect(await held()).toEqual(await held(0));
    expect(await held(1)).not.toEqual(await held(0));
    expect((await loadImages("digits", { validationShare: 0.1 })).train).toHaveLength(9000);
    await expect(loadImages("digits", { validationRows: 10_000 })).rejects.toThrow("leave none to train on");
  });

  it("are pictures, where texts are wanted, and the other way round", async () => {
    await expect(loadLabelled("digits")).rejects.toThrow(/^digits is labelled images; for a classifier, take one of /);
    await expect(loadImages("names")).rejects.toThrow(
      "names is labelled texts; for a network on images, take one of digits",
    );
    await expect(loadImages("mnist")).rejects.toThrow('no data set is called "mnist"; known are ');
  });
});
