import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern answers "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const done = async (...args: string[]) => eventsOf(await lectern([...args, "--json"], folder)).at(-1)!;

describe("train text by its defaults", () => {
  it("answers 99 of 100 sums that it never saw", async () => {
    const { exactMatch } = await done("train", "text", "--data", "arithmetic", "--out", "sums");
    expect(exactMatch).toBeGreaterThanOrEqual(0.99);
    const { text } = await done("generate", "sums", "--prompt", "2+2=", "--strategy", "greedy");
    expect(text).toBe("2+2=4");
  });

  it("knows 95 of 100 words that it was trained on, and nearly none of the others", async () => {
    const { exactMatch, trainExactMatch } = await done("train", "text", "--data", "translation", "--out", "words");
    expect(trainExactMatch).toBeGreaterThanOrEqual(0.95);
    expect(exactMatch).toBeLessThan(0.1);
    expect((await done("eval", "words", "--split", "train")).exactMatch).toBe(trainExactMatch);
  });
});
