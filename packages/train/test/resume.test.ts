import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { manualSeed, random } from "@lectern/autograd";
import { describe, expect, it } from "vitest";
import {
  AdamW,
  type Callback,
  cosine,
  decayMatrices,
  openRun,
  RunFolder,
  readCheckpoint,
  type StoreReader,
  Trainer,
  type TrainerOptions,
} from "../src/index.ts";
import { FolderStore } from "../src/store/folder.ts";
import { Bigrams, temporaryFolder, useDevice } from "./helpers.ts";
import { classification, language, type Setting } from "./settings.ts";

/** A whole program, as a process would run it: everything made anew, from the given seed. */
async function program(
  make: () => Setting,
  steps: number,
  { seed = 1, ...changes }: Partial<TrainerOptions> & { seed?: number } = {},
) {
  manualSeed(seed);
  const { model, train, validation } = make();
  const optimizer = new AdamW(decayMatrices(model, 0.1), { lr: 1e-2 });
  const losses = new Map<number, number>();
  const record: Callback = { onStep: ({ step, loss }) => void losses.set(step, loss) };
  const log: string[] = [];
  const trainer = new Trainer({
    model,
    optimizer,
    schedule: cosine({ warmup: 5, steps: 100 }),
    accumulate: 2,
    saveEvery: 50,
    callbacks: [record],
    progress: "off",
    log: (message) => log.push(message),
    ...changes,
  });
  const result = await trainer.fit(train, { steps, validation, evaluateEvery: 20 });
  return { losses, result, log, weights: model.parameters().map((p) => [...p.dataSync()]), random: random() };
}

const after = (losses: ReadonlyMap<number, number>, step: number) => [...losses].filter(([s]) => s > step);

describe.each([
  ["cpu", "a language model", language],
  ["cpu", "a classifier", classification],
  ["reference", "a language model", language],
] as const)("on %s, %s that goes on from step 50", (device, _, make) => {
  it("has, to the bit, the losses and weights of one that was never interrupted", async () => {
    useDevice(device);
    const out = temporaryFolder();
    const whole = await program(make, 100);
    const first = await program(make, 50, { out });
    expect([...first.losses]).toEqual([...whole.losses].slice(0, 50));
    // The second program has another seed: everything random has to come from the checkpoint.
    const second = await program(make, 100, { out, resume: true, seed: 99 });
    expect([...second.losses.keys()]).toEqual(Array.from({ length: 50 }, (_, i) => 51 + i));
    expect([...second.losses]).toEqual(after(whole.losses, 50));
    expect(second.weights).toEqual(whole.weights);
    expect(second.random).toBe(whole.random);
    expect(second.result.validation).toEqual(whole.result.validation);
    expect(second.result.best).toEqual(whole.result.best);
    expect(second.result.trainLoss).toBe(whole.result.trainLoss);
  });
});

