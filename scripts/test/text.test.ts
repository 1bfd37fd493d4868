import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Event, eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern text "));
  await writeFile(join(folder, "book.txt"), "the white whale swims, and the whale is white. кит белый\n".repeat(80));
  const train = ["train", "text", "--data", "book.txt", "--tokenizer", "bpe:290", "--context", "16", "--batch", "8"];
  const { code, stderr } = await lectern([...train, "--steps", "60", "--out", "run", "--json"], folder);
  expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const events = async (...args: string[]) => eventsOf(await lectern([...args, "--json"], folder));
const of = (all: Event[], event: string) => all.filter((one) => one.event === event);

describe("a language model over pieces of words", () => {
  it("keeps its tokenizer as Hugging Face's tokenizer.json, writes text, and tells bits a byte", async () => {
    const json = JSON.parse(await readFile(join(folder, "run/tokenizer.json"), "utf8")) as { model: { type: string } };
    expect(json.model.type).toBe("BPE");
    const done = (await events("generate", "run", "--prompt", "the white", "--tokens", "8", "--strategy", "greedy")).at(
      -1,
    )!;
    expect(done).toMatchObject({ event: "done", tokens: 8 });
    expect(done.text).toMatch(/^the white/);
    const evaluated = (await events("eval", "run")).at(-1)!;
    const bytes = evaluated.bitsPerByte as number;
    // Bits a token, of which the text has fewer than bytes.
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan((evaluated.valLoss as number) / Math.LN2);
    expect(evaluated.bitsPerToken).toBeCloseTo((evaluated.valLoss as number) / Math.LN2, 6);
  });

  it("is evaluated by a window that slides, token by token where that is asked for", async () => {
    const all = await events("eval", "run", "--stride", "4", "--per-token");
    const [tokens, done] = [of(all, "token"), all.at(-1)!];
    expect(tokens).toHaveLength(done.count as number);
    const sum = tokens.reduce((total, { loss }) => total + (loss as number), 0);
    expect(sum / tokens.length).toBeCloseTo(done.valLoss as number, 4);
    expect(tokens.map(({ text }) => text).join("")).toMatch(/the white whale swims, and the whale is white/);
    // From more before them, tokens are expected more.
    expect(done.valLoss).toBeLessThan((await events("eval", "run")).at(-1)!.valLoss as number);
    const far = await lectern(["eval", "run", "--stride", "17"], folder);
    expect([far.code, far.stderr]).toEqual([
      2,
      expect.stringContaining("--stride is 17, and the model sees 16 tokens"),
    ]);
  });

  it("is trained with the tokenizer of another run", async () => {
    const train = ["train", "text", "--data", "book.txt", "--tokenizer", "run", "--context", "16", "--steps", "2"];
    expect((await lectern([...train, "--out", "second", "--sample", "0"], folder)).code).toBe(0);
    const [first, second] = await Promise.all(
      ["run", "second"].map((run) => readFile(join(folder, run, "tokenizer.json"), "utf8")),
    );
    expect(second).toBe(first);
    const wrong = await lectern(["train", "text", "--data", "book.txt", "--tokenizer", "syllables"], folder);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/there is none named "syllables"; there are char, byte, word, bpe; or a run's folder/);
  });
});

