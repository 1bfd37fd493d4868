import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern pairs "));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const events = async (...args: string[]) => eventsOf(await lectern([...args, "--json"], folder));

it("train text learns sums, tells how many unseen ones it answers whole, and answers where it is asked", async () => {
  const all = await events(
    "train",
    "text",
    "--data",
    "arithmetic:1",
    "--steps",
    "40",
    "--batch",
    "32",
    "--out",
    "sums",
  );
  const done = all.at(-1)!;
  expect(done).toMatchObject({ event: "done", steps: 40, run: "sums" });
  for (const figure of ["exactMatch", "valLoss", "bitsPerByte"]) expect(done[figure], figure).toBeGreaterThanOrEqual(0);
  const answers = all.filter(({ event }) => event === "answer");
  expect(answers.map(({ part }) => part)).toEqual([...Array(5).fill("train"), ...Array(5).fill("validation")]);

  const evaluated = (await events("eval", "sums")).at(-1)!;
  expect(evaluated.exactMatch).toBe(done.exactMatch);
  expect(evaluated.valLoss).toBeCloseTo(done.valLoss as number, 5);
  const [{ prompt, given }] = answers;
  const written = (await events("generate", "sums", "--prompt", String(prompt), "--strategy", "greedy")).at(-1)!;
  // It ends with the answer, and not after as many tokens as a text has.
  expect(written.text).toBe(`${prompt}${given}`);
});

it("says of words that it was trained on, and of others, how many it knows", async () => {
  const train = ["train", "text", "--data", "translation", "--steps", "3", "--batch", "16", "--out", "words"];
  const done = (await events(...train)).at(-1)!;
  expect(done).toMatchObject({ exactMatch: 0, trainExactMatch: expect.any(Number) });
  const known = (await events("eval", "words", "--split", "train")).at(-1)!;
  expect(known.exactMatch).toBe(done.trainExactMatch);
});

it("learns a table of one's own, by the columns it is told, and evaluates the run on it and on another", async () => {
  const rows = Array.from({ length: 20 }, (_, i) => `${"ab".repeat(i + 1)}\t${"b".repeat((i % 3) + 1)}`);
  await writeFile(join(folder, "own.tsv"), `from\tto\n${rows.join("\n")}\n`);
  const columns = ["--prompt-column", "from", "--answer-column", "to"];
  const train = ["train", "text", "--data", "own.tsv", ...columns, "--validation", "0.5", "--context", "48"];
  const all = await events(...train, "--steps", "2", "--batch", "4", "--out", "own");
  expect(all.at(-1)).toMatchObject({ event: "done", steps: 2, exactMatch: expect.any(Number) });
  expect((await events("eval", "own")).at(-1)).toMatchObject({ split: "validation", exactMatch: expect.any(Number) });
  await writeFile(join(folder, "other.jsonl"), '{"prompt":"ab","answer":"b"}\n{"prompt":"abab","answer":"bb"}\n');
  const other = await events("eval", "own", "--data", "other.jsonl", "--split", "train");
  expect(other.at(-1)).toMatchObject({ count: expect.any(Number) });
  const text = await lectern(["train", "text", "--data", "moby-dick", ...columns], folder);
  expect([text.code, text.stderr]).toEqual([2, expect.stringContaining("--prompt-column is for tables")]);
});

it("refuses a variant that there is not as wrong usage", async () => {
  const { code, stderr } = await lectern(["train", "text", "--data", "arithmetic:roots"], folder);
  expect([code, stderr]).toEqual([2, expect.stringContaining('arithmetic: "roots" is unknown')]);
});