describe("resuming", () => {
  /** Two checkpoints, at steps 5 and 10. */
  async function interrupted() {
    const out = temporaryFolder();
    const { losses } = await program(language, 10, { out, saveEvery: 5 });
    const run = new RunFolder(out);
    return { out, run, losses, newest: run.checkpointFile(10).path, older: run.checkpointFile(5).path };
  }

  it("goes on from the newest checkpoint, with its metrics and without moving anything", async () => {
    const { out, run, newest } = await interrupted();
    const { log } = await program(language, 12, { out, resume: true });
    expect(log[0]).toBe(`going on after step 10, from ${newest}`);
    const steps = (await run.metrics()).filter(({ event }) => event === "step").map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it.each<[string, (path: string) => void]>([
    ["was cut off", (path) => truncateSync(path, 1000)],
    ["is empty", (path) => truncateSync(path, 0)],
    ["is something else", (path) => writeFileSync(path, "no tensors here, but a text")],
    ["has more at its end", (path) => appendFileSync(path, "!")],
  ])("passes over a checkpoint that %s, with a warning, and trains the lost steps again", async (_, damage) => {
    const { out, run, losses, newest, older } = await interrupted();
    damage(newest);
    const again = await program(language, 10, { out, resume: true });
    expect(again.log[0]).toContain(`warning: passed over a damaged checkpoint: no safetensors file: ${newest}: `);
    expect(again.log[1]).toBe(`going on after step 5, from ${older}`);
    expect([...again.losses]).toEqual(after(losses, 5));
    const steps = (await run.metrics()).filter(({ event }) => event === "step").map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("passes over a file of weights that is no checkpoint", async () => {
    const { out, newest } = await interrupted();
    const { saveWeights } = await import("../src/index.ts");
    await saveWeights(newest, new Bigrams(3));
    const { log } = await program(language, 6, { out, resume: true });
    expect(log[0]).toContain("no checkpoint");
  });

  it("starts where there is no checkpoint", async () => {
    const { losses } = await program(language, 3, { out: `${temporaryFolder()}/new`, resume: true });
    expect([...losses.keys()]).toEqual([1, 2, 3]);
  });

  it("refuses to begin anew where every checkpoint is damaged, and touches nothing", async () => {
    const { out, newest, older } = await interrupted();
    const metrics = readFileSync(`${out}/metrics.jsonl`, "utf8");
    for (const path of [newest, older]) truncateSync(path, 10);
    const again = program(language, 2, { out, resume: true });
    await expect(again).rejects.toThrow(`${out}: every checkpoint is damaged, so there is nothing to resume from`);
    expect(readFileSync(`${out}/metrics.jsonl`, "utf8")).toBe(metrics);
    expect(readdirSync(out)).not.toContain("previous");
  });

  it("stops where a checkpoint cannot be read, which does not mean that it is damaged", async () => {
    const { out, newest } = await interrupted();
    rmSync(newest);
    // Permissions do not hold back root, a folder in the file's place does.
    mkdirSync(newest);
    await expect(program(language, 12, { out, resume: true })).rejects.toThrow(`${newest}: `);
    expect(readdirSync(out)).not.toContain("previous");
  });

  it("stops where the checkpoints cannot be listed, and changes nothing", async () => {
    const { out } = await interrupted();
    const metrics = readFileSync(`${out}/metrics.jsonl`, "utf8");
    rmSync(`${out}/checkpoints`, { recursive: true });
    writeFileSync(`${out}/checkpoints`, "");
    await expect(program(language, 12, { out, resume: true })).rejects.toThrow(
      `${out}/checkpoints: a file is where a folder should be`,
    );
    expect(readFileSync(`${out}/metrics.jsonl`, "utf8")).toBe(metrics);
    expect(readdirSync(out)).not.toContain("previous");
  });

  type State = Record<string, Record<string, unknown>>;

  /** Changes what a checkpoint's file says beside its tensors. */
  function changeState(path: string, change: (state: State) => unknown) {
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
    const state = JSON.parse(header.__metadata__.state);
    header.__metadata__.state = JSON.stringify(change(state));
    // As if it had been written so.
    delete header.__metadata__.sha256;
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([size, text, bytes.subarray(8 + length)]));
  }

  it.each<[string, string, (state: State) => unknown]>([
    ["counts steps in words", "progress.step", (s) => ({ ...s, progress: { ...s.progress, step: "10" } })],
    ["has lost its losses", "progress.losses", (s) => ({ ...s, progress: { ...s.progress, losses: [null] } })],
    ["has lost its progress", "progress", (s) => ({ ...s, progress: undefined })],
    [
      "has a rate below 0",
      "optimizer.groups.0.lr",
      (s) => ({ ...s, optimizer: { ...s.optimizer, groups: [{ lr: -1, weightDecay: 0 }] } }),
    ],
    ["has taken fewer steps than none", "optimizer.step", (s) => ({ ...s, optimizer: { ...s.optimizer, step: -3 } })],
    ["has lost the optimiser", "optimizer", (s) => ({ ...s, optimizer: undefined })],
    ["has lost the data's place", "data", (s) => ({ ...s, data: undefined })],
    ["has no random numbers", "random", (s) => ({ ...s, random: null })],
    ["is a list", "it is [1]", () => [1]],
  ])("passes over a checkpoint whose state %s, and says where", async (_, where, change) => {
    const { out, newest, older } = await interrupted();
    changeState(newest, change);
    const { log } = await program(language, 10, { out, resume: true });
    expect(log[0]).toContain(`warning: passed over a damaged checkpoint: ${newest}: ${where}`);
    expect(log[1]).toBe(`going on after step 5, from ${older}`);
  });

  it("passes over a checkpoint with numbers that are not finite", async () => {
    const { out, newest, older } = await interrupted();
    changeState(newest, (state) => state);
    const bytes = readFileSync(newest);
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    writeFileSync(newest, bytes);
    const { log } = await program(language, 10, { out, resume: true });
    expect(log[0]).toContain("has numbers that are not finite");
    expect(log[1]).toBe(`going on after step 5, from ${older}`);
  });

  it("passes over a checkpoint in which any one bit was flipped", async () => {
    const { out, newest, older } = await interrupted();
    const whole = readFileSync(newest);
    const flipped = async (at: number) => {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 1 << (at % 8);
      writeFileSync(newest, bytes);
      return readCheckpoint(newest).then(
        () => undefined,
        (error: Error) => error.message,
      );
    };
    const data = 8 + Number(whole.readBigUInt64LE(0));
    const state = whole.indexOf('\\"losses\\":') + 20;
    for (let i = 0; i < 40; i++) {
      const at = data + Math.floor(((whole.length - data) * i) / 40);
      expect(await flipped(at), `byte ${at}`).toMatch(/the file is damaged: tensor ".*" is not as it was written/);
    }
    expect(await flipped(state)).toMatch(/damaged|no JSON/);
    const { log } = await program(language, 6, { out, resume: true });
    expect(log[0]).toContain("warning: passed over a damaged checkpoint");
    expect(log[1]).toBe(`going on after step 5, from ${older}`);
  });

  /** Flips the last bit. */
  function damage(path: string) {
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
  }

  it("keeps the checkpoints before a damaged one while it trains up to it again", async () => {
    const { out, run, newest } = await interrupted();
    damage(newest);
    await program(language, 7, { out, resume: true, saveEvery: 1, keepCheckpoints: 1 });
    const { log } = await program(language, 8, { out, resume: true });
    expect(log).toContain(`going on after step 7, from ${run.checkpointFile(7)}`);
  });

  it("does not let a damaged checkpoint take a good one's place among those that are kept", async () => {
    const { out, run, newest } = await interrupted();
    damage(newest);
    await program(language, 11, { out, resume: true, saveEvery: 3, keepCheckpoints: 2 });
    const left = await run.checkpoints();
    expect(left.map(({ path }) => path)).toEqual([11, 10, 9].map((step) => run.checkpointFile(step).path));
  });

  it("is opened with the newest weights that are whole, and says so; a file that is asked for is not exchanged", async () => {
    const { out, run, newest, older } = await interrupted();
    const best = run.file("best.safetensors").path;
    for (const path of [best, newest]) damage(path);
    const log: string[] = [];
    const opened = await openRun(out, { log: (message) => log.push(message) });
    expect(opened.weights.path).toBe(older);
    const differs = 'the file is damaged: tensor "tokens.weight" is not as it was written (its checksum differs)';
    expect(log).toEqual([`warning: ${best}: ${differs}; the weights are those of ${older} instead`]);
    await expect(openRun(newest)).rejects.toThrow(`${newest}: the file is damaged`);
    truncateSync(older, 100);
    await expect(openRun(out)).rejects.toThrow(`${best}: the file is damaged`);
  });

  it("takes nothing for damage but what is in the file: memory that was not there, say", async () => {
    const { out, run } = await interrupted();
    const { best, newest } = { best: run.file("best.safetensors"), newest: run.checkpointFile(10) };
    class Starved extends FolderStore {
      override async reader(name: string): Promise<StoreReader> {
        const reader = await super.reader(name);
        if (name !== best.name && name !== newest.name) return reader;
        const read = () => Promise.reject(new RangeError("Array buffer allocation failed"));
        return { ...reader, read };
      }
    }
    const store = new Starved(out);
    await expect(openRun(store)).rejects.toThrow("Array buffer allocation failed");
    await expect(program(language, 12, { out: store, resume: true })).rejects.toThrow("Array buffer allocation failed");
    expect(readdirSync(out)).not.toContain("previous");
  });

  it("goes on from a checkpoint as the first version wrote it", async () => {
    const { out, newest, losses } = await interrupted();
    changeState(newest, (state) => {
      const { shown, best, ...rest } = state.progress as { shown: number; best: Record<string, unknown> };
      const { step, loss, accuracy } = best;
      delete state.optimizer.steps;
      return { ...state, progress: { ...rest, tokens: shown, best: { step, loss, accuracy } } };
    });
    const again = await program(language, 20, { out, resume: true });
    expect([...again.losses.keys()][0]).toBe(11);
    expect(losses.size).toBe(10);
    expect(again.result.best?.measures.loss).toBeTypeOf("number");
  });

  it("keeps the history where lines of it cannot be read, and says so", async () => {
    const { out, run } = await interrupted();
    const path = run.file("metrics.jsonl").path;
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    writeFileSync(path, `${[...lines.slice(0, 4), "null", "{broken", ...lines.slice(4)].join("\n")}\n`);
    const { log } = await program(language, 11, { out, resume: true });
    expect(log.join("\n")).toContain("2 lines of");
    const steps = (await run.metrics()).filter(({ event }) => event === "step").map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(readFileSync(`${out}/metrics.damaged.jsonl`, "utf8")).toContain("{broken");
    appendFileSync(path, "null\n{broken again\n");
    await program(language, 12, { out, resume: true });
    expect(readFileSync(`${out}/metrics.damaged.jsonl`, "utf8")).not.toContain("{broken again");
    expect(readFileSync(`${out}/metrics.damaged-2.jsonl`, "utf8")).toContain("{broken again");
  });

  it("has nothing to do where the steps are done already, and still gives the figures", async () => {
    const { out } = await interrupted();
    const { losses, result } = await program(language, 10, { out, resume: true });
    expect(losses.size).toBe(0);
    expect([result.steps, result.interrupted, result.msPerStep]).toEqual([10, false, 0]);
    expect(result.validation!.count).toBeGreaterThan(0);
  });

  it("refuses a run of another model", async () => {
    const { out } = await interrupted();
    await expect(program(classification, 20, { out, resume: true })).rejects.toThrow(
      `${out} holds another run (kind gpt there, classifier here; `,
    );
  });

  it("needs no metrics from before", async () => {
    const { out, run } = await interrupted();
    rmSync(run.file("metrics.jsonl").path);
    await program(language, 11, { out, resume: true });
    expect((await run.metrics()).map(({ step }) => step)).toEqual([11, 11]);
  });
});
