import { describe, expect, it } from "vitest";
import { arithmetic, loadPairs, loadText, type Pair } from "../src/index.ts";

/** The two numbers of a problem, the smaller first. */
const numbers = ({ prompt }: Pair) =>
  prompt
    .match(/\d+/g)!
    .map(Number)
    .sort((a, b) => a - b)
    .join(" ");

describe("arithmetic", () => {
  it("asks for every sum of two numbers up to two digits once, and answers rightly", async () => {
    const { train, validation } = await loadPairs("arithmetic");
    const all = [...train, ...validation];
    expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(10_000);
    expect(all).toHaveLength(10_000);
    for (const { prompt, answer } of all) {
      const [a, b] = /^(\d+)\+(\d+)=$/.exec(prompt)!.slice(1).map(Number);
      expect(answer).toBe(String(a + b));
    }
  });

  it.each(["arithmetic", "arithmetic:addition,subtraction", "arithmetic:3"])(
    "holds out a fifth of the pairs of %s, each with its mirror",
    async (name) => {
      const { train, validation } = await loadPairs(name);
      const [learned, unseen] = [train, validation].map((part) => new Set(part.map(numbers)));
      expect(unseen.intersection(learned).size).toBe(0);
      expect(unseen.size / (unseen.size + learned.size)).toBeCloseTo(0.2, 3);
    },
  );

  it("subtracts, below zero too, and writes the answer's digits from the last to the first where that is asked for", async () => {
    const { train, validation } = await loadPairs("arithmetic:subtraction,reversed");
    const answers = new Map([...train, ...validation].map(({ prompt, answer }) => [prompt, answer]));
    expect([answers.get("99-3="), answers.get("3-99="), answers.get("7-7=")]).toEqual(["69", "-69", "0"]);
    const plain = arithmetic({ operations: ["addition"], reversed: true });
    expect([...plain.train, ...plain.validation].find(({ prompt }) => prompt === "95+7=")?.answer).toBe("201");
  });

  it("is drawn by the seed alone", async () => {
    const drawn = async (seed?: number) => (await loadPairs("arithmetic", { seed })).validation;
    expect(await drawn()).toEqual(await drawn(0));
    expect(await drawn(1)).not.toEqual(await drawn(0));
  });

  it("refuses words that say nothing to it", async () => {
    await expect(loadPairs("arithmetic:roots")).rejects.toThrow(
      /"roots" is unknown; say addition, subtraction or both/,
    );
    await expect(loadPairs("translation:3")).rejects.toThrow(/no data set is called "translation:3"/);
    await expect(loadPairs("moby-dick")).rejects.toThrow(
      /moby-dick is plain text .* take one of arithmetic, translation/,
    );
  });
});

describe("translation", () => {
  it("has one English word for each Russian one, a tenth of them held out", async () => {
    const { train, validation, byHeart } = await loadPairs("translation");
    const all = [...train, ...validation];
    expect(all).toContainEqual({ prompt: "кот -> ", answer: "cat" });
    expect(new Set(all.map(({ prompt }) => prompt)).size).toBe(all.length);
    for (const { prompt, answer } of all) expect(prompt + answer).toMatch(/^[а-яё]+ -> [a-z]+$/);
    expect(validation).toHaveLength(Math.floor(all.length / 10));
    expect(byHeart).toBe(true);
  });
});

it("pairs are a text, too, a line for each", async () => {
  const { train, validation } = await loadText("arithmetic");
  expect(train.split("\n")).toHaveLength((await loadPairs("arithmetic")).train.length + 1);
  expect(validation).toMatch(/^(\d+\+\d+=\d+\n)+$/);
});