describe("generate", () => {
  it("looks for the likeliest texts with beams, and tells their scores", async () => {
    const all = await events(
      "generate",
      "run",
      "--strategy",
      "beam",
      "--beams",
      "4",
      "--samples",
      "2",
      "--tokens",
      "6",
    );
    const texts = of(all, "text");
    expect(texts).toHaveLength(2);
    expect(texts[0].score).toBeGreaterThanOrEqual(texts[1].score as number);
    expect(all.at(-1)).toMatchObject({ event: "done", text: texts[0].text, score: texts[0].score });
    const stopped = (await events("generate", "run", "--stop", "wh", "--prompt", "the ", "--tokens", "60")).at(-1)!;
    expect(stopped.text).not.toContain("wh");
  });

  it("goes on from several prompts together, and ends at the first of several stop strings", async () => {
    const prompts = ["--prompt", "the ", "--prompt", "the white wh"];
    const options = ["--strategy", "greedy", "--tokens", "20"];
    const together = of(await events("generate", "run", ...prompts, ...options), "text").map(({ text }) => text);
    const alone = await Promise.all(
      ["the ", "the white wh"].map(async (prompt) => {
        return (await events("generate", "run", "--prompt", prompt, ...options)).at(-1)!.text;
      }),
    );
    expect(together).toEqual(alone);
    const added = (alone[0] as string).slice("the ".length);
    const [early, late] = [added.slice(2, 5), added.slice(6, 9)];
    for (const stops of [
      ["--stop", early, "--stop", late],
      ["--stop", late, "--stop", early],
    ]) {
      const done = (await events("generate", "run", "--prompt", "the ", ...options, ...stops)).at(-1)!;
      expect(done.text).toBe(`the ${added.slice(0, added.indexOf(early))}`);
    }
    const explained = await lectern(["generate", "run", ...prompts, "--explain"], folder);
    expect([explained.code, explained.stderr]).toEqual([2, expect.stringContaining("--explain is for one --prompt")]);
  });

  it("explains every choice: what was likely, what each filter took away, and who attended to whom", async () => {
    const explain = [
      "generate",
      "run",
      "--prompt",
      "the ",
      "--tokens",
      "3",
      "--top-k",
      "3",
      "--seed",
      "1",
      "--explain",
    ];
    const all = await events(...explain);
    const steps = of(all, "explain");
    expect(steps).toHaveLength(3);
    for (const step of steps) {
      const candidates = step.candidates as { piece: string; probability: number; removedBy?: string }[];
      expect(candidates).toHaveLength(10);
      expect(candidates.filter(({ removedBy }) => removedBy === "topK")).toHaveLength(7);
      expect(candidates.map(({ piece }) => piece)).toContain(step.piece);
    }
    const [{ layers, tokens }] = of(all, "attention") as (Event & { layers: number[][][][]; tokens: number[] })[];
    for (const weights of layers.flat(2)) {
      expect(weights.length).toBe(tokens.length);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 4);
    }
    const { stdout } = await lectern(explain, folder);
    expect(stdout).toMatch(/step 3\n.*token +model +filtered\n/);
    expect(stdout).toContain("left out by topK");
    const beams = of(await events("generate", "run", "--strategy", "beam", "--tokens", "2", "--explain"), "explain");
    expect(beams[0].beams).toHaveLength(4);
  });
});

describe("tokenize", () => {
  it("reads a file in the encoding that is named, and says where there is no such tokenizer", async () => {
    await writeFile(join(folder, "whale.txt"), Buffer.from([0xea, 0xe8, 0xf2]));
    const file = ["tokenize", "--file", "whale.txt", "--tokenizer", "byte"];
    expect((await lectern(file, folder)).stderr).toContain("whale.txt is not UTF-8");
    const [tokens] = of(await events(...file, "--encoding", "windows-1251"), "tokens");
    expect(Buffer.from(tokens.tokens as number[]).toString()).toBe("кит");
    for (const [choice, message] of [
      ["path/to/gpt2", 'there is no folder and no file "path/to/gpt2"'],
      ["char:5", 'in "char:5" the number is one too many'],
    ]) {
      const { code, stderr } = await lectern(["tokenize", "the", "--tokenizer", choice], folder);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });

  it("shows the pieces and ids of a text under several tokenizers, and compares them", async () => {
    const text = "the whale: кит";
    const all = await events("tokenize", text, "--tokenizer", "run,char,byte,bpe:280", "--data", "book.txt");
    const found = of(all, "tokens") as (Event & { tokens: number[]; pieces: string[] })[];
    expect(found.map(({ tokenizer }) => tokenizer)).toEqual(["run", "char", "byte", "bpe:280"]);
    expect(found[1].pieces.join("")).toBe("the whale<unk> кит");
    expect(found[2].tokens).toEqual([...Buffer.from(text)]);
    expect(found[2].pieces).toContain("<D0>");
    expect(found[0].tokens.length).toBeLessThan(found[1].tokens.length);
    const { stdout } = await lectern(["tokenize", text, "--tokenizer", "run,byte"], folder);
    expect(stdout).toMatch(/tokenizer +size +tokens +tokens a character +bytes a token\nrun +290/);
    expect(stdout).toContain("|");
  });

  it("shows how a word's bytes become tokens, merge by merge", async () => {
    const { stdout } = await lectern(["tokenize", "whale", "--merges", "--tokenizer", "run"], folder);
    expect(stdout).toMatch(/^ {2}w h a l e$/m);
    expect(stdout.split("\n").filter((line) => /^ {2}\S.*e$/.test(line)).length).toBeGreaterThan(1);
  });

  it.each([
    [["tokenize"], "give a text, or --file"],
    [["tokenize", "a", "--file", "book.txt"], "give a text, or --file"],
    [["tokenize", "a", "--tokenizer", "bpe:many", "--data", "book.txt"], "a number of tokens has to follow the colon"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await lectern(args, folder);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
