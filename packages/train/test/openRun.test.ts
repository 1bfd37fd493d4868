import { readFileSync, writeFileSync } from "node:fs";
import { manualSeed, type Tensor, tensor } from "@lectern/autograd";
import { Embedding, GPT, Linear, Module, type OptionsOf, registerModel, type Zod } from "@lectern/nn";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  CharTokenizer,
  generate,
  type LanguageModel,
  MemoryStore,
  openRun,
  Trainer,
  type TrainerOptions,
  textData,
} from "../src/index.ts";
import { Bigrams, temporaryFolder } from "./helpers.ts";

const quiet = { progress: "off", log: () => undefined } as const;
const text = "abcde fghij ".repeat(40);

const trigramOptions = (z: Zod) =>
  z.strictObject({ vocabulary: z.int().min(1).max(1e6), width: z.int().min(1).max(1000), context: z.int().min(1) });

/** A kind of model of one's own: it is this, and one line that registers it. */
class Trigrams extends Module {
  readonly options: OptionsOf<typeof trigramOptions>;
  readonly table: Embedding;
  readonly head: Linear;

  constructor(options: OptionsOf<typeof trigramOptions>) {
    super();
    this.options = options;
    this.table = new Embedding(options.vocabulary, options.width);
    this.head = new Linear(options.width, options.vocabulary);
  }

  forward(tokens: Tensor): Tensor {
    return this.head.forward(this.table.forward(tokens).tanh());
  }
}

registerModel({ name: "trigrams", predicts: "tokens", model: Trigrams, options: trigramOptions });

interface Corpus {
  train: string;
  validation: string;
  name: string;
}

/** A program of one's own, as README's first is. */
async function program(
  make: (vocabulary: number) => Module & { forward(tokens: Tensor): Tensor },
  changes: Partial<TrainerOptions> & { steps?: number; corpus?: Corpus } = {},
) {
  const { steps = 5, corpus = { train: text, validation: text, name: "letters" }, ...options } = changes;
  manualSeed(1);
  const { train, validation, tokenizer } = textData(corpus, { context: 8, batch: 4 });
  const model = make(tokenizer.size);
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2 });
  const trainer = new Trainer({ model, optimizer, tokenizer, ...quiet, ...options });
  await trainer.fit(train, { steps, validation });
  return { model, optimizer, tokenizer };
}

const gpt = (vocabulary: number) => new GPT({ vocabulary, layers: 1, heads: 2, width: 8, context: 8, norm: "post" });

describe("a run that a program of one's own made", () => {
  it("is opened with its model, tokenizer and data's name", async () => {
    const out = temporaryFolder();
    const { model } = await program(gpt, { out });
    const run = await openRun(out);
    expect(run).toMatchObject({ kind: "gpt", predicts: "tokens", config: { data: "letters" } });
    expect(run.model.training).toBe(false);
    expect((run.model as GPT).options).toEqual((model as GPT).options);
    expect(run.tokenizer!.encode("abc")).toEqual(CharTokenizer.from(text).encode("abc"));
    const tokens = tensor([[1, 2, 3]], { dtype: "int32" });
    expect((run.model as GPT).forward(tokens).dataSync()).toEqual(model.eval().forward(tokens).dataSync());
  });

  it("is opened by a checkpoint's file too", async () => {
    const out = temporaryFolder();
    await program(gpt, { out, saveEvery: 2 });
    const path = `${out}/checkpoints/step-000004.safetensors`;
    expect((await openRun(path)).weights.path).toBe(path);
  });

  it("may lie in any store", async () => {
    const out = new MemoryStore();
    await program(gpt, { out });
    expect((await openRun(out)).kind).toBe("gpt");
  });

  it("may be of a kind of one's own, and writes then too", async () => {
    const out = temporaryFolder();
    await program((vocabulary) => new Trigrams({ vocabulary, width: 8, context: 8 }), { out, steps: 60 });
    const { model, tokenizer, kind } = await openRun(out);
    expect(kind).toBe("trigrams");
    const written = await generate(model as unknown as LanguageModel, tokenizer!, "a", {
      tokens: 4,
      strategy: "greedy",
    });
    expect(written).toBe("abcde");
  });

  it("says what to do where its model's class is not known", async () => {
    const out = temporaryFolder();
    const { model } = await program((vocabulary) => new Bigrams(vocabulary), { out });
    await expect(openRun(out)).rejects.toThrow(
      `${out}/config.json does not say what kind of model it is: register the model's class with registerModel`,
    );
    const mine = new Bigrams(CharTokenizer.from(text).size);
    await openRun(out, { model: mine });
    expect(mine.parameters()[0].dataSync()).toEqual(model.parameters()[0].dataSync());
  });

  it("says what to do where a model of a known kind had its layers exchanged", async () => {
    const out = temporaryFolder();
    const exchanged = (vocabulary: number) => {
      const model = new Trigrams({ vocabulary, width: 8, context: 8 });
      return Object.assign(model, { scale: new Linear(2, 2) });
    };
    const { model } = await program(exchanged, { out });
    await expect(openRun(out)).rejects.toThrow(
      /the model has no scale\..*; if its layers were exchanged .* to openRun/,
    );
    const mine = exchanged(CharTokenizer.from(text).size);
    await openRun(out, { model: mine });
    expect(mine.scale.weight.dataSync()).toEqual((model as typeof mine).scale.weight.dataSync());
  });
});

