import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern tuning "));
  await writeFile(join(folder, "old.txt"), "the white whale swims, and the whale is white. ".repeat(60));
  await writeFile(join(folder, "new.txt"), "a whale is white as the sea, the sea is white as a whale. ".repeat(60));
  const { code, stderr } = await lectern([...train("old.txt"), "--steps", "40", "--out", "base"], folder);
  expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const train = (data: string) => ["train", "text", "--data", data, "--context", "16", "--sample", "0"];
const events = async (...args: string[]) => {
  const outcome = await lectern([...args, "--json"], folder);
  expect(outcome.code, outcome.stderr).toBe(0);
  return eventsOf(outcome);
};
const loss = async (run: string, data: string) => (await events("eval", run, "--data", data)).at(-1)!.valLoss as number;

describe("training that goes on from a model", () => {
  it("begins with what that knows, in its tokenizer and its size", async () => {
    const before = await loss("base", "new.txt");
    const done = (await events(...train("new.txt"), "--init", "base", "--steps", "20", "--out", "full")).at(-1)!;
    expect(done.valLoss).toBeLessThan(before);
    const config = JSON.parse(await readFile(join(folder, "full/config.json"), "utf8")) as Record<string, unknown>;
    const base = JSON.parse(await readFile(join(folder, "base/config.json"), "utf8")) as Record<string, unknown>;
    expect(config.model).toEqual(base.model);
    expect(config.init).toBe(join(folder, "base"));
    const files = ["base", "full"].map((run) => readFile(join(folder, run, "tokenizer.json"), "utf8"));
    const [there, here] = await Promise.all(files);
    expect(here).toBe(there);
  });

  it("trains adapters alone where that is asked for, which are saved on their own, and merged", async () => {
    const before = await loss("base", "new.txt");
    const lora = ["--init", "base", "--lora", "2", "--steps", "40", "--out", "lora"];
    const outcome = await lectern([...train("new.txt"), ...lora], folder);
    expect(outcome.stdout).toMatch(/of which 1,024 \(1\.0 %\) are trained/);
    expect((await readdir(join(folder, "lora/adapter"))).sort()).toEqual([
      "adapter_config.json",
      "adapter_model.safetensors",
    ]);
    const adapted = await loss("lora", "new.txt");
    expect(adapted).toBeLessThan(before);

    await events("merge", "lora", "--out", "merged");
    await events("merge", "base", "--adapter", "lora/adapter", "--out", "again");
    for (const model of ["merged", "again"]) {
      expect((await readdir(join(folder, model))).sort()).toEqual([
        "config.json",
        "model.safetensors",
        "tokenizer.json",
      ]);
    }
    const over = await lectern(["merge", "lora", "--out", "base"], folder);
    expect([over.code, over.stderr]).toEqual([2, expect.stringContaining("there is a model or a run in base already")]);
    // A folder in Hugging Face's layout says nothing of data or tasks, and is used as a run is.
    const texts = await Promise.all(
      ["lora", "merged", "again"].map(async (model) => {
        const options = ["--prompt", "the ", "--strategy", "greedy", "--tokens", "30"];
        return (await events("generate", model, ...options)).at(-1)!.text;
      }),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it("goes on from a classifier, with the classes that it has", async () => {
    const rows = (labels: string[]) =>
      labels.flatMap((label) => Array.from({ length: 12 }, (_, i) => `${label}y ${i} words,${label}\n`)).join("");
    await writeFile(join(folder, "two.csv"), `text,label\n${rows(["good", "bad"])}`);
    await writeFile(join(folder, "three.csv"), `text,label\n${rows(["good", "bad", "fair"])}`);
    const classify = ["train", "classify", "--steps", "2", "--data"];
    await events(...classify, "two.csv", "--out", "two");
    const done = (await events(...classify, "two.csv", "--init", "two", "--lora", "1", "--out", "more")).at(-1)!;
    expect((await events("eval", "more")).at(-1)!.valLoss).toBeCloseTo(done.valLoss as number, 5);
    const other = await lectern([...classify, "three.csv", "--init", "two"], folder);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining("its classes are bad, good, the data's bad, fair"),
    ]);
    const text = await lectern([...train("new.txt"), "--init", "two"], folder);
    expect([text.code, text.stderr]).toEqual([
      2,
      expect.stringContaining("two predicts classes, and tokens are to be"),
    ]);
  });

  it("leaves frozen parameters as they are", async () => {
    const options = [
      "--init",
      "base",
      "--freeze",
      "tokens.*,positions.*,blocks.0.*",
      "--steps",
      "2",
      "--out",
      "frozen",
    ];
    const outcome = await lectern([...train("new.txt"), ...options], folder);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stdout).toMatch(/of which [\d,]+ \([\d.]+ %\) are trained/);
  });

  it.each([
    [["--init", "nowhere"], /--init: there is no run "nowhere"/],
    [["--init", "base", "--tokenizer", "byte"], /--tokenizer is that of --init/],
    [["--init", "base", "--freeze", "blocks.9.*"], /--freeze: .*no parameter is called blocks\.9\.\*/],
    [["--init", "base", "--lora", "2", "--lora-on", "c_attn"], /--lora: .*no linear layer is called c_attn; there are/],
    [["--lora-alpha", "2"], /--lora-alpha needs --lora/],
  ])("refuses %j", async (options, message) => {
    const { code, stderr } = await lectern([...train("new.txt"), ...options], folder);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
