import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed } from "@lectern/autograd";
import { GPT } from "@lectern/nn";
import { AdamW, Trainer, textData } from "@lectern/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valuesJoined } from "../src/lectern.ts";
import { quoted } from "../src/output.ts";
import { eventsOf, lectern } from "./command.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lectern runs "));
  await writeFile(join(folder, "fox.txt"), FOX);
  await writeFile(join(folder, "FOX.txt"), FOX.replaceAll("q", "Q"));
  await writeFile(join(folder, "sorted.csv"), `text,label\n${rows("neg")}${rows("pos")}`);
  await writeFile(join(folder, "other.csv"), `text,label\n${rows("negative")}${rows("positive")}`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const FOX = "The quick brown fox - the lazy dog.\n".repeat(60);

/** 60 texts of one class, whose words tell it. */
const rows = (label: string) =>
  Array.from({ length: 60 }, (_, i) => `${label.slice(0, 3)}${i % 7} word${i % 5},${label}\n`).join("");

const train = (task: string, data: string, out: string, ...more: string[]) =>
  lectern(["train", task, "--data", data, "--steps", "20", "--out", out, "--json", ...more], folder);

describe("a run of the command", () => {
  it("is gone on with only by the same text, and at another learning rate where one is given", async () => {
    await train("char", "fox.txt", "fox", "--sample", "0");
    const other = await train("char", "FOX.txt", "fox", "--sample", "0", "--resume");
    expect(other.stderr).toContain('only there "q", only here "Q"');
    expect(other.code).toBe(2);

    const faster = await lectern(
      [
        "train",
        "char",
        "--data",
        "fox.txt",
        "--steps",
        "22",
        "--out",
        "fox",
        "--sample",
        "0",
        "--resume",
        "--lr",
        "0.1",
      ],
      folder,
    );
    expect(faster.stderr).toContain("the learning rate is 0.1 from here on; the checkpoint's was 0.005");
    const seed = await train("char", "fox.txt", "fox", "--sample", "0", "--resume", "--seed", "3");
    expect(seed.stderr).toContain("--resume: fox holds another run (seed 0 there, 3 here), and that cannot change");
    expect(seed.code).toBe(2);
  });

  it("writes from prompts that begin with a dash, and names what it does not know", async () => {
    const write = (...args: string[]) => lectern(["generate", "fox", "--tokens", "3", ...args], folder);
    expect((await write("--prompt", "- the")).stdout).toMatch(/^- the...\n$/s);
    const strange = await write("--prompt", "The dög");
    expect([strange.code, strange.stdout]).toEqual([2, ""]);
    expect(strange.stderr).toContain('--prompt: the model does not know "ö" (U+00F6); it knows "\\n -.');
    expect((await write("--prompt", "The dög", "--unknown", "skip")).stdout).toMatch(/^The dg/);
    const [cold, greedy] = [await write("--temperature", "0"), await write("--strategy", "greedy", "--top-k", "3")];
    expect(cold.stdout).toBe(greedy.stdout);
    expect(greedy.stderr).toContain("--top-k is not used: --strategy greedy takes the likeliest token always");
    const beam = await write("--strategy", "beam", "--beams", "2", "--prompt", "The");
    expect(beam.stdout).toMatch(/^The...\n$/s);
    const several = await write("--strategy", "greedy", "--samples", "3");
    expect([several.code, several.stderr]).toEqual([
      2,
      expect.stringContaining("--samples is for texts that are drawn"),
    ]);
    const misplaced = await write("--beams", "2");
    expect([misplaced.code, misplaced.stderr]).toEqual([2, expect.stringContaining("--beams needs --strategy beam")]);
  });

  it("reads texts to classify in the tokens that are asked for", async () => {
    const options = ["--tokenizer", "bpe:270", "--lr", "0.01"];
    const { accuracy } = eventsOf(await train("classify", "sorted.csv", "pieces", ...options)).at(-1)!;
    expect(accuracy).toBeGreaterThan(0.9);
    const tokenizer = JSON.parse(await readFile(join(folder, "pieces/tokenizer.json"), "utf8"));
    expect(tokenizer.model.type).toBe("BPE");
    const texts = ["pos1 word2", "neg3 и 世界"];
    const predicted = eventsOf(await lectern(["predict", "pieces", ...texts, "--json"], folder));
    expect(predicted.slice(0, 2).map(({ label }) => label)).toEqual(["pos", "neg"]);
    const other = await lectern(["train", "classify", "--data", "sorted.csv", "--tokenizer", "syllables"], folder);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('there is none named "syllables"')]);
  });

  it("of a sorted table validates on every class, and predicts", async () => {
    const { valLoss, accuracy } = eventsOf(await train("classify", "sorted.csv", "classes", "--lr", "0.01")).at(-1)!;
    expect(accuracy).toBeGreaterThan(0.9);
    const evaluated = eventsOf(await lectern(["eval", "classes", "--json"], folder)).at(-1)!;
    expect(evaluated).toMatchObject({ count: 24, accuracy });
    const { confusion, classes, macroF1 } = evaluated as unknown as {
      confusion: number[][];
      classes: { label: string; count: number; recall: number }[];
      macroF1: number;
    };
    expect(classes.reduce((sum, { count }) => sum + count, 0)).toBe(24);
    expect(confusion[0][0] / confusion[0].reduce((sum, n) => sum + n, 0)).toBeCloseTo(classes[0].recall, 6);
    expect(macroF1).toBeGreaterThan(0.9);
    const shown = await lectern(["eval", "classes"], folder);
    expect(shown.stdout).toMatch(/class +precision +recall +F1 +texts\n/);
    expect(shown.stdout).toMatch(/taken for +\w+ +\w+/);
    const nothing = await lectern(["predict", "classes", "", "a text"], folder);
    expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("there is no text to classify")]);
    const perToken = await lectern(["eval", "classes", "--per-token"], folder);
    expect([perToken.code, perToken.stderr]).toEqual([
      2,
      expect.stringContaining("--per-token is for language models"),
    ]);
    expect(evaluated.valLoss).toBeCloseTo(valLoss as number, 5);

    const last = await lectern(
      ["train", "classify", "--data", "sorted.csv", "--validation", "last", "--steps", "1", "--out", "last"],
      folder,
    );
    expect(last.stderr).toContain('warning: class "neg" is missing in the validation rows');

    const named = (await readFile(join(folder, "other.csv"), "utf8")).replace("text,label", "words,kind");
    await writeFile(join(folder, "named.csv"), named);
    const columns = [
      "--text-column",
      "words",
      "--label-column",
      "kind",
      "--labels",
      "negative=neg,positive=pos",
      "--json",
    ];
    const renamed = eventsOf(await lectern(["eval", "classes", "--data", "named.csv", ...columns], folder)).at(-1)!;
    expect(renamed.accuracy).toBeGreaterThan(0.9);

    const unmapped = await lectern(["eval", "classes", "--data", "other.csv"], folder);
    expect(unmapped.stderr).toContain("say which is which with --labels, as --labels negative=neg,positive=pos");
    const mapping = ["--data", "other.csv", "--labels", "negative=neg,positive=pos", "--json"];
    expect(eventsOf(await lectern(["eval", "classes", ...mapping], folder)).at(-1)!.accuracy).toBeGreaterThan(0.9);

    const predicted = eventsOf(await lectern(["predict", "classes", "neg3 word1", "pos2 word4", "--json"], folder));
    expect(predicted.map(({ label }) => label)).toEqual(["neg", "pos", undefined]);
    const { neg, pos } = predicted[0].probabilities as { neg: number; pos: number };
    expect(neg + pos).toBeCloseTo(1, 5);
    const dashed = eventsOf(await lectern(["predict", "classes", "--json", "neg3", "- pos2", "--", "-neg1"], folder));
    expect(dashed.map(({ text }) => text)).toEqual(["neg3", "- pos2", "-neg1", undefined]);
    await writeFile(join(folder, "strange.txt"), "The bröwn dög - the büll. ".repeat(20));
    const strange = await lectern(["eval", "fox", "--data", "strange.txt"], folder);
    expect([strange.code, strange.stderr]).toEqual([2, expect.stringMatching(/"ö" \(U\+00F6, \d+ times\), "ü"/)]);
    const tableOfText = await lectern(["eval", "fox", "--labels", "a=b"], folder);
    expect(tableOfText.stderr).toBe("lectern: --labels is for classifiers: this run predicts tokens of a text\n");
    const onText = await lectern(["predict", "fox", "neg"], folder);
    expect(onText.stderr).toContain("fox predicts tokens, not classes");
  });

  it("says of a file of texts that is in another encoding, a folder or not there what it is", async () => {
    // In Windows-1251.
    const film = "плохой фильм".replace(/[а-я]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x350));
    await writeFile(join(folder, "lines.txt"), Buffer.from(film, "latin1"));
    const of = async (file: string, ...more: string[]) =>
      lectern(["predict", "classes", "--file", file, ...more], folder);
    expect((await of("lines.txt")).stderr).toContain("lines.txt is not UTF-8");
    expect((await of("lines.txt", "--encoding", "windows-1251")).stdout).toContain("плохой фильм");
    expect((await of("nowhere.txt")).stderr).toBe('lectern: --file: there is no file "nowhere.txt"\n');
    expect((await of("classes")).stderr).toBe('lectern: --file: "classes" is a folder; name a file in it\n');
  });

  it("of a table that has bad rows, in another encoding, says so, and reads it where it is told how", async () => {
    const table = "text,label\r\ncafé,1\r\n,0\r\nthé,0\r\nmaté,1\r\neau,0\r\nlait,1\r\n";
    await writeFile(join(folder, "drinks.csv"), Buffer.from(table, "latin1"));
    const told = await train("classify", "drinks.csv", "drinks");
    expect(told.stderr).toContain("drinks.csv is not UTF-8: byte 15 does not fit");
    const bad = await train("classify", "drinks.csv", "drinks", "--encoding", "latin1");
    expect(bad.stderr).toContain(
      "drinks.csv, line 3: the text is empty; fill it in or delete the row, or leave such rows",
    );
    const skipped = await lectern(
      [
        "train",
        "classify",
        "--data",
        "drinks.csv",
        "--encoding",
        "latin1",
        "--skip-bad-rows",
        "--steps",
        "2",
        "--out",
        "drinks",
      ],
      folder,
    );
    expect(skipped.stderr).toContain("warning: drinks.csv: 1 of 6 rows were left out: line 3: the text is empty");
    expect(eventsOf(await lectern(["eval", "drinks", "--json"], folder)).at(-1)).toMatchObject({ count: 1 });
  });

  it("is refused in one sentence where its batches cannot fit into memory", async () => {
    const huge = await train("char", "fox.txt", "huge", "--batch", "1000000000");
    expect([huge.code, huge.stdout]).toEqual([1, ""]);
    expect(huge.stderr).toMatch(/^lectern: Trainer: this training needs at least .* \(--batch\)[^\n]*\n$/);
  });

  it("is trained by the optimiser and the tokens that are asked for", async () => {
    const words = eventsOf(
      await train("text", "fox.txt", "words", "--tokenizer", "word", "--optimizer", "sgd", "--batch", "2"),
    );
    expect(words.at(-1)!.steps).toBe(20);
    const none = await train("char", "fox.txt", "none", "--optimizer", "sdg");
    expect(none.stderr).toContain('--optimizer: optimizer: there is none named "sdg"; there are adamw, adam, sgd');
    const model = await train("char", "fox.txt", "none", "--model", "classifier");
    expect(model.stderr).toContain('--model: no model called "classifier" predicts tokens; there are gpt');
    expect([none.code, model.code]).toEqual([2, 2]);
  });
});