describe("a run's config that is damaged", () => {
  it.each([
    [{ layers: 1_000_000_000 }, "model gpt: layers is 1000000000, and may be at most 1000"],
    [{ heads: 1.5 }, "model gpt: heads is 1.5, and has to be a whole number"],
    [{ width: "8" }, 'model gpt: width is "8", and has to be of the type number'],
    [{ norm: "none" }, 'model gpt: norm is "none", and has to be "pre" or "post"'],
    [{ depth: 3, dropout: 2 }, "model gpt: dropout is 2, and has to be below 1; there is no depth"],
    [{ layers: 1000, width: 8000 }, "its sizes are those of a model with more numbers than its weights are"],
    [{ vocabulary: 10_000_000 }, "its sizes are those of a model with more numbers than its weights are"],
    [{ kind: "llama" }, 'no kind of model is called "llama": there are gpt, classifier'],
  ])("is told in one sentence: %j", async (changes, message) => {
    const out = temporaryFolder();
    await program(gpt, { out });
    const path = `${out}/config.json`;
    const config = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...config, model: { ...config.model, ...changes } }));
    await expect(openRun(out)).rejects.toThrow(`${path}: ${message}`);
  });

  it("is refused where it is no object", async () => {
    const out = temporaryFolder();
    await program(gpt, { out });
    writeFileSync(`${out}/config.json`, "[1]");
    await expect(openRun(out)).rejects.toThrow(`${out}/config.json: it is [1], and has to be of the type object`);
  });
});

describe("going on with a run", () => {
  const corpus = (train: string) => ({ train, validation: train, name: "letters" });

  it.each<[string, string]>([
    [text.replaceAll("j", "J"), 'the tokenizer: 11 tokens there, 11 here, and only there "j", only here "J"'],
    [text.replaceAll("abcde", "edcba"), "fingerprint "],
  ])("is refused with another text", async (other, message) => {
    const out = temporaryFolder();
    await program(gpt, { out, corpus: corpus(text) });
    const again = program(gpt, { out, corpus: corpus(other), resume: true, steps: 7 });
    await expect(again).rejects.toThrow(`${out} holds another run (`);
    await expect(again).rejects.toThrow(message);
  });

  it("is refused with another model", async () => {
    const out = temporaryFolder();
    await program(gpt, { out });
    const wider = (vocabulary: number) =>
      new GPT({ vocabulary, layers: 1, heads: 2, width: 16, context: 8, norm: "post" });
    await expect(program(wider, { out, resume: true })).rejects.toThrow(
      `${out} holds another run (width 8 there, 16 here): give what it was made with, or train into another folder`,
    );
  });

  it("keeps the checkpoint's learning rate unless another one is asked for, and says so", async () => {
    const out = temporaryFolder();
    await program(gpt, { out });
    const log: string[] = [];
    const same = await program(gpt, { out, resume: true, steps: 6, log: (line) => log.push(line) });
    expect(same.optimizer.groups[0].lr).toBe(1e-2);
    const other = await program(gpt, { out, resume: { lr: 1e-4 }, steps: 7, log: (line) => log.push(line) });
    expect(other.optimizer.groups[0].lr).toBe(1e-4);
    expect(log.filter((line) => line.includes("rate"))).toEqual([
      "the learning rate is 0.0001 from here on; the checkpoint's was 0.01",
    ]);
  });
});
