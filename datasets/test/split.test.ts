import { describe, expect, it } from "vitest";
import { stratifiedSplit } from "../src/index.ts";

describe("a split by shares of the classes", () => {
  const labelled = Array.from({ length: 103 }, (_, i) => ({ number: i, label: i < 80 ? "a" : i < 100 ? "b" : "c" }));
  const split = (seed: number) => stratifiedSplit(labelled, { share: 0.2, seed, classOf: ({ label }) => label });
  const numbers = (part: readonly { number: number }[]) => part.map(({ number }) => number);

  it("has each class's share in both parts, and every example once", () => {
    const { train, validation } = split(1);
    const count = (label: string) => validation.filter((example) => example.label === label).length;
    expect(["a", "b", "c"].map(count)).toEqual([15, 4, 1]);
    expect([...numbers(train), ...numbers(validation)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 103 }, (_, i) => i),
    );
  });

  it("depends on the seed alone", () => {
    expect(numbers(split(1).train)).toEqual(numbers(split(1).train));
    expect(numbers(split(1).train)).not.toEqual(numbers(split(2).train));
  });
});

it("divides more examples than a function takes arguments", () => {
  const many = Array.from({ length: 400_000 }, (_, i) => ({ label: i % 2 }));
  const { train } = stratifiedSplit(many, { share: 0.1, seed: 1, classOf: ({ label }) => label });
  expect(train).toHaveLength(360_000);
});