describe("a run of a program of one's own", () => {
  it("is evaluated and writes as any other", async () => {
    manualSeed(1);
    const text = { train: FOX, validation: FOX, name: join(folder, "fox.txt") };
    const { train: data, tokenizer } = textData(text, { context: 16, batch: 4 });
    const model = new GPT({ vocabulary: tokenizer.size, layers: 1, heads: 2, width: 16, context: 16 });
    const out = join(folder, "own");
    const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
    await new Trainer({ model, optimizer, tokenizer, out, progress: "off" }).fit(data, { steps: 5 });
    expect(eventsOf(await lectern(["eval", "own", "--json"], folder)).at(-1)).toMatchObject({
      event: "done",
      run: "own",
    });
    expect((await lectern(["generate", "own", "--prompt", "The", "--tokens", "4"], folder)).stdout).toMatch(/^The/);
  });
});

describe("a command line", () => {
  it("keeps values that begin with a dash with their option", () => {
    const joined = (...args: string[]) => valuesJoined(args).join(" ");
    expect(joined("generate", "r", "--prompt", "-The")).toBe("generate r --prompt=-The");
    expect(joined("--prompt", "- The", "--json")).toBe("--prompt=- The --json");
    expect(joined("--data", "--steps", "5")).toBe("--data --steps 5");
    expect(joined("--json", "-h")).toBe("--json -h");
  });

  it("keeps texts that begin with a dash, in their order", () => {
    const joined = (...args: string[]) => valuesJoined(args).join(" ");
    expect(joined("predict", "r", "a", "- The", "b", "--json")).toBe("predict r a --json -- - The b");
    expect(joined("predict", "r", "-- he said", "--batch", "2", "b")).toBe("predict r --batch 2 -- -- he said b");
    expect(joined("predict", "r", "--", "-x")).toBe("predict r -- -x");
    expect(joined("predict", "r", "-x")).toBe("predict r -x");
  });

  it("is quoted where a shell would take it for something else", () => {
    expect(["runs/a-1", "my dir", "it's", "$HOME"].map((word) => quoted(word, false))).toEqual([
      "runs/a-1",
      "'my dir'",
      `'it'\\''s'`,
      "'$HOME'",
    ]);
    expect(["runs\\a", "my dir"].map((word) => quoted(word, true))).toEqual(["runs\\a", '"my dir"']);
  });
});
